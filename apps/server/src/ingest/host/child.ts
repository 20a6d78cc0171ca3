import { spawn } from 'node:child_process';
import { appendPatiently, batchBytesMax, type HostServices } from './types.ts';

/** How long lines gather before they go to the spool. */
const gatherMs = 1_000;

export interface ChildLines {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly stream: string;
  /** Told after lines are durable. */
  readonly onDurable?: (lastLine: Buffer) => Promise<void>;
}

/**
 * Runs a program, without a shell, and sends the lines it prints to a stream, until it ends or `signal` aborts. While the spool is full the pipe fills
 * and the program waits. Throws when the program can't be started or ends by itself.
 */
export async function collectChild(services: HostServices, options: ChildLines, signal: AbortSignal): Promise<void> {
  const child = spawn(options.command, options.arguments, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-500)));
  const failed = new Promise<Error | undefined>((resolve) => {
    child.once('error', (error) => resolve(error));
    child.once('exit', (code) => resolve(new Error(`${options.command} ended with ${code}: ${said.trim()}`)));
  });
  let rest: Buffer = Buffer.alloc(0);
  let sentAt = services.clock.now().getTime();
  const send = async () => {
    const end = rest.lastIndexOf(0x0a);
    if (end === -1) return;
    const lines = rest.subarray(0, end);
    rest = Buffer.from(rest.subarray(end + 1));
    sentAt = services.clock.now().getTime();
    await appendPatiently(services, options.stream, lines, signal);
    await options.onDurable?.(lines.subarray(lines.lastIndexOf(0x0a) + 1));
  };
  const timer = new AbortController();
  const stop = AbortSignal.any([timer.signal, signal]);
  let sending = Promise.resolve();
  const serially = () => (sending = sending.then(send));
  const ticking = (async () => {
    while (!stop.aborted) {
      await services.clock.sleep(gatherMs, stop);
      if (services.clock.now().getTime() - sentAt >= gatherMs) await serially();
    }
  })();
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (rest.length >= batchBytesMax) await serially();
    }
    await serially();
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    timer.abort();
    child.kill();
    await ticking;
  }
  const error = await failed;
  if (error !== undefined && !signal.aborted) throw error;
}
