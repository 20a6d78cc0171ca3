import { randomUUID, timingSafeEqual, createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable, Transform } from 'node:stream';
import { createGunzip, createGzip, createInflate, gzip } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EngineError, errorText, httpStatus, toEngineError } from './errors.ts';
import type { Answer, Job, Pool } from './pool.ts';
import { insertFromFile, readStatement, type Statement } from './statement.ts';
import { headerLines, streamable, tellsProgress } from './formats.ts';
import { sqlString } from '../sql.ts';

export interface HttpOptions {
  readonly pool: Pool;
  readonly username: string;
  readonly password: string;
  readonly version: string;
  /** Where bodies of inserts are kept while they load, and answers while they are made. */
  readonly tempDir: string;
  /** Folders that `file()` may read. */
  readonly fileFolders: readonly string[];
  /** Largest body of an insert, bytes. */
  readonly bodyBytesMax: number;
}

/** Largest statement, bytes, without the rows of an insert that names its statement in the URL. */
const statementBytesMax = 64 * 2 ** 20;

/** URL parameters that are not settings. */
const reserved = new Set(
  'query query_id database default_format user password session_id session_timeout session_check quota_key role compress decompress enable_http_compression wait_end_of_query buffer_size http_native_compression_disable_checksumming_on_decompress send_progress_in_http_headers http_headers_progress_interval_ms cancel_http_readonly_queries_on_client_close'.split(
    ' ',
  ),
);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const gzipAsync = promisify(gzip);

/** ClickHouse's HTTP interface over a pool of chDB connections. https://clickhouse.com/docs/interfaces/http */
export function httpHandler(options: HttpOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const expected = digest(`${options.username}\0${options.password}`);
  const authentic = (user: string, password: string): boolean =>
    timingSafeEqual(digest(`${user}\0${password}`), expected);
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://engine');
    if (url.pathname === '/ping') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('Ok.\n');
      return;
    }
    void answer({ options, authentic, request, response, url });
  };
}

