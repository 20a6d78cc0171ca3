import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHunting, type Hunting } from '../../hunting/index.ts';
import { createIncidents } from '../../incidents/index.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { OwnRules } from '../own-rules.ts';
import { huntingQueryStore } from '../hunting-queries/store.ts';
import { loadRules, RuleRegistry } from '../rules/index.ts';
import { loadStates } from '../store.ts';
import { Watchlists } from '../watchlists/index.ts';
import { Repositories, type RepositoryWish } from './index.ts';

const hasGit = spawnSync('git', ['--version']).status === 0;
const root = mkdtempSync(join(tmpdir(), 'sallyport-repositories-'));
const work = join(root, 'work');
const folder = join(root, 'folder');
const token = 'secret-token';
let origin = '';
let server: Server;
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let registry: RuleRegistry;
let own: OwnRules;
let watchlists: Watchlists;
let repositories: Repositories;

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', work, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
    encoding: 'utf8',
  });
const commit = (message: string): void => {
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', message);
};
const rule = (id: string, query = 'Syslog', severity = 'Low'): string =>
  `id: ${id}\nname: Rule ${id}\nkind: Scheduled\nseverity: ${severity}\nqueryFrequency: 1h\nqueryPeriod: 1h\nquery: ${query}\n`;
const list = (items: string): string =>
  JSON.stringify({
    resources: [
      {
        type: 'Microsoft.SecurityInsights/Watchlists',
        name: 'VipPeople',
        properties: {
          displayName: 'VIP people',
          itemsSearchKey: 'User',
          rawContent: items,
          contentType: 'text/csv',
          provider: 'Custom',
        },
      },
    ],
  });

/** Git's own server behind HTTP, for whoever has the token. */
function serveGit(): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (url.pathname.startsWith('/moved'))
      return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    const [, secret = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (!Buffer.from(secret, 'base64').toString().endsWith(`:${token}`))
      return void response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
    const service = url.searchParams.get('service') ?? url.pathname.split('/').at(-1) ?? '';
    if (service !== 'git-upload-pack') return void response.writeHead(403).end();
    const isRefs = url.pathname.endsWith('/info/refs');
    const protocol = request.headers['git-protocol'];
    const child = spawn(
      'git',
      ['upload-pack', '--stateless-rpc', ...(isRefs ? ['--http-backend-info-refs'] : []), work],
      {
        env: { ...process.env, ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}) },
      },
    );
    response.writeHead(200, { 'content-type': `application/x-git-upload-pack-${isRefs ? 'advertisement' : 'result'}` });
    if (isRefs && protocol !== 'version=2') response.write('001e# service=git-upload-pack\n0000');
    child.stdout.pipe(response);
    request.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
  });
}

beforeAll(async () => {
  mkdirSync(work);
  mkdirSync(folder);
  server = serveGit();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  origin = `http://${host}`;
  const settings = { repositoryHosts: 'git.example.org', repositoryInternalHosts: host, repositoryFolders: folder };
  ({ platform, stop } = await startEphemeralPlatform({ settings }));
  watchlists = new Watchlists(platform);
  hunting = createHunting(platform, { watchlists: watchlists.known });
  createIncidents(platform, { queries: hunting.queries });
  registry = new RuleRegistry(platform, await loadRules([]));
  await registry.refresh();
  own = new OwnRules({ platform, queries: hunting.queries, registry });
  repositories = new Repositories({ platform, queries: hunting.queries, registry, own, watchlists });
}, 120_000);
afterAll(async () => {
  server.close();
  await stop();
  rmSync(root, { recursive: true, force: true });
});

const wish = (more: Partial<RepositoryWish>): RepositoryWish => ({
  name: 'Detections',
  kind: 'git',
  location: `${origin}/security/detections.git`,
  branch: '',
  folder: '',
  username: '',
  token,
  intervalMinutes: 60,
  enabled: true,
  ...more,
});
const queriesHere = async () => (await huntingQueryStore(platform.database).all()).map(({ name }) => name);

