import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Running } from './keep-running.ts';
import { ServerMessage, type StartMessage } from './messages.ts';

const entry = fileURLToPath(new URL('../main.ts', import.meta.url));
const startPatienceMs = 60_000;
/** Beyond the drain that the server does itself. */
const stopPatienceMs = 10_000;

export interface ServerProcess extends Running {
  readonly address: string;
  readonly setupLink: string | undefined;
}

/** Forks the server and waits until it serves. `write` gets its log, a line at a time. */
export async function startServerProcess(message: StartMessage, write: (line: string) => void): Promise<ServerProcess> {
  const child = fork(entry, [], {
    // A group of its own: Ctrl-C in the terminal must reach the supervisor only, which stops things in order.
    detached: true,
    // DBOS uses `pg` in a way that it warns of; nothing that an operator could do.
    execArgv: ['--disable-warning=DeprecationWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', (line) => write(line));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = await untilReady(child, message);
  return {
    pid: child.pid!,
    exited,
    address: ready.address,
    setupLink: ready.setupLink,
    stop: async () => {
      child.kill('SIGTERM');
      const patience = message.config.drainTime + stopPatienceMs;
      const stopped = await Promise.race([exited.then(() => true), delay(patience, false, { ref: false })]);
      if (!stopped) child.kill('SIGKILL');
      await exited;
    },
  };
}

function untilReady(child: ChildProcess, message: StartMessage): Promise<Extract<ServerMessage, { type: 'ready' }>> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`the server did not start: ${why}`));
    };
    const timer = setTimeout(() => fail(`not ready after ${startPatienceMs / 1000} s`), startPatienceMs);
    const ended = (code: number | null, signal: string | null) => fail(`ended with ${signal ?? code}`);
    child.once('exit', ended);
    child.once('error', (error) => fail(error.message));
    child.on('message', (raw) => {
      const answer = ServerMessage.parse(raw);
      if (answer.type === 'failed') return fail(answer.message);
      clearTimeout(timer);
      child.off('exit', ended);
      resolve(answer);
    });
    child.send(message);
  });
}
