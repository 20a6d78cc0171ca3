/**
 * KQL as compiled beside SQL written by hand for the same answer, and beside DuckDB. Prints one JSON object.
 *
 *   node bench/kql.ts [--rows 5000000] [--runs 5] [--parts hand,duck,compile,growth] [--growth 1000000,10000000] [--data DIR] [--only TEXT]
 *
 *   node bench/kql.ts --parts growth --runs 1 --growth 1000000,100000000
 *
 * Growth has tables of the generated columns alone, made at some 350,000 rows a second on two processors, 60 MB a million.
 * Rows are those of all three tables together (SigninLogs 20 %, DeviceProcessEvents 40 %, CommonSecurityLog 40 %), generated in the engine. With `--data` they are kept
 * there and used again; else they are made in a temporary folder. Engines run in this process, so that processor time is exact: every figure is given as wall clock and
 * as processor time, and on a machine that does other work the second is the one to read. Ratios compare medians of alternating runs.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Session } from 'chdb';
import { compile, engineSettings, type CompileOptions } from '../packages/kql/src/index.ts';
import { Catalogue, ddl, type TableDefinition } from '../packages/lake/src/index.ts';
import { end, inserts, tables, type GeneratedTable } from './kql/data.ts';
import { openDuck } from './kql/duck.ts';
import { queries, type BenchQuery } from './kql/queries.ts';
import { growthOf, lengths, median, same, timed, type Took } from './kql/measure.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '5000000' },
    runs: { type: 'string', default: '5' },
    parts: { type: 'string', default: 'hand,duck,compile' },
    growth: { type: 'string', default: '1000000,10000000' },
    data: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const rows = Number(options.rows);
const runs = Number(options.runs);
const parts = new Set(options.parts.split(','));
const folder = options.data ?? mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
const chosen = queries.filter((q) => q.id.includes(options.only));
const note = (text: string): void => void process.stderr.write(`${text}\n`);

const startedLoading = performance.now();
const catalogue = await Catalogue.load();
const kqlCatalogue = {
  version: catalogue.version,
  tables: [...catalogue.tables.values()].map(({ name, columns }) => ({ name, columns })),
  functions: [],
};
const catalogueMs = performance.now() - startedLoading;
const compileQuery = (text: string, more: Partial<CompileOptions> = {}): string =>
  compile(text, kqlCatalogue, { now: end, maxRows: 500_000, ...more }).sql;

class Engine {
  readonly #session: Session;
  constructor(path: string) {
    mkdirSync(path, { recursive: true });
    this.#session = new Session(path);
    const settings = {
      ...engineSettings,
      max_query_size: 4 * 2 ** 20,
      max_parser_depth: 10_000,
      session_timezone: 'UTC',
      max_partitions_per_insert_block: 0,
      output_format_json_quote_denormals: 1,
    };
    for (const [name, value] of Object.entries(settings)) this.run(`SET ${name} = '${value}'`);
  }
  run(sql: string): void {
    this.#session.query(sql);
  }
  rows(sql: string): unknown[][] {
    const text = this.#session.query(sql, 'JSONCompactEachRow');
    return text === '' ? [] : text.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown[]); // prettier-ignore
  }
  close(): void {
    this.#session.close();
  }
}

const countOf = (table: GeneratedTable, total: number): number => Math.round(total * table.share);

/** As the lake makes it; `narrow`: without the columns that stay empty, which no question reads and which take most of an insert's time. */
function definitionOf(table: GeneratedTable, narrow: boolean): TableDefinition {
  const whole = catalogue.get(table.name)!;
  if (!narrow) return whole;
  const made = (name: string): boolean => Object.hasOwn(table.columns, name);
  return { ...whole, columns: whole.columns.filter((c) => made(c.name)), sortKey: whole.sortKey.filter(made) };
}

