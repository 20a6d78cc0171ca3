import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient } from '@sallyport/contracts';
import { firstAdministrator, startSallyport } from '@sallyport/testkit/running';
import type { TestProject } from 'vitest/node';

/** What `openPortal` needs to know of the Sallyport that the tests of pages share. */
declare module 'vitest' {
  interface ProvidedContext {
    readonly sallyport: { readonly url: string; readonly dataDir: string; readonly cookie: string };
  }
}

const patienceMs = 150_000;
/** The one folder that content may come from. */
export const repositoryFolder = fileURLToPath(new URL('./repository', import.meta.url)).replace(/\/$/, '');

/**
 * One Sallyport for all tests of pages, with an administrator and the incident of an attack that was uploaded. Starting one costs half a minute, so they share it: a test makes what it
 * changes, and asks for nothing that another may change.
 */
export default async function shared(project: TestProject): Promise<() => Promise<void>> {
  const running = await startSallyport({
    args: ['--collect-host', 'off', '--repository-folders', repositoryFolder],
    readySeconds: 170,
  });
  try {
    const own = running.newFetch();
    let cookie = '';
    const call: typeof fetch = async (...request) => {
      const answer = await own(...request);
      cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
      return answer;
    };
    const { client } = await firstAdministrator({
      url: running.url,
      setupLink: running.setupLink,
      output: () => running.output(),
      newFetch: () => call,
    });
    const attack = await readFile(fileURLToPath(new URL('../attack.jsonl', import.meta.url)));
    const { id } = await client.createUpload({ query: { name: 'attack.jsonl' }, body: new Blob([attack]) });
    await client.loadUpload({ params: { id }, body: {} });
    const waitsUntil = Date.now() + patienceMs;
    while ((await client.listIncidents({ query: {} })).incidents.length === 0) {
      if (Date.now() > waitsUntil) throw new Error(`no incident of the attack:\n${running.output()}`);
      await sleep(500);
    }
    project.provide('sallyport', { url: running.url, dataDir: running.dataDir, cookie });
  } catch (error) {
    await running.stop();
    throw error;
  }
  return async () => {
    await running.stop();
  };
}

/** A client of the shared Sallyport, as its administrator. */
export function clientOf(url: string, call: typeof fetch, cookie: string): ReturnType<typeof createClient> {
  return createClient({
    baseUrl: url,
    fetch: call,
    headers: () => ({ 'x-sallyport-csrf': '1', origin: url, cookie }),
  });
}
