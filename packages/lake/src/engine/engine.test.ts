import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine, type Engine } from './start.ts';

let folder: string;
let spoolDir: string;
let engine: Engine;
let client: ClickHouseClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-engine-'));
  await chmod(folder, 0o711);
  spoolDir = join(folder, 'spool');
  await mkdir(spoolDir);
  await chmod(spoolDir, 0o711);
  engine = await startEngine({ dataDir: join(folder, 'data'), spoolDir, poolSize: 2, queueSize: 2 });
  const { url, username, password } = engine;
  client = createClient({ url, username, password, log: { level: 127 } });
  await client.command({
    query: 'CREATE TABLE t (x Int64, y String DEFAULT upper(toString(x))) ENGINE = MergeTree ORDER BY x',
  });
});
afterAll(async () => {
  await client.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const secret = (): Record<string, string> => ({
  'x-clickhouse-user': engine.username,
  'x-clickhouse-key': engine.password,
});
const post = (body: string | Uint8Array, query = '', headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${engine.url}/?${query}`, { method: 'POST', body: body as BodyInit, headers: { ...secret(), ...headers } });
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const endless = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1';

test('an answer that is waited for ends soon after its bytes limit, and tells what it read', async () => {
  const settings = 'wait_end_of_query=1&max_result_bytes=1000000&result_overflow_mode=break';
  const large = await post("SELECT repeat('x', 1000) FROM numbers(100000000) FORMAT TSVRaw", settings);
  const { length } = await large.text();
  expect(length).toBeGreaterThan(1_000_000);
  expect(length).toBeLessThan(200_000_000);
  const summary = JSON.parse(large.headers.get('x-clickhouse-summary') ?? '') as Record<string, string>;
  expect(Number(summary['read_rows'])).toBeGreaterThan(1_000);
  expect(await (await post('SELECT 1 WHERE false FORMAT TSVRaw', settings)).text()).toBe('');
  expect((await post('SELECT throwIf(number = 1) FROM numbers(2) FORMAT TSVRaw', settings)).status).toBe(500);
});

test('an answer that tells what it read does so exactly, and takes no memory that grows with it', async () => {
  const settings = 'wait_end_of_query=1&max_result_bytes=10000000&result_overflow_mode=break';
  const ask = async (sql: string): Promise<string> =>
    (await post(`${sql} FORMAT JSONCompactEachRowWithProgress`, settings)).text();
  const memory = async (): Promise<number> =>
    Number(/VmHWM:\s*(\d+)/.exec(await readFile(`/proc/${engine.pid}/status`, 'utf8'))?.[1]) * 1024;
  const empty = await ask("SELECT toString(number) AS n FROM numbers(300000) WHERE n = 'FORMAT x'");
  expect(empty).toMatch(/^\{"meta":.*\n\{"progress":\{"read_rows":"300000"/);

  const before = await memory();
  const large = await ask("SELECT repeat('x', 10000) FROM numbers(200000) SETTINGS max_block_size = 1000");
  expect(large.length).toBeGreaterThan(10_000_000);
  expect(large.length).toBeLessThan(10_020_000);
  expect(large.endsWith('"]}\n')).toBe(true);
  expect(await ask("SELECT repeat(repeat('y', 1000000), 90)")).toContain('Limit for result exceeded');
  expect((await memory()) - before).toBeLessThan(1_000_000_000);
  expect(await readdir(join(folder, 'data', 'incoming'))).toEqual([]);
});

describe('the official client', () => {
  test('queries with parameters and settings', async () => {
    const result = await client.query({
      query: 'SELECT {x:String} AS x, {n:Array(UInt8)} AS n, number FROM numbers(2)',
      query_params: { x: "it's \\ \n", n: [1, 2] },
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual([
      { x: "it's \\ \n", n: [1, 2], number: 0 },
      { x: "it's \\ \n", n: [1, 2], number: 1 },
    ]);
  });

  test('inserts arrays and streams, with defaults, and tells the rows written', async () => {
    const one = await client.insert({ table: 't', values: [{ x: 1 }, { x: 2, y: 'b' }], format: 'JSONEachRow' });
    expect(one.summary?.written_rows).toBe('2');
    await client.insert({
      table: 't',
      values: Readable.from(['3,c\n', '4,d\n'], { objectMode: false }),
      format: 'CSV',
      columns: ['x', 'y'],
    });
    const text = await (await client.query({ query: 'SELECT * FROM t ORDER BY x', format: 'TabSeparated' })).text();
    expect(text).toBe('1\t1\n2\tb\n3\tc\n4\td\n');
  });

  test('sends rows to input(), with SETTINGS and comments in the statement', async () => {
    await client.command({ query: 'TRUNCATE TABLE t' });
    const reply = await client.exec({
      query: `INSERT INTO t (x) SETTINGS max_threads = 1 /* ' */ SELECT n + 1 FROM input('n Int64, s String DEFAULT \\'q\\'') -- it's
        WHERE s = 'q' FORMAT JSONEachRow`,
      values: Readable.from(['{"n":10}\n{"n":20,"s":"z"}\n']),
    });
    expect(reply.summary?.written_rows).toBe('1');
    expect(await (await client.query({ query: 'SELECT x FROM t', format: 'TabSeparated' })).text()).toBe('11\n');
  });

  test('gets errors with code, name and text', async () => {
    const failure = client.query({ query: 'SELECT nothing FROM t' });
    await expect(failure).rejects.toMatchObject({ code: '47', type: 'UNKNOWN_IDENTIFIER' });
    await expect(client.command({ query: 'SELEC' })).rejects.toMatchObject({ code: '62' });
  });

  test('reads a large answer as it comes, header lines once', async () => {
    const result = await client.query({
      query: 'SELECT number, toString(number) AS s FROM numbers(200000)',
      format: 'JSONCompactEachRowWithNamesAndTypes',
    });
    const lines = (await result.text()).trimEnd().split('\n');
    expect(lines.slice(0, 3)).toEqual(['["number", "s"]', '["UInt64", "String"]', '[0, "0"]']);
    expect(lines).toHaveLength(200_002);
    const none = await client.query({ query: 'SELECT 1 AS a WHERE 0', format: 'JSONCompactEachRowWithNames' });
    expect(await none.text()).toBe('["a"]\n');
  });

  test('an answer that is not read to its end gives its place back', async () => {
    for (let i = 0; i < 6; i++) {
      const result = await client.query({ query: 'SELECT * FROM numbers(100000000)', format: 'JSONCompactEachRow' });
      const stream = result.stream();
      await once(stream, 'data');
      stream.destroy();
    }
    expect(await (await post('SELECT 1')).text()).toBe('1\n');
  });

  test('an aborted request ends the statement in the engine', async () => {
    const abort = AbortSignal.timeout(150);
    await expect(client.query({ query: endless, abort_signal: abort })).rejects.toThrow('abort');
    await expect.poll(async () => (await (await post('SELECT count() FROM system.processes')).text()).trim()).toBe('1');
  });
});

describe('the HTTP interface', () => {
  test('answers ping without, and all else only with the secret', async () => {
    expect(await (await fetch(`${engine.url}/ping`)).text()).toBe('Ok.\n');
    const none = await fetch(`${engine.url}/?query=SELECT+1`);
    expect([none.status, none.headers.get('x-clickhouse-exception-code')]).toEqual([403, '516']);
    const wrong = await post('SELECT 1', '', { 'x-clickhouse-key': 'x' });
    expect(await wrong.text()).toMatch(/^Code: 516\. DB::Exception: .*\(AUTHENTICATION_FAILED\)/);
    const basic = Buffer.from(`${engine.username}:${engine.password}`).toString('base64');
    const ok = await fetch(`${engine.url}/?query=SELECT+1`, { headers: { authorization: `Basic ${basic}` } });
    expect(await ok.text()).toBe('1\n');
  });

  test('takes and gives gzip', async () => {
    await client.command({ query: 'TRUNCATE TABLE t' });
    const body = gzipSync('{"x":5}\n');
    await post(body, 'query=INSERT+INTO+t+(x)+FORMAT+JSONEachRow', { 'content-encoding': 'gzip' });
    const answer = await fetch(`${engine.url}/?enable_http_compression=1&query=SELECT+x+FROM+t`, {
      headers: { ...secret(), 'accept-encoding': 'gzip' },
    });
    expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual(['gzip', '5\n']);
  });

  test('settings of one request never reach another', async () => {
    await post('SELECT 1', 'max_result_rows=1&session_timezone=Asia/Tokyo&database=system');
    const text = await (await post("SELECT getSetting('max_result_rows'), currentDatabase(), timezone()")).text();
    expect(text).toBe('0\tdefault\tUTC\n');
  });

  test('a GET writes nothing; a broken body stores nothing', async () => {
    const get = await fetch(`${engine.url}/?query=DROP+TABLE+t`, { headers: secret() });
    expect(get.headers.get('x-clickhouse-exception-code')).toBe('164');
    const broken = post(gzipSync('{"x":77}\n').subarray(0, 15), 'query=INSERT+INTO+t+(x)+FORMAT+JSONEachRow', {
      'content-encoding': 'gzip',
    });
    expect((await broken).status).toBe(500);
    expect(await (await post('SELECT count() FROM t WHERE x = 77')).text()).toBe('0\n');
  });

  test('refuses files outside the spool, other machines, several statements', async () => {
    await writeFile(join(spoolDir, 'a.csv'), '1,x\n', { mode: 0o644 });
    expect(await (await post(`SELECT * FROM file('${spoolDir}/a.csv', 'CSV')`)).text()).toBe('1\tx\n');
    for (const sql of [
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      `SELECT * FROM file('${spoolDir}/../data/engine.pid', 'LineAsString')`,
      `SELECT * FROM file('${spoolDir}/*', 'LineAsString')`,
      "SELECT * FROM `file`('/etc/passwd', 'LineAsString')",
      "SELECT * FROM FILE ('/etc/passwd', 'LineAsString')",
      "SELECT * FROM file/**/(concat('/etc/', 'passwd'), 'LineAsString')",
      "SELECT * FROM url('http://127.0.0.1/', 'LineAsString')",
      "SELECT * FROM executable('x', 'TSV', 'a String')",
      "SELECT 1 INTO OUTFILE '/tmp/x'",
      "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT LineAsString",
      'SELECT 1; DROP TABLE t',
    ])
      expect({ sql, ok: (await post(sql)).ok }).toEqual({ sql, ok: false });
  });

  test('more statements than run and wait are answered 503', async () => {
    const ids = Array.from({ length: 5 }, () => randomUUID());
    const answers = ids.map((id) => post(endless, `query_id=${id}`));
    const first = await Promise.race(answers);
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '1']);
    // One that has not begun yet does not hear it.
    let ended = false;
    const all = Promise.all(answers).finally(() => (ended = true));
    for (let turn = 0; turn < 200 && !ended; turn++) {
      await Promise.all(ids.map((id) => post(`KILL QUERY WHERE query_id = '${id}' ASYNC`)));
      await sleep(100);
    }
    const codes = (await all).map((a) => a.headers.get('x-clickhouse-exception-code'));
    expect(codes.filter((code) => code === '202')).toHaveLength(1);
    expect(codes.filter((code) => code === '394')).toHaveLength(4);
  });
});

describe('the process', () => {
  test('has no environment of ours, owns its folder, and is nobody when we are root', async () => {
    const status = await readFile(`/proc/${engine.pid}/status`, 'utf8');
    const uid = process.getuid?.() ?? 0;
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).toBe(String(uid === 0 ? 65534 : uid));
    expect(/^Umask:\s+(\d+)/m.exec(status)?.[1]).toBe('0077');
    expect((await stat(join(folder, 'data'))).mode & 0o077).toBe(0);
  });

  test('a second engine on the same folder does not start', async () => {
    await expect(startEngine({ dataDir: join(folder, 'data') })).rejects.toThrow('in use by process');
  });

  test('keeps what it acknowledged through kill -9, and starts again on port and password', async () => {
    const dataDir = join(folder, 'killed');
    const one = await startEngine({ dataDir });
    const headers = { 'x-clickhouse-user': one.username, 'x-clickhouse-key': one.password };
    const send = (body: string): Promise<Response> => fetch(one.url, { method: 'POST', body, headers });
    await send('CREATE TABLE k (x Int64) ENGINE = MergeTree ORDER BY x');
    await send('INSERT INTO k SELECT number FROM numbers(1000)');
    process.kill(one.pid, 'SIGKILL');
    expect(await one.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const two = await startEngine({ dataDir, port: one.port, password: one.password });
    expect(await (await send('SELECT count() FROM k')).text()).toBe('1000\n');
    await two.stop();
    expect(await two.exited).toEqual({ code: 0, signal: null });
  });

  test('ends when its parent is gone', async () => {
    const script = `
      import { startEngine } from ${JSON.stringify(new URL('./start.ts', import.meta.url).href)};
      const engine = await startEngine({ dataDir: ${JSON.stringify(join(folder, 'orphan'))} });
      console.log(engine.pid);
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(alive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => alive(pid), { timeout: 5_000 }).toBe(false);
  });
});
