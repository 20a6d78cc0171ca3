import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { freePort } from '@sallyport/testkit/running';
import { setTimeout as sleep } from 'node:timers/promises';

const binary = ['/usr/sbin/rsyslogd', '/sbin/rsyslogd'].find((path) => existsSync(path));

export const rsyslogVersion = (): string | undefined =>
  binary === undefined ? undefined : /rsyslogd +(\S+)/.exec(execFileSync(binary, ['-v'], { encoding: 'utf8' }))?.[1];

/** Debian's rsyslog with a TCP door that writes each line to a file as it came (not synced). `seconds`: until the file holds `bytes`. */
export async function intoRsyslog(send: (port: number) => Promise<void>, bytes: number): Promise<number | undefined> {
  if (binary === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-rsyslog-'));
  const port = await freePort();
  const out = join(folder, 'out.log');
  writeFileSync(
    join(folder, 'rsyslog.conf'),
    `global(workDirectory="${folder}" maxMessageSize="64k")
module(load="imtcp" maxSessions="200")
template(name="raw" type="string" string="%rawmsg%\\n")
input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="all")
ruleset(name="all" queue.type="LinkedList" queue.size="200000" queue.dequeueBatchSize="4096") {
  action(type="omfile" file="${out}" template="raw" asyncWriting="on" ioBufferSize="256k" flushOnTXEnd="off" flushInterval="1")
}
`,
  );
  const child = spawn(binary, ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')], {
    stdio: 'ignore',
  });
  try {
    await reachable(port);
    const started = performance.now();
    await send(port);
    // A line may be written without its header's blanks: all but half a percent counts as all.
    while (!existsSync(out) || statSync(out).size < bytes * 0.995) {
      if (performance.now() - started > 300_000) throw new Error('rsyslog did not write all lines within five minutes');
      await sleep(5);
    }
    return (performance.now() - started) / 1_000;
  } finally {
    child.kill();
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const there = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (there) return;
    await sleep(50);
  }
  throw new Error('rsyslog did not start');
}
