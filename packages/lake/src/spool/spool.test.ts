import { SallyportError } from '@sallyport/contracts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { appendFile, chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FairQueue } from './fair-queue.ts';
import { journalHead, journalRecord, readJournal } from './journal.ts';
import { Spool, SpoolFull, type PoisonedSegment, type SpoolOptions, type SpoolSegment } from './spool.ts';

let folder: string;
const open: Spool[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-spool-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((spool) => spool.close()));
  await rm(folder, { recursive: true, force: true });
});

/** A spool whose loader keeps what it was given. */
async function start(
  options: Partial<SpoolOptions> = {},
): Promise<{ spool: Spool; loaded: string[]; segments: SpoolSegment[] }> {
  const loaded: string[] = [];
  const segments: SpoolSegment[] = [];
  const spool = await Spool.open({
    folder,
    sealMs: 30,
    load: async (segment) => {
      const text = await readFile(segment.path);
      for (const { offset, length } of await segment.payloads())
        loaded.push(`${segment.stream}:${text.subarray(offset, offset + length).toString()}`);
      segments.push(segment);
    },
    ...options,
  });
  open.push(spool);
  return { spool, loaded, segments };
}
const bytes = (text: string): Buffer => Buffer.from(text);
const files = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name !== 'poison').toSorted();
/** A loader that never answers, so that segments stay. */
const never = (): Promise<void> => new Promise(() => undefined);

describe('append', () => {
  test('what was appended is loaded whole, by stream, and deleted', async () => {
    const { spool, loaded } = await start();
    await Promise.all(['1', '2\n2', '3'].map((text) => spool.append('a', bytes(text))));
    await spool.append('b/ä:x', bytes('4'));
    await spool.flush();
    expect(loaded.toSorted()).toEqual(['a:1', 'a:2\n2', 'a:3', 'b/ä:x:4']);
    expect(await files()).toEqual([]);
    expect(spool.stats()).toEqual({
      bytes: 0,
      openSegments: 0,
      readySegments: 0,
      loadingSegments: 0,
      poisonedSegments: 0,
      oldestMs: 0,
    });
  });

  test('seals by age without a flush, and by size', async () => {
    const { spool, segments } = await start({ sealMs: 20, sealBytes: 1_000 });
    await spool.append('a', bytes('x'));
    await expect.poll(() => segments.length).toBe(1);
    await spool.append('a', Buffer.alloc(2_000, 'y'));
    await spool.append('a', bytes('z'));
    await spool.flush();
    expect(segments.map((s) => s.bytes)).toEqual([2, 2_001, 2]);
    expect(segments.every(({ retry }) => !retry)).toBe(true);
  });

  test('a flush takes along what comes meanwhile', async () => {
    const { promise: loading, resolve: release } = Promise.withResolvers<void>();
    const { spool } = await start({ sealMs: 600_000, load: () => loading });
    await spool.append('a', bytes('x'));
    const flushed = spool.flush();
    await spool.append('b', bytes('y'));
    release();
    await flushed;
    expect(spool.stats()).toMatchObject({ bytes: 0, openSegments: 0 });
  }, 30_000);

  test('past the bound throws SpoolFull with a time, and takes again when there is room', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { spool } = await start({ totalBytes: 1_000, load: () => gate });
    await spool.append('a', Buffer.alloc(700));
    const full = spool.append('a', Buffer.alloc(200));
    await expect(full).rejects.toBeInstanceOf(SpoolFull);
    expect(spool.stats().refusedMs).toBeGreaterThanOrEqual(0);
    await expect(full).rejects.toMatchObject({ code: 'TooManyRequests', retryAfterSeconds: 5 });
    release();
    await spool.flush();
    await spool.append('a', Buffer.alloc(200));
  });

  /** Appends until the spool refuses; answers how many bytes it took. */
  const flood = async (spool: Spool, stream: () => string, sender?: string): Promise<number> => {
    for (let taken = 0; ; taken += 101)
      try {
        await spool.append(stream(), Buffer.alloc(100), sender);
      } catch {
        return taken;
      }
  };

  test('no stream fills it for the others, however many try', async () => {
    const { spool } = await start({ totalBytes: 100_000, load: never, loaders: 0 });
    const taken = [await flood(spool, () => 'a'), await flood(spool, () => 'b'), await flood(spool, () => 'c')];
    expect(taken[0]).toBeGreaterThan(70_000);
    expect(taken[0]).toBeLessThanOrEqual(75_000);
    expect(taken[1]).toBeGreaterThan(15_000);
    expect(taken[2]).toBeGreaterThan(3_000);
    await spool.append('quiet', Buffer.alloc(1_000));
  });

  test('no sender fills it for the others by using many streams, and has its room back once stored', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { spool } = await start({ totalBytes: 100_000, load: () => gate });
    let streams = 0;
    expect(await flood(spool, () => `s${streams++ % 20}`, 'noisy')).toBeLessThanOrEqual(75_000);
    await expect(spool.append('another', Buffer.alloc(100), 'noisy')).rejects.toBeInstanceOf(SpoolFull);
    await spool.append('s0', Buffer.alloc(10_000), 'calm');
    release();
    await spool.flush();
    expect(spool.stats().bytes).toBe(0);
    await spool.append('another', Buffer.alloc(70_000), 'noisy');
  });

  test('a disk that refuses is told, and nothing of it is stored', async () => {
    const { spool, loaded } = await start();
    await rm(folder, { recursive: true, force: true });
    await expect(spool.append('a', bytes('1'))).rejects.toMatchObject({ code: 'Unavailable' });
    expect(loaded).toEqual([]);
    expect(spool.stats().bytes).toBe(0);
  });

  test('many small appends share syncs', async () => {
    const { spool, loaded } = await start();
    const started = performance.now();
    await Promise.all(Array.from({ length: 5_000 }, (_, i) => spool.append(`s${i % 3}`, bytes(String(i)))));
    const seconds = (performance.now() - started) / 1_000;
    await spool.flush();
    expect(loaded).toHaveLength(5_000);
    expect(seconds).toBeLessThan(3);
  });
});