interface Exchange {
  readonly options: HttpOptions;
  readonly authentic: (user: string, password: string) => boolean;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

async function answer(exchange: Exchange): Promise<void> {
  const { options, request, response, url } = exchange;
  const queryId = url.searchParams.get('query_id') || randomUUID();
  response.setHeader('X-ClickHouse-Query-Id', queryId);
  response.setHeader('X-ClickHouse-Server-Display-Name', 'sallyport-lake');
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  try {
    authenticate(exchange);
    if (url.pathname !== '/') throw new EngineError(79, `There is no handler ${url.pathname}`, 'INCORRECT_FILE_NAME');
    await respond(exchange, queryId, gone.signal);
  } catch (error) {
    sendError(response, toEngineError(error), options.version);
    // What is left of the body is not worth reading, but a client that still writes must be able to read the answer.
    request.resume();
  }
}

function authenticate({ request, url, authentic }: Exchange): void {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const basic = /^Basic (.+)$/i.exec(header('authorization'))?.[1];
  const [user, password] =
    basic !== undefined
      ? splitOnce(Buffer.from(basic, 'base64').toString('utf8'), ':')
      : [
          header('x-clickhouse-user') || (url.searchParams.get('user') ?? 'default'),
          header('x-clickhouse-key') || (url.searchParams.get('password') ?? ''),
        ];
  if (!authentic(user, password))
    throw new EngineError(
      516,
      `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
      'AUTHENTICATION_FAILED',
    );
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

function sendError(response: ServerResponse, error: EngineError, version: string): void {
  if (response.headersSent) {
    response.destroy(error);
    return;
  }
  response.setHeader('X-ClickHouse-Exception-Code', String(error.code));
  if (error.code === 202) response.setHeader('Retry-After', '1');
  response.removeHeader('content-encoding');
  response.writeHead(httpStatus(error.code), { 'content-type': 'text/plain; charset=UTF-8' });
  response.end(errorText(error, version));
}

/** The request's body, unpacked. */
function bodyOf(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return request;
  const unpack = encoding === 'gzip' ? createGunzip() : encoding === 'deflate' ? createInflate() : undefined;
  if (!unpack) throw new EngineError(89, `Unknown compression method: ${encoding}`, 'UNKNOWN_COMPRESSION_METHOD');
  request.on('error', (error) => unpack.destroy(error));
  return request.pipe(unpack);
}

async function readText(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > statementBytesMax)
      throw new EngineError(1000, `a statement holds at most ${statementBytesMax} bytes`, 'POCO_EXCEPTION');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function respond(exchange: Exchange, queryId: string, signal: AbortSignal): Promise<void> {
  const { options, request, url } = exchange;
  const inUrl = url.searchParams.get('query') ?? '';
  const body = bodyOf(request);
  if (inUrl !== '') {
    const statement = readStatement(inUrl, options.fileFolders);
    if (statement.data) return insertBody(exchange, { queryId, sql: inUrl, statement, rows: body }, signal);
  }
  const rest = await readText(body);
  const sql = inUrl === '' ? rest : rest === '' ? inUrl : `${inUrl}\n${rest}`;
  const statement = readStatement(sql, options.fileFolders);
  if (statement.data) {
    const rows = Readable.from([Buffer.from(sql.slice(statement.data.dataStart), 'utf8')]);
    return insertBody(exchange, { queryId, sql, statement, rows }, signal);
  }
  // Mutations are the engine's own to end.
  if (statement.verb === 'KILL' && !/^\s*KILL\s+MUTATION\b/i.test(sql)) return kill(exchange, sql, signal);
  await runAndSend(exchange, jobOf(exchange, queryId, sql.replace(/;\s*$/, ''), statement), signal);
}

function jobOf({ request, url }: Exchange, queryId: string, sql: string, statement: Statement): Job {
  const settings: Record<string, string> = {};
  for (const [name, value] of url.searchParams) if (!reserved.has(name) && name !== 'readonly') settings[name] = value;
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const asked = url.searchParams.get('readonly');
  return {
    queryId,
    sql,
    insert: statement.verb === 'INSERT',
    format: url.searchParams.get('default_format') ?? header('x-clickhouse-format') ?? 'TabSeparated',
    database: url.searchParams.get('database') ?? header('x-clickhouse-database'),
    settings,
    // As ClickHouse does: a GET never writes.
    readonly: asked === '1' ? 1 : asked === '2' || request.method === 'GET' ? 2 : 0,
  };
}

interface Insert {
  readonly queryId: string;
  readonly sql: string;
  readonly statement: Statement;
  readonly rows: Readable;
}

async function insertBody(exchange: Exchange, insert: Insert, signal: AbortSignal): Promise<void> {
  const { options } = exchange;
  const path = join(options.tempDir, `${randomUUID()}.rows`);
  try {
    const bytes = await saveBody(insert.rows, path, options.bodyBytesMax, signal);
    const sql = insertFromFile(insert.sql, insert.statement, path);
    const job = jobOf(exchange, insert.queryId, sql, insert.statement);
    if (bytes === 0) send(exchange, emptyAnswer, 'TabSeparated', undefined);
    else await runAndSend(exchange, job, signal);
  } finally {
    await rm(path, { force: true });
  }
}

const emptyAnswer: Answer = {
  bytes: new Uint8Array(),
  elapsedSeconds: 0,
  rowsRead: 0,
  bytesRead: 0,
  rowsWritten: 0,
  bytesWritten: 0,
  cpuSeconds: 0,
};

/** Writes a body to a file. A body that breaks off, or is larger than `max`, throws: half an insert is never run. */
async function saveBody(rows: Readable, path: string, max: number, signal: AbortSignal): Promise<number> {
  let size = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > max) done(new EngineError(1000, `an insert's body holds at most ${max} bytes`, 'POCO_EXCEPTION'));
      else done(null, chunk);
    },
  });
  await pipeline(rows, count, createWriteStream(path, { mode: 0o600 }), { signal });
  return size;
}

async function runAndSend(exchange: Exchange, job: Job, signal: AbortSignal): Promise<void> {
  const { options, url } = exchange;
  const wait = url.searchParams.get('wait_end_of_query') === '1';
  const lines = job.insert ? undefined : streamable(job.sql);
  if (lines !== undefined && !wait) return sendStream(exchange, job, lines, signal);
  const bytesMax = Number(job.settings['max_result_bytes'] ?? 0);
  const run = (): Promise<Answer> => {
    if (bytesMax > 0 && job.settings['result_overflow_mode'] === 'break') {
      // Formats with a header line would repeat it in every chunk.
      if (lines !== undefined && headerLines(lines) === 0) return options.pool.gather(job, bytesMax, signal);
      const path = join(options.tempDir, `${randomUUID()}.answer`);
      if (tellsProgress(job.sql)) return options.pool.bounded(job, { bytesMax, path }, signal);
    }
    return options.pool.run(job, signal);
  };
  send(exchange, await run(), lines ?? job.format, await packed(exchange));
}

const wantsGzip = ({ request, url }: Exchange): boolean =>
  url.searchParams.get('enable_http_compression') === '1' &&
  /\bgzip\b/.test(String(request.headers['accept-encoding']));

const packed = (exchange: Exchange): Promise<'gzip' | undefined> =>
  Promise.resolve(wantsGzip(exchange) ? 'gzip' : undefined);

