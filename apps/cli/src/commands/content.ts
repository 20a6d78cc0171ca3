import { Command } from 'commander';
import { SallyportError } from '@sallyport/contracts';
import { createKql, externalWithoutRows, KqlError, type FunctionDefinition, type Kql } from '@sallyport/kql';
import { loadFunctions, type Lake } from '@sallyport/lake';
import { runContent, type ContentRunReport } from '@sallyport/server';
import { collect, functionsOf, textOf, type Failure, type Item } from '../content/items.ts';
import { checkSigma } from '../content/sigma.ts';
import { printJson, printTable } from '../output.ts';
import { withScratchLake } from '../scratch-lake.ts';
import { placeOf } from './kql.ts';
import type { Finish } from './types.ts';

export function contentCommand(finish: Finish): Command {
  const content = new Command('content').description('rules and queries as files');
  content
    .command('check')
    .description('compile every rule and query found, and run it on empty tables')
    .argument(
      '<path...>',
      'Sentinel YAML files, Sigma rules, parsers, workbooks, JSON lines with a `query`, or folders of them; each may call the parsers among the others, which replace shipped ones of their names',
    )
    .option('--json', 'print one JSON object')
    .option('--compile-only', 'do not run what compiles')
    .option('--run', 'also import the rules and run each as on schedule, over rows that are made to pass its filters')
    .action(async (paths: string[], options: { json?: boolean; compileOnly?: boolean; run?: boolean }) => {
      const { items, failures: unread } = collect(paths);
      let total = items.length + unread.length;
      let callable: readonly FunctionDefinition[] = [];
      const failed = await withScratchLake(async (lake) => {
        const known = lake.kqlCatalogue(await loadFunctions());
        const functions = functionsOf(
          items,
          known.functions,
          known.tables.map((t) => t.name),
        );
        callable = functions;
        const catalogue = { ...known, version: `${known.version} checked`, functions };
        const kql = createKql(() => catalogue, { lookups: lake.lookups });
        const failures: Failure[] = [...unread];
        for (const [at, item] of items.entries()) {
          if (at > 0 && at % tellEvery === 0)
            process.stderr.write(`${at} of ${items.length} checked, ${failures.length} failed\n`);
          const failure = await check(item, kql, lake, options.compileOnly !== true);
          if (failure) failures.push(failure);
        }
        const sigma = await checkSigma(paths.filter(mayHoldYaml), kql, lake, options.compileOnly !== true);
        total += sigma.total;
        return [...failures, ...sigma.failures];
      });
      const run = options.run
        ? await runContent({ paths, functions: callable, onProgress: (text) => void process.stderr.write(`${text}\n`) })
        : undefined;
      if (options.json) printJson({ total, ok: total - failed.length, failed, ...(run ? { run } : {}) });
      else {
        printTable(
          ['path', 'code', 'message'],
          failed.map((f) => [f.path, f.code, f.message]),
          100,
        );
        process.stdout.write(`${total} checked, ${total - failed.length} ok, ${failed.length} failed\n`);
        if (run) printRun(run);
      }
      finish(failed.length === 0 && (run?.failed.length ?? 0) === 0 ? 0 : 1);
    });
  return content;
}

function printRun({ rules, rows, withRows, withAlerts, duplicates, failed, seconds }: ContentRunReport): void {
  printTable(
    ['path', 'code', 'message'],
    failed.map((f) => [f.path, f.code, f.message]),
    100,
  );
  process.stdout.write(
    `${rules} rules run over ${rows} made rows: ${withRows} found some, ${withAlerts} raised alerts, ${failed.length} failed; ${duplicates} were there twice; ${seconds} s\n`,
  );
}

/** Items between two lines of progress, which go to the error stream. */
const tellEvery = 100;

const mayHoldYaml = (path: string): boolean => !/\.(?:jsonl?|workbook)$/i.test(path);

async function check(item: Item, kql: Kql, lake: Lake, run: boolean): Promise<Failure | undefined> {
  const failure = await checkText(item, 'table', kql, lake, run);
  if (!failure || !item.callable) return failure;
  return (await checkText(item, 'value', kql, lake, run)) && failure;
}

async function checkText(
  item: Item,
  gives: 'table' | 'value',
  kql: Kql,
  lake: Lake,
  run: boolean,
): Promise<Failure | undefined> {
  const { path, query } = item;
  const { text, offset } = textOf(item, gives);
  try {
    const options = { now: new Date(), database: lake.workspace, maxRows: 10, external: externalWithoutRows };
    const ask = async (sql: string) => (await lake.query(sql, { operation: 'content check' })).rows;
    const { sql } = run ? await kql.compileAsking(text, options, ask) : kql.compile(text, { ...options, noData: true });
    if (run) await lake.query(sql, { operation: 'content check' });
    return undefined;
  } catch (error) {
    if (error instanceof KqlError) {
      // A file of `let` alone holds functions for others to paste: right as it is, and nothing to run.
      if (error.code === 'NoTable' && item.callable) return undefined;
      const place = placeOf(query, Math.max(0, error.span.start - offset));
      const advice = error.code === 'KS204' ? ` ${ownTable}` : '';
      return { path, code: error.code, message: `${error.message}${advice} (${place})` };
    }
    if (error instanceof SallyportError) return { path, code: error.code, message: describe(error) };
    throw error;
  }
}

/** What to do about a table that nobody knows. */
const ownTable =
  'A table of your own is a file content/tables/<Name>.yml (docs/recipes/table.md) or `POST /api/tables`; a parser is given in the same run.';

const describe = (error: SallyportError): string =>
  error.cause instanceof Error ? `${error.message}: ${error.cause.message.slice(0, 500)}` : error.message;