describe('loading', () => {
  test('goes round the streams, a few at a time', async () => {
    let running = 0;
    let most = 0;
    let hold = true;
    const order: string[] = [];
    const { spool } = await start({
      sealBytes: 1,
      loaders: 2,
      load: async ({ stream }) => {
        order.push(stream);
        most = Math.max(most, ++running);
        while (hold) await sleep(5);
        running--;
      },
    });
    await spool.append('first', bytes('x'));
    for (let i = 0; i < 20; i++) await spool.append('busy', bytes('x'));
    await spool.append('quiet', bytes('x'));
    hold = false;
    await spool.flush();
    expect(most).toBeLessThanOrEqual(2);
    expect(order.indexOf('quiet')).toBeLessThan(8);
    expect(order.filter((s) => s === 'busy')).toHaveLength(20);
  });

  test('a flood on one stream puts off another by its own age and two loads at most', async () => {
    const loadMs = 100;
    const at = new Map<string, number>();
    const { spool } = await start({
      sealBytes: 1_000,
      sealMs: 100,
      load: async ({ stream }) => {
        await sleep(loadMs);
        at.set(stream, performance.now());
      },
    });
    for (let i = 0; i < 100; i++) await spool.append('flood', Buffer.alloc(1_000));
    expect(spool.stats().readySegments).toBeGreaterThan(50);
    const sentAt = performance.now();
    await spool.append('quiet', bytes('x'));
    await expect.poll(() => at.get('quiet'), { timeout: 5_000 }).toBeDefined();
    expect(spool.stats().readySegments).toBeGreaterThan(30);
    expect(at.get('quiet')! - sentAt).toBeLessThan(1_000);
  });

  test('is tried again while the lake is away, and told that it is a retry', async () => {
    const retries: boolean[] = [];
    const { spool } = await start({
      load: ({ retry }) => {
        retries.push(retry);
        return retries.length < 3 ? Promise.reject(new SallyportError('Unavailable', 'away')) : Promise.resolve();
      },
    });
    await spool.append('a', bytes('1'));
    await spool.flush();
    expect(retries).toEqual([false, true, true]);
  });

  test('a segment that fails for good is set aside, told, kept, and does not block others', async () => {
    const told: PoisonedSegment[] = [];
    const attempts = new Map<string, number>();
    let healed = false;
    const load = ({ stream }: SpoolSegment): Promise<void> => {
      attempts.set(stream, (attempts.get(stream) ?? 0) + 1);
      if (stream === 'certain' && !healed) return Promise.reject(new SallyportError('InvalidQuery', 'no such column'));
      if (stream === 'odd') return Promise.reject(new Error('a bug'));
      return Promise.resolve();
    };
    const { spool } = await start({ load, onPoison: (p) => told.push(p) });
    for (const stream of ['certain', 'odd', 'good']) await spool.append(stream, bytes(stream));
    await spool.flush();
    expect(Object.fromEntries(attempts)).toEqual({ certain: 1, odd: 3, good: 1 });
    expect(told.map(({ stream, code, message }) => [stream, code, message])).toEqual([
      ['certain', 'InvalidQuery', 'no such column'],
      ['odd', 'InternalError', 'a bug'],
    ]);
    expect(await files()).toEqual([]);
    expect((await readdir(join(folder, 'poison'))).length).toBe(6);
    await spool.close();
    healed = true;
    const { spool: later } = await start({ load });
    expect(
      later
        .poisoned()
        .map(({ stream }) => stream)
        .toSorted(),
    ).toEqual(['certain', 'odd']);
    const [id = ''] = later
      .poisoned()
      .filter(({ stream }) => stream === 'certain')
      .map((p) => p.id);
    expect(await later.retryPoisoned(id)).toBe(true);
    await later.flush();
    expect(later.poisoned().map(({ stream }) => stream)).toEqual(['odd']);
    expect(attempts.get('certain')).toBe(2);
  });
});

