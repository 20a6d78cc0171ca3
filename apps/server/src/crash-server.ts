import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { firstAdministrator, trustingFetch, type Administrator } from '@sallyport/testkit/running';
import { loadRules, shippedRules } from './detection/index.ts';
import type { OpenPlatform } from './platform/create.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
/** How long a start may take. */
const startMs = 300_000;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** mulberry32 (public domain): the same numbers from 0 to 1 for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What the rules that ship do is not looked at, and would take most of the machine. */
export async function switchOffShippedRules({ database }: OpenPlatform): Promise<void> {
  const shipped = await loadRules([shippedRules]);
  await database.execute(
    'INSERT INTO rule_states (rule_id, enabled, updated_at) SELECT unnest($1::text[]), false, now()',
    [shipped.rules.map(({ id }) => id)],
  );
}

/** The server as a process of its own, on the engine and the database of a platform. Its folder is the platform's, unless there are several servers. */
export class ServerProcess {
  readonly #platform: OpenPlatform;
  readonly #port: number;
  readonly #dataDir: string;
  #child: ChildProcess | undefined;
  #admin: Administrator | undefined;
  #output = '';

  constructor(platform: OpenPlatform, port: number, dataDir = platform.config.dataDir) {
    this.#platform = platform;
    this.#port = port;
    this.#dataDir = dataDir;
  }

  /** Resolves when it is ready, with its first administrator. */
  async start(): Promise<Administrator> {
    const { url, ca } = await this.startBeside();
    this.#admin ??= await firstAdministrator({
      url,
      newFetch: () => trustingFetch(ca),
      setupLink: /https:\/\/\S+\/setup#\S+/.exec(this.#output)?.[0],
      output: () => this.#output,
    });
    return this.#admin;
  }

  /** Resolves when it is ready; its administrator is made elsewhere. One that gives up at its start is started again, as a supervisor does. */
  async startBeside(): Promise<{ readonly url: string; readonly ca: string }> {
    const url = `https://127.0.0.1:${this.#port}`;
    const ca = join(this.#dataDir, 'tls', 'ca.pem');
    const until = Date.now() + startMs;
    this.#spawn();
    while (!(await isReady(url, ca))) {
      if (Date.now() > until) throw new Error(`the server is not ready:\n${this.#output.slice(-4_000)}`);
      if (this.#child?.exitCode !== null) this.#spawn();
      await sleep(100);
    }
    return { url, ca };
  }

  #spawn(): void {
    const { config } = this.#platform;
    const child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DATABASE_URL: config.databaseUrl,
        LAKE_URL: config.lakeUrl,
        SALLYPORT_DATA_DIR: this.#dataDir,
        SALLYPORT_PORT: String(this.#port),
        SALLYPORT_HOST: '127.0.0.1',
      },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        this.#output = `${this.#output}${line}\n`.slice(-200_000);
      });
  }

  /** Its last lines, and how it ended. */
  get output(): string {
    return `${this.#output.slice(-4_000)}\nexit: ${String(this.#child?.exitCode ?? this.#child?.signalCode ?? null)}`;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

async function isReady(url: string, ca: string): Promise<boolean> {
  try {
    return (await trustingFetch(ca)(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