describe.skipIf(!hasGit)('a Git repository', { timeout: 180_000 }, () => {
  let id = '';

  it('brings rules, hunting queries and watchlists; what is wrong stops nothing else', async () => {
    execFileSync('git', ['init', '-q', '-b', 'main', work]);
    mkdirSync(join(work, 'content', 'lists'), { recursive: true });
    writeFileSync(join(work, 'content', 'one.yaml'), rule('one'));
    writeFileSync(join(work, 'content', 'two.yaml'), rule('two', 'NoSuchTable | where x == 1'));
    writeFileSync(join(work, 'content', 'bad.yaml'), rule('bad', 'Syslog', 'Grave'));
    writeFileSync(join(work, 'content', 'mine.yaml'), rule('mine'));
    writeFileSync(
      join(work, 'content', 'hunt.yaml'),
      'id: h1\nname: Hunt one\ntactics: [Execution]\nquery: Syslog | take 1\n',
    );
    writeFileSync(join(work, 'content', 'lists', 'vip.json'), list('User,Team\nanna,a\nbert,b\n'));
    writeFileSync(join(work, 'content', 'large.yaml'), `# ${'x'.repeat(3 * 2 ** 20)}`);
    writeFileSync(join(work, 'outside.yaml'), rule('outside'));
    symlinkSync('/etc/passwd', join(work, 'content', 'passwd.yaml'));
    symlinkSync('/etc', join(work, 'content', 'etc'));
    commit('first');
    await own.save('mine', { text: rule('mine', 'Heartbeat'), version: null, note: '' }, 'anna');
    ({ id } = await repositories.create(wish({ folder: 'content' }), 'anna'));

    const found = await repositories.sync(id);
    expect(found).toMatchObject({
      error: null,
      added: 4,
      updated: 0,
      removed: 0,
      commit: git('rev-parse', 'HEAD').trim(),
    });
    expect(found?.problems.map(({ path, level }) => [path, level])).toEqual([
      ['bad.yaml', 'error'],
      ['large.yaml', 'error'],
      ['mine.yaml', 'error'],
      ['passwd.yaml', 'error'],
      ['two.yaml', 'warning'],
    ]);
    expect(found?.problems[0]).toMatchObject({ line: 4, message: expect.stringContaining('severity') });
    expect([...registry.rules().keys()].toSorted()).toEqual(['mine', 'one', 'two']);
    expect(registry.rules().get('mine')?.query).toBe('Heartbeat');
    expect((await loadStates(platform.database)).get('two')?.enabled).toBe(false);
    expect(await queriesHere()).toEqual(['Hunt one']);
    expect(await watchlists.get('VipPeople')).toMatchObject({ items: 2, items_search_key: 'User' });
    expect((await repositories.get(id)).content.map(({ kind, path }) => [kind, path])).toEqual([
      ['hunting', 'hunt.yaml'],
      ['watchlist', 'lists/vip.json'],
      ['rule', 'one.yaml'],
      ['rule', 'two.yaml'],
    ]);
    expect(JSON.stringify(await repositories.get(id))).not.toContain(token);
    const audited = await platform.audit.newest(5);
    expect(audited.find(({ operation }) => operation === 'SyncRepository')).toMatchObject({
      target: 'repository Detections',
    });
  });

  it('is read again only when it has changed, and follows it', async () => {
    expect(await repositories.sync(id, { onlyDue: true })).toBeUndefined();
    expect(await repositories.sync(id)).toMatchObject({ added: 0, updated: 0, removed: 0, error: null });
    writeFileSync(join(work, 'content', 'one.yaml'), rule('one', 'Syslog | take 2'));
    writeFileSync(join(work, 'content', 'lists', 'vip.json'), list('User,Team\nanna,a\n'));
    rmSync(join(work, 'content', 'hunt.yaml'));
    // A file that can't be read any more takes nothing away.
    writeFileSync(join(work, 'content', 'two.yaml'), rule('two', 'Syslog', 'Grave'));
    commit('second');
    expect(await repositories.sync(id)).toMatchObject({ added: 0, updated: 2, removed: 1, error: null });
    expect(registry.rules().get('one')?.query).toBe('Syslog | take 2');
    expect(registry.rules().has('two')).toBe(true);
    expect(await queriesHere()).toEqual([]);
    expect((await watchlists.get('VipPeople')).items).toBe(1);
    expect((await own.versions('one')).map(({ saved_by }) => saved_by)).toEqual([
      'repository Detections',
      'repository Detections',
    ]);
  });

  it('keeps what is here when it can’t be read', async () => {
    await repositories.change(id, { branch: 'none' }, 'anna');
    expect(await repositories.sync(id)).toMatchObject({ error: 'there is no branch none', added: 0, removed: 0 });
    await repositories.change(id, { branch: '', folder: 'nothing' }, 'anna');
    expect((await repositories.sync(id))?.error).toBe('there is no folder nothing in it');
    await repositories.change(id, { folder: 'content', token: 'wrong' }, 'anna');
    expect((await repositories.sync(id))?.error).toContain('user and token');
    await repositories.change(id, { location: `${origin}/moved`, token }, 'anna');
    expect((await repositories.sync(id))?.error).toContain('moved');
    expect(registry.rules().has('one')).toBe(true);
    await repositories.change(id, { location: `${origin}/security/detections.git` }, 'anna');
    expect(await repositories.sync(id)).toMatchObject({ error: null, unchanged: 2 });
  });

  it('goes, with what came from it where that is asked for', async () => {
    expect(await repositories.remove(id, 'remove')).toBe(3);
    expect([...registry.rules().keys()]).toEqual(['mine']);
    await expect(repositories.get(id)).rejects.toThrow('there is no repository');
  });
});