/** Makes the tables of a size where they are not there yet; answers their bytes on disk and how long that took. */
function generate(engine: Engine, total: number, narrow = false): { bytes: number; seconds: number } {
  const database = `${narrow ? 'grow' : 'bench'}_${total}`;
  const started = performance.now();
  engine.run(`CREATE DATABASE IF NOT EXISTS ${database}`);
  engine.run(`USE ${database}`);
  // Blocks are large enough to stay as they are written; merging them would take longer than making them.
  engine.run('SYSTEM STOP MERGES');
  for (const table of tables) {
    for (const statement of ddl(definitionOf(table, narrow), { database })) engine.run(statement);
    const have = Number(engine.rows(`SELECT count() FROM ${table.name}`)[0]?.[0]);
    const wanted = countOf(table, total);
    if (have === wanted) continue;
    note(`${table.name}: making ${wanted} rows`);
    engine.run(`TRUNCATE TABLE ${table.name}`);
    for (const insert of inserts(table, table.name, wanted)) engine.run(insert);
  }
  const [[bytes] = []] = engine.rows(
    `SELECT sum(bytes_on_disk) FROM system.parts WHERE database = '${database}' AND active`,
  );
  return { bytes: Number(bytes), seconds: Math.round((performance.now() - started) / 1000) };
}

interface Compared {
  readonly id: string;
  readonly sqlBytes: number;
  readonly rows: number;
  readonly equal: boolean;
  readonly kqlMs: Took;
  readonly handMs: Took;
  readonly cpuRatio: number;
  readonly wallRatio: number;
}

/** Runs both in turn; the first run of each warms up and is compared. */
async function besideHand(engine: Engine, query: BenchQuery): Promise<Compared> {
  const sql = compileQuery(query.kql);
  const compiledRows = engine.rows(sql);
  const equal = same(compiledRows, engine.rows(query.sql));
  const ours: Took[] = [];
  const theirs: Took[] = [];
  for (let i = 0; i < runs; i++) {
    ours.push(await timed(() => engine.rows(sql)));
    theirs.push(await timed(() => engine.rows(query.sql)));
  }
  const [kqlMs, handMs] = [median(ours), median(theirs)];
  const ratio = (a: number, b: number): number => Number((a / b).toFixed(3));
  note(`${query.id}: ${ratio(kqlMs.cpu, handMs.cpu)}${equal ? '' : ' NOT EQUAL'}`);
  return {
    id: query.id,
    sqlBytes: sql.length,
    rows: compiledRows.length,
    equal,
    kqlMs,
    handMs,
    cpuRatio: ratio(kqlMs.cpu, handMs.cpu),
    wallRatio: ratio(kqlMs.wall, handMs.wall),
  };
}

const middle = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const summary = (numbers: readonly number[]) => ({ median: middle(numbers), worst: Math.max(...numbers) });

/** The first compilation of a process, and each length with and without the cache. */
function compilation(): unknown {
  const first = performance.now();
  compileQuery('SigninLogs | take 1');
  const firstMs = Number((performance.now() - first).toFixed(1));
  const byLength = lengths.map(({ steps, text }) => {
    const cold: number[] = [];
    const cached: number[] = [];
    for (let i = 0; i < 7; i++) {
      const query = text(i);
      for (const into of [cold, cached]) {
        const started = performance.now();
        compileQuery(query);
        into.push(performance.now() - started);
      }
    }
    const sqlBytes = compileQuery(text(0)).length;
    const round = (n: number): number => Number(n.toFixed(3));
    return { steps, kqlBytes: text(0).length, sqlBytes, coldMs: round(middle(cold)), cachedMs: round(middle(cached)) };
  });
  return { catalogueTables: kqlCatalogue.tables.length, catalogueMs: Math.round(catalogueMs), firstMs, byLength };
}