function summary(answer: Answer): string {
  return JSON.stringify({
    read_rows: String(answer.rowsRead),
    read_bytes: String(answer.bytesRead),
    written_rows: String(answer.rowsWritten),
    written_bytes: String(answer.bytesWritten),
    total_rows_to_read: '0',
    result_rows: String(answer.rowsWritten),
    result_bytes: String(answer.bytesWritten || answer.bytes.length),
    elapsed_ns: String(Math.round(answer.elapsedSeconds * 1e9)),
    real_time_microseconds: String(Math.round(answer.cpuSeconds * 1e6)),
  });
}

function send(exchange: Exchange, answer: Answer, format: string, encoding: 'gzip' | undefined): void {
  const { response } = exchange;
  const headers = {
    'content-type': contentType(format),
    'X-ClickHouse-Format': format,
    'X-ClickHouse-Summary': summary(answer),
  };
  if (encoding === undefined) {
    response.writeHead(200, { ...headers, 'content-length': answer.bytes.length }).end(answer.bytes);
    return;
  }
  void gzipAsync(answer.bytes, { level: 1 }).then(
    (bytes) => response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(bytes),
    (error: unknown) => response.destroy(toEngineError(error)),
  );
}

const contentType = (format: string): string =>
  /^JSON(Compact)?(Strings)?$/.test(format)
    ? 'application/json; charset=UTF-8'
    : format.startsWith('CSV')
      ? 'text/csv; charset=UTF-8'
      : 'text/plain; charset=UTF-8';

/** Sends rows as they come. An error after the first bytes breaks the connection, so that no client takes half for the whole. */
async function sendStream(exchange: Exchange, job: Job, format: string, signal: AbortSignal): Promise<void> {
  const { options, response } = exchange;
  const chunks = options.pool.stream(job, signal);
  const first = await chunks.next();
  if (first.done) {
    // No chunk came, and so no header line either: the buffered way writes it.
    send(exchange, await options.pool.run(job, signal), format, await packed(exchange));
    return;
  }
  response.writeHead(200, {
    'content-type': contentType(format),
    'X-ClickHouse-Format': format,
    ...(wantsGzip(exchange) ? { 'content-encoding': 'gzip' } : {}),
  });
  const all = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield first.value as Uint8Array;
      for (let next = await chunks.next(); !next.done; next = await chunks.next())
        yield withoutHeader(next.value, headerLines(format));
    } finally {
      // A client that left half way: give the connection and the place back.
      await chunks.return(undefined);
    }
  };
  if (wantsGzip(exchange)) await pipeline(Readable.from(all()), createGzip({ level: 1 }), response);
  else await pipeline(Readable.from(all()), response);
}

/** Each chunk of the addon's stream begins with the format's header lines again; only the first chunk's belong. */
function withoutHeader(bytes: Uint8Array, lines: number): Uint8Array {
  let at = 0;
  for (let line = 0; line < lines; line++) {
    const end = bytes.indexOf(10, at);
    if (end < 0) return new Uint8Array();
    at = end + 1;
  }
  return bytes.subarray(at);
}

const killShape =
  /^\s*KILL\s+QUERY\s+WHERE\s+query_id\s*=\s*'([^'\\]{1,300})'\s*(ASYNC|SYNC)?\s*(?:FORMAT\s+\w+)?\s*;?\s*$/i;

/** How often KILL … SYNC looks whether the statement is gone, ms. */
const killPollMs = 20;
/** After this long KILL … SYNC says that it could not, ms: whoever waits must not take the statement for ended. */
const killWaitMs = 60_000;

/** The engine gives its queries ids of its own, so KILL QUERY is answered here, for the ids that clients gave. */
async function kill(exchange: Exchange, sql: string, signal: AbortSignal): Promise<void> {
  const [, id, mode] = killShape.exec(sql) ?? [];
  if (id === undefined)
    throw new EngineError(48, "only KILL QUERY WHERE query_id = '…' is supported", 'NOT_IMPLEMENTED');
  const { pool } = exchange.options;
  const found = pool.kill(id);
  const wait = mode?.toUpperCase() === 'SYNC';
  for (let waited = 0; wait && pool.has(id) && !signal.aborted; waited += killPollMs) {
    if (waited > killWaitMs) throw new EngineError(209, `the statement ${id} does not end`, 'SOCKET_TIMEOUT');
    await sleep(killPollMs);
  }
  const bytes = Buffer.from(found ? `${wait ? 'finished' : 'waiting'}\t${sqlString(id).slice(1, -1)}\n` : '');
  send(exchange, { ...emptyAnswer, bytes }, 'TabSeparated', undefined);
}