describe('a folder', { timeout: 120_000 }, () => {
  it('is read, but no link in it, and none out of the folders that are allowed', async () => {
    const inside = join(folder, 'a');
    mkdirSync(inside);
    writeFileSync(join(inside, 'f.yaml'), rule('f'));
    writeFileSync(join(inside, 'hunt.kql'), 'Syslog | take 3');
    symlinkSync('/etc/hostname', join(inside, 'host.yaml'));
    symlinkSync('/', join(inside, 'all'));
    symlinkSync('/etc', join(folder, 'etc'));
    const { id } = await repositories.create(
      wish({ kind: 'folder', location: folder, folder: 'a', token: '' }),
      'anna',
    );
    const found = await repositories.sync(id);
    expect(found).toMatchObject({ error: null, added: 2, files: 2 });
    expect(found?.problems.map(({ path, message }) => [path, message])).toEqual([['host.yaml', 'left out: a link']]);
    for (const location of ['/etc', `${folder}/../work`, join(folder, 'etc'), 'relative', `${folder}-other`])
      await expect(repositories.create(wish({ kind: 'folder', location }), 'anna')).rejects.toThrow(
        /may be read|no folder/,
      );
    await repositories.remove(id, 'keep');
    expect(registry.rules().has('f')).toBe(true);
  });
});

it('no address is asked but those that are allowed', async () => {
  const refused = [
    ['https://elsewhere.example.org/x.git', 'is not a host'],
    ['http://git.example.org/x.git', 'not a host'],
    ['http://127.0.0.1:1/x.git', 'given by its name'],
    ['http://169.254.169.254/latest', 'given by its name'],
    ['ssh://git@git.example.org/x', 'begins with https'],
    ['file:///etc', 'begins with https'],
    ['https://user:pw@git.example.org/x.git', 'must not hold a user'],
  ];
  for (const [location = '', message] of refused)
    await expect(repositories.create(wish({ location }), 'anna')).rejects.toThrow(message);
});