async function main(): Promise<void> {
  const result: Record<string, unknown> = {
    bench: 'kql',
    rows,
    runs,
    processors: cpus().length,
    loadBefore: loadavg(),
  };
  if (parts.has('compile')) result['compile'] = compilation();
  const engine = new Engine(join(folder, 'engine'));
  try {
    if (parts.has('hand') || parts.has('duck')) {
      const { bytes, seconds } = generate(engine, rows);
      Object.assign(result, { bytesOnDisk: bytes, generatedInSeconds: seconds });
    }
    const compared: Compared[] = [];
    if (parts.has('hand')) {
      for (const query of chosen) compared.push(await besideHand(engine, query));
      result['hand'] = {
        cpuRatio: summary(compared.map((c) => c.cpuRatio)),
        wallRatio: summary(compared.map((c) => c.wallRatio)),
        unequal: compared.filter((c) => !c.equal).map((c) => c.id),
        queries: compared,
      };
    }
    if (parts.has('duck')) result['duck'] = await besideDuck(engine);
    if (parts.has('growth')) result['growth'] = await growing(engine);
  } finally {
    engine.close();
    if (options.data === undefined) rmSync(folder, { recursive: true, force: true });
  }
  console.log(JSON.stringify({ ...result, loadAfter: loadavg() }));
}

/** The same rows in DuckDB's own tables, the same questions. Below 1: compiled KQL is faster. */
async function besideDuck(engine: Engine): Promise<unknown> {
  const duck = await openDuck(join(folder, `duck_${rows}.db`));
  try {
    for (const table of tables) {
      const wanted = countOf(table, rows);
      if ((await duck.count(table.name)) === wanted) continue;
      const file = join(folder, `${table.name}.parquet`);
      if (existsSync(file)) rmSync(file);
      const columns = Object.keys(table.columns).map((c) =>
        c === 'TimeGenerated' ? `toUnixTimestamp64Micro(CAST(${c}, 'DateTime64(6)')) AS ${c}` : c,
      );
      const kept = columns.filter((c) => c !== 'Timestamp' && c !== 'CreatedDateTime');
      engine.run(`INSERT INTO FUNCTION file('${file}', 'Parquet') SELECT ${kept.join(', ')} FROM ${table.name}`);
      await duck.load(table.name, file);
      rmSync(file);
    }
    const compared = [];
    for (const query of chosen) {
      const sql = compileQuery(query.kql);
      const own = query.duck ?? query.sql.replaceAll('count()', 'count(*)');
      const answer = await duck.rows(own);
      const equal = same(engine.rows(sql), answer, query.approximate);
      const ours: Took[] = [];
      const theirs: Took[] = [];
      for (let i = 0; i < runs; i++) {
        ours.push(await timed(() => engine.rows(sql)));
        theirs.push(await timed(() => duck.rows(own)));
      }
      const [kqlMs, duckMs] = [median(ours), median(theirs)];
      const cpuRatio = Number((kqlMs.cpu / duckMs.cpu).toFixed(3));
      const wallRatio = Number((kqlMs.wall / duckMs.wall).toFixed(3));
      note(`duck ${query.id}: ${cpuRatio}${equal ? '' : ' NOT EQUAL'}`);
      compared.push({ id: query.id, equal, kqlMs, duckMs, cpuRatio, wallRatio });
    }
    return {
      version: await duck.version(),
      bytesOnDisk: statSync(duck.path).size,
      cpuRatio: summary(compared.map((c) => c.cpuRatio)),
      wallRatio: summary(compared.map((c) => c.wallRatio)),
      unequal: compared.filter((c) => !c.equal).map((c) => c.id),
      queries: compared,
    };
  } finally {
    duck.close();
  }
}

/** Each question over more and more rows. */
async function growing(engine: Engine): Promise<unknown> {
  const sizes = options.growth.split(',').map(Number);
  const times = new Map<string, Took[]>();
  const made: unknown[] = [];
  for (const total of sizes) {
    made.push({ rows: total, ...generate(engine, total, true) });
    for (const { id, kql } of chosen) {
      const sql = compileQuery(kql);
      engine.rows(sql);
      const all: Took[] = [];
      for (let i = 0; i < Math.min(runs, 3); i++) all.push(await timed(() => engine.rows(sql)));
      times.set(id, [...(times.get(id) ?? []), median(all)]);
    }
  }
  return { made, queries: [...times].map(([id, took]) => ({ id, took, ...growthOf(sizes, took) })) };
}

await main();
