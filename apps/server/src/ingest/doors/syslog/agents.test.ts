import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestIngest, type TestIngest } from '../../testing/core.ts';
import type { SyslogDoors } from './index.ts';
import { makeTestTls, openTestDoors, type TestTls } from './testing.ts';

const installed = (program: string): boolean => {
  try {
    execFileSync(program, ['--version', '-v'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
};

/** Debian's own, with what they need from `apt-get install rsyslog rsyslog-gnutls` or `syslog-ng-core`. */
const have = {
  rsyslog: installed('rsyslogd'),
  'rsyslog-gnutls': globSync('/usr/lib{,64}/{,*/}rsyslog/lmnsd_gtls.so').length > 0,
  syslogNg: installed('syslog-ng'),
  logger: installed('logger'),
};
for (const [name, found] of Object.entries(have)) if (!found) console.warn(`${name} is not installed: skipped`);

let ingest: TestIngest;
let tls: TestTls;
let folder: string;

beforeAll(async () => {
  if (!have.rsyslog && !have.syslogNg && !have.logger) return;
  ingest = await startTestIngest();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-agents-'));
  tls = await makeTestTls(join(folder, 'data'));
  const write = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 });
  await write('ca.pem', tls.authority);
  await write('client.pem', tls.client.certificate);
  await write('client-key.pem', tls.client.key);
}, 60_000);
afterAll(async () => {
  await ingest?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

type Door = 'tcp' | 'tls';

const openDoor = (door: Door, port: number): Promise<SyslogDoors> =>
  openTestDoors(
    ingest,
    door === 'tcp' ? { tcpPort: port } : { tlsPort: port, tls: { ...tls.server, clientAuthority: tls.authority } },
  );

/** Starts an agent that follows a file and sends each of its lines as the message of a program. */
type StartAgent = (at: {
  readonly home: string;
  readonly input: string;
  readonly port: number;
  readonly program: string;
}) => Promise<ChildProcess>;

const rsyslog =
  (door: Door, framing: 'traditional' | 'octet-counted'): StartAgent =>
  async ({ home, input, port, program }) => {
    const secure =
      door === 'tcp'
        ? ''
        : `StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"`;
    const template = framing === 'traditional' ? 'RSYSLOG_TraditionalForwardFormat' : 'RSYSLOG_SyslogProtocol23Format';
    const file = join(home, 'rsyslog.conf');
    await writeFile(
      file,
      `global(workDirectory="${home}" ${door === 'tcp' ? '' : `defaultNetstreamDriverCAFile="${folder}/ca.pem" defaultNetstreamDriverCertFile="${folder}/client.pem" defaultNetstreamDriverKeyFile="${folder}/client-key.pem"`})
module(load="imfile" mode="inotify")
input(type="imfile" File="${input}" Tag="${program}:" ruleset="out")
ruleset(name="out") {
  action(type="omfwd" target="localhost" port="${port}" protocol="tcp" TCP_Framing="${framing}" template="${template}" ${secure}
    queue.type="disk" queue.filename="out" queue.saveOnShutdown="on" action.resumeRetryCount="-1" action.resumeInterval="1")
}
`,
    );
    return spawn('rsyslogd', ['-n', '-f', file, '-i', join(home, 'pid')], { stdio: 'ignore' });
  };

const syslogNg =
  (door: Door, driver: 'syslog' | 'network'): StartAgent =>
  async ({ home, input, port, program }) => {
    const secure =
      door === 'tcp'
        ? 'transport("tcp")'
        : `transport("tls") tls(ca-file("${folder}/ca.pem") cert-file("${folder}/client.pem") key-file("${folder}/client-key.pem") peer-verify(required-trusted))`;
    const file = join(home, 'syslog-ng.conf');
    await writeFile(
      file,
      `@version: 4.8
options { time-reopen(1); stats(freq(0)); };
source in { file("${input}" follow-freq(0.1) flags(no-parse) program-override("${program}")); };
destination out { ${driver}("localhost" port(${port}) ${secure}
  disk-buffer(reliable(yes) capacity-bytes(16777216) dir("${home}"))); };
log { source(in); destination(out); };
`,
    );
    const state = ['persist-file', 'pidfile', 'control'].map((name) => `--${name}=${join(home, name)}`);
    return spawn('syslog-ng', ['-F', '--no-caps', '-f', file, ...state], { stdio: 'ignore' });
  };

const lines = 2_000;

/** Numbers of the lines of a program that are in the table. */
async function arrived(program: string): Promise<{ numbers: Set<number>; rows: number }> {
  const rows = await ingest.rows(
    `SELECT toUInt32(trim(SyslogMessage) AS m), HostName FROM Syslog WHERE ProcessName = '${program}' AND match(m, '^[0-9]+$')`,
  );
  return { numbers: new Set(rows.map(([number]) => Number(number))), rows: rows.length };
}

/** Waits until so many lines of a program are there; answers how many are. */
async function until(program: string, count: number): Promise<void> {
  const done = async () => (await arrived(program)).numbers.size >= count;
  await vi.waitUntil(done, { timeout: 30_000, interval: 200 }).catch(() => undefined);
}

/** The agent sends while our door closes and opens again: every line is there in the end. */
async function throughRestart(
  program: string,
  door: Door,
  start: StartAgent,
): Promise<{ missing: number; twice: number }> {
  const home = join(folder, program);
  await mkdir(home);
  const input = join(home, 'input.log');
  await writeFile(input, '');
  const write = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i += 50) {
      const numbers = Array.from({ length: Math.min(50, to - i) }, (_, k) => `${i + k}\n`);
      await appendFile(input, numbers.join(''));
      await sleep(5);
    }
  };
  let doors = await openDoor(door, 0);
  const port = doors.ports[door]!;
  const agent = await start({ home, input, port, program });
  try {
    await write(0, lines / 4);
    await until(program, 1);
    const writing = write(lines / 4, (lines * 3) / 4);
    await sleep(50);
    await doors.stop();
    const kept = (await arrived(program)).numbers;
    await writing;
    doors = await openDoor(door, port);
    await write((lines * 3) / 4, lines);
    await until(program, lines);
    const { numbers, rows } = await arrived(program);
    return { missing: lines - numbers.size + kept.difference(numbers).size, twice: rows - numbers.size };
  } finally {
    if (agent.exitCode === null && agent.kill('SIGKILL')) await once(agent, 'exit');
    await doors.stop();
  }
}

/** What was under way may come twice, and nothing else. */
const nothingLost = { missing: 0, twice: expect.toSatisfy((rows: number) => rows < lines / 10) as unknown };

describe.skipIf(!have.logger)('logger of util-linux', () => {
  it('sends datagrams and over TCP, in both forms of syslog', async () => {
    const doors = await openTestDoors(ingest, { udpPort: 0, tcpPort: 0 });
    try {
      for (const [door, switches] of [
        ['udp', ['--udp', '--rfc3164']],
        ['udp', ['--udp', '--rfc5424']],
        ['tcp', ['--tcp', '--rfc3164']],
        ['tcp', ['--tcp', '--rfc5424', '--octet-count']],
      ] as const) {
        const to = ['--server', '127.0.0.1', '--port', String(doors.ports[door])];
        execFileSync('logger', [
          ...switches,
          ...to,
          '-t',
          'fromlogger',
          '-p',
          'auth.warning',
          '--',
          switches.join(' '),
        ]);
      }
      const stored = () =>
        ingest.rows(
          "SELECT Facility, SeverityLevel, SyslogMessage FROM Syslog WHERE ProcessName = 'fromlogger' ORDER BY SyslogMessage",
        );
      await vi.waitFor(
        async () =>
          expect(await stored()).toEqual([
            ['auth', 'warning', '--tcp --rfc3164'],
            ['auth', 'warning', '--tcp --rfc5424 --octet-count'],
            ['auth', 'warning', '--udp --rfc3164'],
            ['auth', 'warning', '--udp --rfc5424'],
          ]),
        { timeout: 30_000, interval: 200 },
      );
    } finally {
      await doors.stop();
    }
  });
});

describe.skipIf(!have.rsyslog)('rsyslog with its disk queue', { concurrent: true }, () => {
  it('loses no line through a restart: TCP, a line each', async ({ expect }) => {
    expect(await throughRestart('rsyslogtcp', 'tcp', rsyslog('tcp', 'traditional'))).toEqual(nothingLost);
  }, 90_000);
  it.skipIf(!have['rsyslog-gnutls'])(
    'loses no line through a restart: TLS with client certificate, octet counting',
    async ({ expect }) => {
      expect(await throughRestart('rsyslogtls', 'tls', rsyslog('tls', 'octet-counted'))).toEqual(nothingLost);
    },
    90_000,
  );
});

describe.skipIf(!have.syslogNg)('syslog-ng with its disk queue', { concurrent: true }, () => {
  it('loses no line through a restart: TCP, a line each', async ({ expect }) => {
    expect(await throughRestart('ngtcp', 'tcp', syslogNg('tcp', 'network'))).toEqual(nothingLost);
  }, 90_000);
  it('loses no line through a restart: TLS with client certificate, octet counting', async ({ expect }) => {
    expect(await throughRestart('ngtls', 'tls', syslogNg('tls', 'syslog'))).toEqual(nothingLost);
  }, 90_000);
});
