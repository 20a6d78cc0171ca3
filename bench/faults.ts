/**
 * What goes wrong around a running Sallyport, one after the other, while a sender goes on. Prints one JSON object; exits with 1 when an acknowledged row is missing
 * or there twice, when the server fell, or when the portal did not say what was wrong.
 *
 *   node bench/faults.ts [--only malformed,longLine,bombs,clocks,slow,connections,engine,spoolFull,diskFull] [--engine-down 600] [--line-bytes 1000000000]
 *
 * `diskFull` mounts a file system of its own in memory: it needs root, on Linux.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { accounted, openEstate, table, type Estate } from './faults/estate.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    'engine-down': { type: 'string', default: '600' },
    'line-bytes': { type: 'string', default: '1000000000' },
  },
});
const engineDownSeconds = Number(options['engine-down']);
const lineBytes = Number(options['line-bytes']);

const logsIngestion = `/dataCollectionRules/dcr-default/streams/Custom-${table}`;
const doors = [
  ['/services/collector/event', 'application/json'],
  ['/services/collector/raw', 'text/plain'],
  ['/elastic/_bulk', 'application/x-ndjson'],
  ['/v1/logs', 'application/json'],
  ['/v1/logs', 'application/x-protobuf'],
  [logsIngestion, 'application/json'],
] as const;

const percentile = (values: readonly number[], share: number): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0);
const connected = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
};
/** `once` would fail where the connection is cut off. */
const heard = (socket: Socket, ...events: readonly ('close' | 'drain')[]): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) socket.off(event, done);
      resolve();
    };
    if (socket.destroyed) resolve();
    else for (const event of events) socket.on(event, done);
  });
const counted = (values: readonly number[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(values)]
      .toSorted((a, b) => a - b)
      .map((value) => [String(value), values.filter((v) => v === value).length]),
  );

/** Each answers figures, and `failures`: what must not be. */
type Fault = (estate: Estate) => Promise<{ readonly failures: readonly string[] } & Record<string, unknown>>;

const malformed: Fault = async (estate) => {
  const bodies = [
    randomBytes(4_096),
    Buffer.from('{"event": {"a": '),
    Buffer.from('[[[['.repeat(50_000)),
    Buffer.from('{"a":"\u0000\ud800"}'),
    Buffer.alloc(0),
    Buffer.from('"'.repeat(100_000)),
  ];
  const statuses: number[] = [];
  for (const [path, type] of doors)
    for (const body of bodies) {
      statuses.push((await estate.call('POST', path, body, { 'content-type': type })).status);
      statuses.push(
        (await estate.call('POST', path, body, { 'content-type': type, 'content-encoding': 'gzip' })).status,
      );
    }
  for (const frame of ['99999999999 x', '-1 a', '5 ab\n<999>1 - - - -', '\u0000\u0001', '0 '.repeat(10_000)]) {
    const socket = await connected(estate.syslogPort);
    socket.end(frame);
    await Promise.race([heard(socket, 'close'), sleep(10_000)]);
    socket.destroy();
  }
  for (let i = 0; i < 20; i++) {
    const socket = await connected(i % 2 === 0 ? estate.syslogPort : estate.port);
    socket.end(randomBytes(100_000));
    socket.resume();
    await Promise.race([heard(socket, 'close'), sleep(10_000)]);
    socket.destroy();
  }
  const wrong = statuses.filter((status) => status === 0 || status >= 500);
  return {
    answers: counted(statuses),
    failures: wrong.length ? [`${wrong.length} calls were answered 5xx or not at all`] : [],
  };
};

/** The first lines of a new Sallyport wait for their table, on a busy machine for long. */
const visibleSecondsMax = 60;

