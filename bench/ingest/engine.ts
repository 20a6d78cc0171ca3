import { createWriteStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';

const statFields = (pid: string): string[] => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  } catch {
    return [];
  }
};

/** Processor seconds so far of the engine that this process started (Linux); 0 where that can't be seen. */
export function engineCpu(): number {
  const isEngine = (pid: string): boolean =>
    statFields(pid)[1] === String(process.pid) &&
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine/main.ts');
  try {
    const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isEngine(name));
    const [user = '0', system = '0'] = pid === undefined ? [] : statFields(pid).slice(11, 13);
    return (Number(user) + Number(system)) / 100;
  } catch {
    return 0;
  }
}

/** The engine itself, without our lake in front. */
export class PlainEngine {
  readonly #url: URL;
  readonly #database: string;
  constructor(lakeUrl: string, database: string) {
    this.#url = new URL(lakeUrl);
    this.#database = database;
  }

  async ask(sql: string): Promise<string> {
    return (await this.#answer(sql)).text();
  }

  async #answer(sql: string): Promise<Response> {
    const settings = 'date_time_input_format=best_effort&input_format_json_read_objects_as_strings=1';
    const response = await fetch(`${this.#url.origin}/?database=${this.#database}&${settings}`, {
      method: 'POST',
      body: sql,
      headers: {
        'x-clickhouse-user': decodeURIComponent(this.#url.username),
        'x-clickhouse-key': decodeURIComponent(this.#url.password),
      },
    });
    if (!response.ok) throw new Error(await response.text());
    return response;
  }

  /**
   * The engine's plain insert of the parsed rows of `table`, from a file of JSON lines on its disk, into an empty copy of that table; columns that no row
   * fills are left out. Answers the best of `runs`, in seconds.
   */
  async insertParsed(table: string, path: string, runs: number): Promise<{ seconds: number; bytes: number }> {
    const columns = JSON.parse(
      await this.ask(
        `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${table}' AND default_kind = '' AND name NOT IN ('_SegmentId', 'TenantId') FORMAT JSONCompact`,
      ),
    ) as { data: [string, string][] };
    const filled = JSON.parse(
      await this.ask(
        `SELECT ${columns.data.map(([name, type]) => `max(toString(${name}) != toString(defaultValueOfTypeName('${type.replaceAll("'", "\\'")}')))`).join(', ')} FROM (SELECT * FROM ${table} LIMIT 10000) FORMAT JSONCompact`,
      ),
    ) as { data: [number[]] };
    const used = columns.data.filter((_, i) => filled.data[0][i] === 1);
    const names = used.map(([name]) => name).join(', ');
    // More than a string of JavaScript can hold.
    const { body } = await this.#answer(`SELECT ${names} FROM ${table} FORMAT JSONEachRow`);
    if (body) await pipeline(body, createWriteStream(path, { mode: 0o644 }));
    const structure = used
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')
      .replaceAll("'", "\\'");
    let seconds = Infinity;
    for (let run = 0; run < runs; run++) {
      await this.ask(`CREATE TABLE Plain AS ${table}`);
      const started = performance.now();
      await this.ask(
        `INSERT INTO Plain (${names}) SELECT ${names} FROM file('${path}', 'JSONEachRow', '${structure}', 'none')`,
      );
      seconds = Math.min(seconds, (performance.now() - started) / 1_000);
      await this.ask('DROP TABLE Plain SYNC');
    }
    return { seconds, bytes: statSync(path).size };
  }
}
