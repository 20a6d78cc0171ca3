import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { SallyportError } from '@sallyport/contracts';
import { compileAsking, KqlError, type Compiled } from '@sallyport/kql';
import { loadFunctions, readDatabases, shippedLocations, type Lake } from '@sallyport/lake';
import { printJson, printTable } from '../output.ts';
import { withScratchLake } from '../scratch-lake.ts';
import { explainCommand } from './kql-explain.ts';
import type { Finish } from './types.ts';

export function kqlCommand(finish: Finish): Command {
  const kql = new Command('kql').description('the query language, without a server');
  kql
    .command('run')
    .description('compile and run one query over empty tables of the catalogue')
    .argument('<file>', 'a file, or - for standard input')
    .option('--json', 'print one JSON object')
    .action(async (file: string, options: { json?: boolean }) => {
      const text = readText(file);
      await withScratchLake(async (lake) => {
        // It takes seconds: for queries that ask.
        if (text.includes('geo_info_from_ip_address'))
          await lake.loadIpLocations(await readDatabases([shippedLocations()]));
        const compiled = await compileOrExplain(text, lake);
        const tables = [];
        for (const { sql, columns } of [compiled, ...(compiled.further ?? [])])
          tables.push({ columns, rows: (await lake.query(sql, { operation: 'kql run' })).rows });
        const [first, ...further] = tables;
        if (options.json) printJson({ ...first, ...(further.length ? { further } : {}) });
        else
          for (const { columns, rows } of tables)
            printTable(
              columns.map((c) => c.name),
              rows.map((row) => row.map(cellText)),
            );
      });
    });
  kql.addCommand(explainCommand(readText));
  kql
    .command('conform')
    .description('run cases with known results; a case with `error` passes when it is rejected')
    .argument('<cases>', 'JSON lines of cases')
    .option('--json', 'print one JSON object')
    .option('--only <text>', 'only cases with this text in their id or query')
    .action(async (file: string, options: { json?: boolean; only?: string }) => {
      const { conform } = await import('@sallyport/kql/conform');
      const report = await withScratchLake((lake) =>
        conform(file, async (sql) => (await lake.query(sql, { operation: 'kql conform' })).rows, {
          only: options.only ?? '',
        }),
      );
      if (options.json) printJson(report);
      else {
        const wrong = report.cases.filter((c) => c.state !== 'passed');
        printTable(
          ['case', 'state', 'message'],
          wrong.map((c) => [c.id, c.state, c.message ?? '']),
          100,
        );
        const { total, passed, failed, errored } = report;
        process.stdout.write(`${total} cases: ${passed} passed, ${failed} failed, ${errored} errored\n`);
      }
      finish(report.passed === report.total ? 0 : 1);
    });
  return kql;
}

/** Cells are numbers, text, booleans or null; see the contracts' `Cell`. */
const cellText = (cell: unknown): string | number =>
  typeof cell === 'number' ? cell : typeof cell === 'string' ? cell : cell === null ? '' : JSON.stringify(cell);

const readText = (file: string): string => readFileSync(file === '-' ? 0 : file, 'utf8');

async function compileOrExplain(text: string, lake: Lake): Promise<Compiled> {
  const options = { now: new Date(), database: lake.workspace, several: true, lookups: lake.lookups };
  const ask = async (sql: string) => (await lake.query(sql, { operation: 'kql run' })).rows;
  try {
    return await compileAsking(text, lake.kqlCatalogue(await loadFunctions()), options, ask);
  } catch (error) {
    if (!(error instanceof KqlError)) throw error;
    throw new SallyportError('InvalidQuery', error.message, { target: placeOf(text, error.span.start), cause: error });
  }
}

/** `line 3, column 7` of an offset. */
export function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