const longLine: Fault = async (estate) => {
  const chunk = Buffer.alloc(1_000_000, 'a');
  const socket = await connected(estate.syslogPort);
  let peak = 0;
  socket.write('<13>1 2026-01-01T00:00:00Z host app - - - ');
  for (let sent = 0; sent < lineBytes && !socket.destroyed; sent += chunk.length) {
    if (!socket.write(chunk)) await heard(socket, 'drain', 'close');
    if (sent % 50_000_000 === 0) peak = Math.max(peak, estate.megabytes('server/src/main.ts'));
  }
  socket.end('\n<13>1 2026-01-01T00:00:01Z host app - - - after the long line\n');
  await Promise.race([heard(socket, 'close'), sleep(30_000)]);
  const countAfter = 'Syslog | where SyslogMessage == "after the long line" | count';
  let after = 0;
  for (let second = 0; second < visibleSecondsMax && after === 0; second++) {
    await sleep(1_000);
    after = await estate.ask(countAfter);
  }
  const kept = await estate.ask('Syslog | where ProcessName == "app" | summarize max(strlen(SyslogMessage))');
  return {
    bytes: lineBytes,
    keptBytes: kept,
    serverMegabytesPeak: Math.round(peak),
    failures: [
      ...(peak > 1_000 ? [`the server took ${Math.round(peak)} MB`] : []),
      ...(after === 1 ? [] : ['the line after the long one is missing']),
    ],
  };
};

const bombs: Fault = async (estate) => {
  const bomb = gzipSync(Buffer.alloc(1_000_000_000, ' '), { level: 9 });
  const statuses: number[] = [];
  const unanswered = new Set<string>();
  let peak = 0;
  await Promise.all(
    doors.flatMap(([path, type]) =>
      Array.from({ length: 3 }, async () => {
        const { status, text } = await estate.call('POST', path, bomb, {
          'content-type': type,
          'content-encoding': 'gzip',
        });
        statuses.push(status);
        if (status === 0) unanswered.add(text);
        peak = Math.max(peak, estate.megabytes('server/src/main.ts'));
      }),
    ),
  );
  const wrong = statuses.filter((status) => status !== 413);
  return {
    bytes: bomb.length,
    unpacked: 1_000_000_000,
    answers: counted(statuses),
    serverMegabytesPeak: Math.round(peak),
    failures: [
      ...(wrong.length ? [`${wrong.length} bombs were not answered 413: ${[...unanswered].join(', ')}`] : []),
      ...(peak > 1_000 ? [`the server took ${Math.round(peak)} MB`] : []),
    ],
  };
};

const clocks: Fault = async (estate) => {
  const times = [
    '0001-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '1970-01-01T00:00:00Z',
    '2299-12-31T00:00:00Z',
    '9999-12-31T23:59:59Z',
    'yesterday',
    '',
    '2026-02-30T00:00:00Z',
    42,
    null,
  ];
  const rows = times.flatMap((time) =>
    Array.from({ length: 50 }, (_, i) => ({ TimeGenerated: time, Number_d: -1 - i, Text_s: `clock ${String(time)}` })),
  );
  const { status } = await estate.call('POST', logsIngestion, Buffer.from(JSON.stringify(rows)));
  await sleep(4_000);
  const [kept, partitions] = [
    await estate.ask(`${table} | where Text_s startswith "clock" | count`),
    await estate.ask(`${table} | where Text_s startswith "clock" | summarize count_distinct(bin(TimeGenerated, 1d))`),
  ];
  const refused = await estate.ask('DCRLogErrors | count').catch(() => 0);
  return {
    status,
    rows: rows.length,
    kept,
    refused,
    days: partitions,
    failures:
      kept + refused < rows.length ? [`${rows.length - kept - refused} rows are neither stored nor refused`] : [],
  };
};

