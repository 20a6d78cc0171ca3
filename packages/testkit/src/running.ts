import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from '@sallyport/contracts';
import { Secret, TOTP } from 'otpauth';
import { Agent, fetch as undiciFetch } from 'undici';

const cli = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url));

export interface RunningSallyport {
  readonly dataDir: string;
  readonly url: string;
  /** The one-time link, when no administrator exists yet. */
  readonly setupLink: string | undefined;
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  /** `fetch` that trusts this installation's own CA, with a cookie jar of its own. */
  newFetch(): typeof globalThis.fetch;
  /** Ctrl-C, and the exit code. The data folder stays unless it was made here. */
  stop(): Promise<number | null>;
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * Runs `sallyport up` as a person would, as a process of its own, on a free port.
 * @param options.dataDir Default: a new temporary folder, removed by `stop`.
 * @param options.args More arguments of `up`.
 * @param options.readySeconds Longest wait for the address. Default 120.
 * @throws Error with what it printed when it ends or isn't ready in time.
 */
export async function startSallyport(
  options: { dataDir?: string; args?: readonly string[]; readySeconds?: number } = {},
): Promise<RunningSallyport> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'sallyport-')));
  const child = spawn(process.execPath, [cli, 'up', '--data', dataDir, '--port', '0', ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const address = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      printed += `${line}\n`;
      const url = /^Sallyport is ready at (https:\S+)$/.exec(line)?.[1];
      // The one-time link comes with the same write.
      if (url) setImmediate(() => address.resolve(url));
    });
  const timer = setTimeout(
    () => address.reject(new Error(`not ready in time:\n${printed}`)),
    (options.readySeconds ?? 120) * 1000,
  );
  void exited.then((code) => address.reject(new Error(`ended with code ${code}:\n${printed}`)));
  let url: string;
  try {
    url = await address.promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    dataDir,
    url,
    get setupLink() {
      return /https:\/\/\S+\/setup#\S+/.exec(printed)?.[0];
    },
    child,
    output: () => printed,
    newFetch: () => trustingFetch(join(dataDir, 'tls', 'ca.pem')),
    stop: async () => {
      child.kill('SIGINT');
      const code = await exited;
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
      return code;
    },
  };
}

/** `fetch` that trusts the certificates of a file, with a cookie jar of its own. */
export function trustingFetch(caFile: string): typeof globalThis.fetch {
  const dispatcher = new Agent({ connect: { ca: readFileSync(caFile) } });
  let cookie = '';
  const call = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (cookie) headers.set('cookie', cookie);
    const response = (await undiciFetch(input as string, {
      ...(init as object),
      headers: Object.fromEntries(headers),
      dispatcher,
    })) as unknown as Response;
    const set = response.headers.getSetCookie()[0]?.split(';')[0];
    if (set) cookie = set;
    return response;
  };
  return call;
}

export interface Administrator {
  readonly client: Client;
  readonly userPrincipalName: string;
  readonly password: string;
  readonly totpSecret: string;
}

/** Makes the first administrator over the one-time link, by password and TOTP, and answers a signed-in client. */
export async function firstAdministrator(
  running: Pick<RunningSallyport, 'url' | 'setupLink' | 'newFetch' | 'output'>,
): Promise<Administrator> {
  const token = running.setupLink?.split('#token=')[1];
  if (token === undefined) throw new Error(`no one-time link was printed:\n${running.output()}`);
  const client = createClient({
    baseUrl: running.url,
    fetch: running.newFetch(),
    headers: () => ({ 'x-sallyport-csrf': '1', origin: running.url }),
  });
  const userPrincipalName = 'admin@contoso.com';
  const password = 'correct horse battery staple';
  const { totp } = await client.startSetup({ body: { token, userPrincipalName, displayName: 'First Administrator' } });
  const totpCode = new TOTP({ secret: Secret.fromBase32(totp.secret) }).generate();
  await client.finishSetup({ body: { method: 'passwordTotp', token, password, totpCode } });
  return { client, userPrincipalName, password, totpSecret: totp.secret };
}
