import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { connectorKinds } from '@sallyport/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorOf } from '../../../testing.ts';
import { draft, startTestConnectors, type TestConnectors } from '../testing/connectors.ts';

let root: string;
let folder: string;
let at: TestConnectors;
let id: string;
let count = 0;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sallyport-files-')));
  at = await startTestConnectors({ connectorFolders: root });
}, 120_000);
afterAll(async () => {
  await at.stop();
  await rm(root, { recursive: true, force: true });
});

const settings = (...patterns: readonly string[]) => connectorKinds.files.settings.parse({ patterns });
const create = async (...patterns: readonly string[]) =>
  (
    await at.admin.createConnector({
      body: { ...draft('files', settings(...patterns), { name: `files ${count}` }), enabled: true },
    })
  ).id;

beforeEach(async () => {
  folder = join(root, `f${++count}`);
  await mkdir(folder);
});

/** Waits until the connector was polled after now, as this machine's own loop does. */
async function polled() {
  const before = Date.now();
  await at.admin.runConnector({ params: { id } });
  for (;;) {
    const now = await at.one(id);
    if (now.state !== 'polling' && now.lastPollAt !== null && Date.parse(now.lastPollAt) >= before) {
      await at.test.server.domains.ingest.flush();
      return now;
    }
    await delay(50);
  }
}

const line = (n: number | string) => `{"file":"${count}","n":"${n}","padding":"${'x'.repeat(40)}"}\n`;
const lines = (...ns: readonly (number | string)[]) => ns.map(line).join('');
const path = (name: string) => join(folder, name);
/** What was stored of this test's files, in order. */
const stored = async (): Promise<string[]> => {
  const rows = await at.rows(
    `SELECT JSONExtractString(Event, 'n') FROM GenericEvents_CL WHERE JSONExtractString(Event, 'file') = '${count}' ORDER BY 1`,
  );
  return rows.map(([n]) => String(n));
};

describe('a log file', () => {
  it('is followed line by line, and renamed, copied and gzipped away without a line lost or twice', async () => {
    await writeFile(path('app.log'), lines(1, 2) + '{"file":"half');
    id = await create(`${folder}/app.log`);
    expect(await polled()).toMatchObject({ error: null, rows: 2, state: 'healthy' });
    expect(await stored()).toEqual(['1', '2']);

    // Renamed, with a line written before that was not read yet.
    await truncate(path('app.log'), Buffer.byteLength(lines(1, 2)));
    await appendFile(path('app.log'), lines(3));
    await rename(path('app.log'), path('app.log.1'));
    await writeFile(path('app.log'), lines(4));
    expect(await polled()).toMatchObject({ rows: 4 });

    // Copied and truncated.
    await appendFile(path('app.log'), lines(5));
    await copyFile(path('app.log'), path('app.log.copy'));
    await truncate(path('app.log'), 0);
    await appendFile(path('app.log'), lines(6));
    expect(await polled()).toMatchObject({ rows: 6 });

    // Gzipped at once.
    await appendFile(path('app.log'), lines(7));
    await writeFile(path('app.log.2.gz'), gzipSync(lines(6, 7)));
    await rm(path('app.log'));
    await writeFile(path('app.log'), lines(8));
    expect(await polled()).toMatchObject({ error: null, rows: 8 });
    expect(await stored()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(await polled()).toMatchObject({ rows: 8 });
  }, 60_000);

  it('whose rotated ones fit the pattern too is read once', async () => {
    await writeFile(path('app.log'), lines(1, 2));
    await writeFile(path('app.log.1.gz'), gzipSync(lines('a', 'b')));
    const old = new Date(Date.now() - 60_000);
    await utimes(path('app.log.1.gz'), old, old);
    id = await create(`${folder}/app.log*`);
    await polled();
    expect(await stored()).toEqual(['1', '2', 'a', 'b']);

    await rename(path('app.log.1.gz'), path('app.log.2.gz'));
    await rename(path('app.log'), path('app.log.1'));
    await writeFile(path('app.log'), lines(3));
    await polled();
    await writeFile(path('app.log.1.gz'), gzipSync(lines(1, 2)));
    await utimes(path('app.log.1.gz'), old, old);
    await rm(path('app.log.1'));
    await polled();
    expect(await stored()).toEqual(['1', '2', '3', 'a', 'b']);
  }, 60_000);

  it('goes to the source that recognises it, and one of bytes is passed over and told', async () => {
    const audit = `type=USER_LOGIN msg=audit(1767607200.123:1): pid=1 uid=0 auid=1000 ses=1 msg='op=login acct="${folder.slice(-2)}" exe="/usr/sbin/sshd" hostname=h addr=192.0.2.7 terminal=ssh res=success'\n`;
    await writeFile(path('audit.log'), audit);
    await writeFile(path('data.log'), Buffer.alloc(3_000));
    id = await create(`${folder}/*.log`);
    const { rows, note } = await polled();
    expect([rows, note]).toEqual([1, `${path('data.log')}: binary data, which is not read`]);
    expect(await at.rows("SELECT count() FROM GenericEvents_CL WHERE Source LIKE '%audit.log'")).toEqual([[0]]);
  }, 60_000);

  it('that stood there is left when only what comes is wanted', async () => {
    await writeFile(path('app.log'), lines(1));
    const body = draft('files', { ...settings(`${folder}/*`), readFrom: 'end' }, { name: 'from the end' });
    ({ id } = await at.admin.createConnector({ body: { ...body, enabled: true } }));
    await polled();
    await appendFile(path('app.log'), lines(2));
    await writeFile(path('new.log'), lines(3));
    await polled();
    expect(await stored()).toEqual(['2', '3']);
  }, 60_000);
});

describe('folders', () => {
  it('are only those that the machine’s administrator allows, through links too', async () => {
    const refused = async (pattern: string) => (await errorOf(create(pattern))).message;
    expect(await refused('/etc/passwd')).toContain('/etc/passwd is not in a folder that may be read');
    expect(await refused(`${root}/../x`)).toContain('is not in a folder');
    expect(await refused(`${root}x/y`)).toContain('is not in a folder');
    const outside = await mkdtemp(join(tmpdir(), 'sallyport-outside-'));
    try {
      await writeFile(join(outside, 'secret.log'), lines('secret'));
      await symlink(join(outside, 'secret.log'), path('link.log'));
      await symlink(outside, path('inner'));
      await writeFile(path('own.log'), lines('own'));
      id = await create(`${folder}/**/*.log`);
      await polled();
      expect(await stored()).toEqual(['own']);
    } finally {
      await rm(outside, { recursive: true, force: true });
    }
  }, 60_000);
});