const slow: Fault = async (estate) => {
  const sockets: { destroy(): unknown; write(text: string): unknown; destroyed: boolean }[] = [];
  for (let i = 0; i < 200; i++) {
    const socket = connectTls({ host: '127.0.0.1', port: estate.port, ca: estate.ca, servername: 'localhost' });
    socket.on('error', () => {});
    sockets.push(socket);
  }
  await sleep(3_000);
  for (const [i, socket] of sockets.entries())
    socket.write(
      i % 2 === 0
        ? 'POST /services/collector/event HTTP/1.1\r\nHost: localhost\r\nX: '
        : `POST ${logsIngestion} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${estate.token}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[`,
    );
  for (let i = 0; i < 50; i++) sockets.push(await connected(estate.syslogPort));
  const before = estate.sender.took.length;
  for (let second = 0; second < 30; second++) {
    for (const socket of sockets) if (!socket.destroyed) socket.write('a');
    await sleep(1_000);
  }
  const took = estate.sender.took.slice(before);
  const open = sockets.filter((socket) => !socket.destroyed).length;
  for (const socket of sockets) socket.destroy();
  return {
    clients: sockets.length,
    stillOpen: open,
    othersMs: { p50: percentile(took, 0.5), p99: percentile(took, 0.99) },
    failures: took.length < 100 ? [`only ${took.length} calls of the others were answered in 30 s`] : [],
  };
};

const connections: Fault = async (estate) => {
  const before = await estate.ask('Syslog | where ProcessName == "many" | count').catch(() => 0);
  const sockets = await Promise.all(Array.from({ length: 1_000 }, () => connected(estate.syslogPort)));
  for (let round = 0; round < 10; round++) {
    for (const [i, socket] of sockets.entries())
      socket.write(`<13>1 2026-01-01T00:00:00Z host${i} many - - - round ${round}\n`);
    await sleep(500);
  }
  for (const socket of sockets) socket.end();
  let stored = 0;
  for (let tries = 0; tries < 60 && stored < 10_000; tries++) {
    await sleep(500);
    stored = (await estate.ask('Syslog | where ProcessName == "many" | count').catch(() => 0)) - before;
  }
  return {
    connections: sockets.length,
    lines: 10_000,
    stored,
    failures: stored === 10_000 ? [] : [`${stored} of 10,000 lines are stored`],
  };
};

/** The engine stands still: it can't be asked, and does not end either. */
const engine: Fault = async (estate) => {
  const pid = await estate.signalEngine('SIGSTOP');
  const before = estate.sender.acknowledged.size;
  const started = Date.now();
  const said = new Set<string>();
  let restarted = false;
  while (Date.now() - started < engineDownSeconds * 1_000) {
    await sleep(2_000);
    for (const problem of await estate.problems().catch(() => [])) said.add(problem);
    // Sallyport may have started another engine by itself, which is stopped too.
    if ((await estate.signalEngine('SIGSTOP')) !== pid) restarted = true;
  }
  const during = estate.sender.acknowledged.size - before;
  await estate.signalEngine('SIGCONT');
  const readyAfter = await estate.ready(120);
  return {
    seconds: engineDownSeconds,
    acknowledgedMeanwhile: during,
    restarted,
    readyAfterSeconds: readyAfter,
    portalSaid: [...said],
    failures: [
      ...(during > 0 ? [] : ['nothing was acknowledged while the engine was down']),
      ...([...said].some((title) => /engine/.test(title)) ? [] : ['the portal did not say that the engine is down']),
    ],
  };
};

const spoolFull: Fault = async (estate) => {
  await estate.signalEngine('SIGSTOP');
  const body = Buffer.from(
    JSON.stringify(Array.from({ length: 100 }, () => ({ Number_d: -99, Text_s: 'f'.repeat(8_000) }))),
  );
  const statuses: number[] = [];
  let retryAfter = false;
  const said = new Set<string>();
  for (let sent = 0; sent < 400 && statuses.filter((s) => s === 429).length < 30; sent++) {
    const { status, text } = await estate.call('POST', logsIngestion, body);
    statuses.push(status);
    if (status === 429) {
      retryAfter ||= text.length > 0;
      await sleep(500);
      for (const problem of await estate.problems().catch(() => [])) said.add(problem);
    }
  }
  await estate.signalEngine('SIGCONT');
  await estate.ready(120);
  await sleep(5_000);
  const { status } = await estate.call('POST', logsIngestion, body);
  return {
    answers: counted(statuses),
    portalSaid: [...said],
    failures: [
      ...(statuses.includes(429) ? [] : ['the spool never said that it is full']),
      ...([...said].some((title) => /spool/.test(title)) ? [] : ['the portal did not say that the spool is full']),
      ...(status === 204 ? [] : [`once there was room again, the answer was ${status}`]),
    ],
  };
};