describe('a start after the end of another process', () => {
  /** Leaves segments as a killed process would: acknowledged, not loaded. */
  async function leave(payloads: readonly string[]): Promise<string> {
    const { spool } = await start({ sealMs: 60_000 });
    for (const payload of payloads) await spool.append('a', bytes(payload));
    await spool.close();
    return join(folder, (await files()).find((name) => name.endsWith('.open')) ?? '');
  }

  test('loads what was left, as a retry', async () => {
    await leave(['1', '2']);
    const { spool, loaded, segments } = await start();
    await spool.flush();
    expect(loaded).toEqual(['a:1', 'a:2']);
    expect(segments.map(({ retry }) => retry)).toEqual([true]);
  });

  test.each([
    ['bytes past the journal', (path: string) => appendFile(path, 'torn {"a')],
    [
      'a torn journal record',
      (path: string) => appendFile(path.replace('.open', '.journal'), Buffer.from([0, 0, 0, 4, 1])),
    ],
    [
      'a journal record whose bytes never came',
      (path: string) => appendFile(path.replace('.open', '.journal'), journalRecord(bytes('lost'))),
    ],
    [
      'a payload that is not what the journal says',
      async (path: string) => {
        await appendFile(path, 'loXt\n');
        await appendFile(path.replace('.open', '.journal'), journalRecord(bytes('lost')));
      },
    ],
  ])('cuts off %s', async (_, tear) => {
    const path = await leave(['one', 'two']);
    await tear(path);
    const { spool, loaded, segments } = await start();
    await spool.flush();
    expect(loaded).toEqual(['a:one', 'a:two']);
    expect(segments[0]?.bytes).toBe(8);
  });

  test('drops a segment of which nothing was acknowledged, and leftovers', async () => {
    const path = await leave(['one']);
    await truncate(path, 2);
    await writeFile(join(folder, 'x.loading.good'), 'x');
    await writeFile(join(folder, 'lonely.journal'), 'x');
    await writeFile(join(folder, 'headless.open'), 'x');
    const { spool, loaded } = await start();
    await spool.flush();
    expect(loaded).toEqual([]);
    expect(await files()).toEqual([]);
  });

  test('segments keep their bytes in the bound', async () => {
    await leave([Buffer.alloc(850).toString()]);
    const { spool } = await start({ totalBytes: 1_000, load: never, loaders: 0 });
    await expect(spool.append('b', Buffer.alloc(200))).rejects.toBeInstanceOf(SpoolFull);
  });

  test('kill -9 at any moment: every acknowledged payload is there, each once, none in halves', async () => {
    const script = `
      import { Spool } from ${JSON.stringify(new URL('./spool.ts', import.meta.url).href)};
      const spool = await Spool.open({ folder: ${JSON.stringify(folder)}, sealMs: 20, sealBytes: 200_000, load: () => new Promise(() => {}) });
      for (let i = 0; ; i += 5) {
        await Promise.all([0, 1, 2, 3, 4].map(async (n) => {
          const id = i + n;
          await spool.append('s' + (id % 3), Buffer.from(id + ':' + String(id % 10).repeat(1 + (id * 7919) % 20_000)));
          process.stdout.write(id + '\\n');
        }));
      }`;
    const acknowledged: number[] = [];
    for (const pause of [250, 400]) {
      const child = spawn(
        process.execPath,
        ['--input-type=module', '--eval', script.replace('let i = 0', `let i = ${pause * 1_000}`)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => acknowledged.push(Number(line)));
      await once(lines, 'line');
      await sleep(pause);
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    expect(acknowledged.length).toBeGreaterThan(20);
    const { spool, loaded } = await start();
    await spool.flush();
    const found = loaded.map((text) => {
      const [, id = '', body = ''] = /^s\d:(\d+):(.*)$/.exec(text) ?? [];
      expect(body).toBe(String(Number(id) % 10).repeat(1 + ((Number(id) * 7919) % 20_000)));
      return Number(id);
    });
    expect(new Set(found).size).toBe(found.length);
    expect(acknowledged.filter((id) => !found.includes(id))).toEqual([]);
  }, 30_000);
});

describe('files', () => {
  test('are for the owner, and segments for the group of the engine', async () => {
    const { spool } = await start({ load: never, ...(process.getuid?.() === 0 ? { gid: 65534 } : {}) });
    await chmod(folder, 0o700);
    await spool.append('a', bytes('x'));
    const [name = ''] = (await files()).filter((n) => !n.endsWith('.journal'));
    const { mode, gid } = await stat(join(folder, name));
    expect(mode & 0o777).toBe(0o640);
    expect(gid).toBe(process.getuid?.() === 0 ? 65534 : process.getgid?.());
    open.splice(0);
  });
});

describe('parts', () => {
  test('a journal is read up to its first fault, wherever it is cut or changed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }),
        fc.nat(200),
        fc.nat(255),
        (payloads, at, flip) => {
          const whole = Buffer.concat([journalHead('s'), ...payloads.map(journalRecord)]);
          expect(readJournal(whole)?.entries.map((e) => e.length)).toEqual(payloads.map((p) => p.length));
          const cut = readJournal(whole.subarray(0, at));
          expect((cut?.entries ?? []).length).toBeLessThanOrEqual(payloads.length);
          const changed = Buffer.from(whole);
          if (at < changed.length) changed[at] = flip;
          for (const [i, entry] of (readJournal(changed)?.entries ?? []).entries())
            expect(entry.length).toBe(payloads[i]?.length);
        },
      ),
    );
  });

  test('a fair queue gives each key its turn', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.push(item.charAt(0), item);
    const taken = Array.from({ length: 7 }, () => queue.take((item) => item !== 'a2'));
    expect(taken).toEqual(['a1', 'b1', 'c1', 'a3', 'b2', undefined, undefined]);
    expect([...queue]).toEqual(['a2']);
  });
});
