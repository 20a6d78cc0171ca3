import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@sallyport/contracts';
import { firstAdministrator, freePort, startSallyport, type RunningSallyport } from '@sallyport/testkit/running';

/** The one folder that content may come from. */
export const repositoryFolder = fileURLToPath(new URL('./repository', import.meta.url)).replace(/\/$/, '');

/** The one folder that connectors may read files of. */
export const logsFolder = mkdtempSync(join(tmpdir(), 'sallyport-logs-'));

/** Where the transmitter listens whose signals a test takes. */
export const signalsPort = freePort();

interface Shared {
  readonly url: string;
  readonly dataDir: string;
  /** Of the administrator's session. */
  readonly cookie: string;
}
let running: RunningSallyport | undefined;
let shared: Shared | undefined;

/**
 * Starts the one Sallyport of all tests of pages, with an administrator and nothing in it. Starting one costs half a minute, so they share it: a test makes what it shows and changes, and asks for
 * nothing that another may change.
 */
export async function startShared(): Promise<void> {
  const started = await startSallyport({
    args: [
      '--collect-host',
      'off',
      '--repository-folders',
      repositoryFolder,
      '--connector-folders',
      logsFolder,
      '--shared-signals-internal-hosts',
      `127.0.0.1:${await signalsPort}`,
    ],
    readySeconds: 170,
  });
  running = started;
  const { url, dataDir, setupLink } = started;
  const own = started.newFetch();
  let cookie = '';
  const call: typeof fetch = async (...request) => {
    const answer = await own(...request);
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return answer;
  };
  const { client } = await firstAdministrator({
    url,
    setupLink,
    output: () => started.output(),
    newFetch: () => call,
  });
  // Pages show what their tests make. That the rules that ship run is the journey's; here they would only take the processor.
  const ids = (await client.listRules({})).rules.map(({ id }) => id);
  await client.changeRules({ body: { ids, action: 'disable' } });
  shared = { url, dataDir, cookie };
}

export async function stopShared(): Promise<void> {
  await running?.stop();
  rmSync(logsFolder, { recursive: true, force: true });
}

/** Throws where it was not started: a file of `pages` runs within `pages.test.ts`. */
export function sharedSallyport(): Shared {
  if (!shared) throw new Error('run pages.test.ts, with -t and the name of the page');
  return shared;
}

/** A client of the shared Sallyport, as its administrator. */
export function clientOf(url: string, call: typeof fetch, cookie: string): ReturnType<typeof createClient> {
  return createClient({
    baseUrl: url,
    fetch: call,
    headers: () => ({ 'x-sallyport-csrf': '1', origin: url, cookie }),
  });
}