/** Everything lies on one small disk, which another program fills. */
async function diskFull(): Promise<Awaited<ReturnType<Fault>>> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=700m,mode=755', 'none', folder]);
  try {
    const dataDir = join(folder, 'data');
    const estate = await openEstate({ dataDir });
    try {
      estate.sender.start();
      await sleep(5_000);
      const said = new Set<string>();
      const filler = join(folder, 'filler');
      try {
        for (let i = 0; i < 800; i++) writeFileSync(filler, Buffer.alloc(1_000_000), { flag: 'a' });
      } catch {
        // Full: what was to be.
      }
      const before = estate.sender.acknowledged.size;
      for (let i = 0; i < 30; i++) {
        await sleep(1_000);
        for (const problem of await estate.problems().catch(() => [])) said.add(problem);
      }
      const meanwhile = estate.sender.acknowledged.size - before;
      rmSync(filler);
      const readyAfter = await estate.ready(120);
      await sleep(5_000);
      await estate.sender.stop();
      const rows = await accounted(estate);
      return {
        acknowledgedWhenFull: meanwhile,
        refused: estate.sender.refused,
        unanswered: estate.sender.unanswered,
        readyAfterSeconds: readyAfter,
        portalSaid: [...said],
        rows,
        failures: [
          ...(rows.missing === 0 ? [] : [`${rows.missing} acknowledged rows are missing`]),
          ...(rows.twice === 0 ? [] : [`${rows.twice} rows are there twice`]),
          ...([...said].some((title) => /disk/.test(title)) ? [] : ['the portal did not say that the disk is full']),
        ],
      };
    } finally {
      await estate.sender.stop();
      await estate.stop();
    }
  } finally {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const faults: Readonly<Record<string, Fault>> = {
  malformed,
  longLine,
  bombs,
  clocks,
  slow,
  connections,
  engine,
  spoolFull,
};
const chosen = options.only?.split(',') ?? [...Object.keys(faults), 'diskFull'];
const results: Record<string, unknown> = {};
const failures: string[] = [];
const note = (id: string, result: { readonly failures: readonly string[] }): void => {
  results[id] = result;
  failures.push(...result.failures.map((failure) => `${id}: ${failure}`));
  process.stderr.write(`${id}: ${JSON.stringify(result)}\n`);
};

if (chosen.some((id) => id !== 'diskFull')) {
  const estate = await openEstate({ args: ['--spool-max-bytes', '200 MiB'] });
  try {
    const server = estate.pid('server/src/main.ts');
    estate.sender.start();
    for (const [id, fault] of Object.entries(faults)) if (chosen.includes(id)) note(id, await fault(estate));
    await estate.sender.stop();
    const rows = await accounted(estate);
    results['rows'] = rows;
    if (rows.missing !== 0) failures.push(`${rows.missing} acknowledged rows are missing`);
    if (estate.pid('server/src/main.ts') !== server) failures.push('the server fell and was started again');
  } finally {
    await estate.sender.stop();
    await estate.stop();
  }
}
if (chosen.includes('diskFull'))
  if (process.getuid?.() === 0) note('diskFull', await diskFull());
  else process.stderr.write('diskFull was left out: it needs root\n');
console.log(JSON.stringify({ bench: 'faults', results, failures }, null, 1));
process.exitCode = failures.length > 0 ? 1 : 0;
