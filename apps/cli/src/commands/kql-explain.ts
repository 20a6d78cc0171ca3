import { createClient, type QueryExplanation } from '@sallyport/contracts';
import { loadFunctions } from '@sallyport/lake';
import { Command } from 'commander';
import { printJson, terminalSafe } from '../output.ts';
import { withScratchLake } from '../scratch-lake.ts';

interface Options {
  readonly run?: boolean;
  readonly server?: string;
  readonly json?: boolean;
}

/** Most rows of a query that is run to see what it reads. */
const maxRows = 10_000;

/** `sallyport kql explain`: KQL, plan, SQL, the engine's plan with its indexes, and what is read. */
export function explainCommand(readText: (file: string) => string): Command {
  return new Command('explain')
    .description('show what becomes of one query: plan, SQL, the engine’s plan and estimate, and what it read')
    .argument('<file>', 'a file, or - for standard input')
    .option('--run', 'run it, and say what it read')
    .option(
      '--server <url>',
      'over the rows of a running server, with the token in SALLYPORT_TOKEN; default: empty tables',
    )
    .option('--json', 'print one JSON object')
    .action(async (file: string, options: Options) => {
      const query = readText(file);
      const explanation = await (options.server === undefined
        ? explainHere(query, options.run ?? false)
        : explainThere(query, options.server, options.run ?? false));
      if (options.json) printJson(explanation);
      else process.stdout.write(terminalSafe(textOf(query, explanation)));
    });
}

async function explainHere(query: string, run: boolean): Promise<QueryExplanation> {
  const { createQueries, systemPrincipal } = await import('@sallyport/server');
  return withScratchLake(async (lake) => {
    const queries = createQueries(lake, await loadFunctions());
    return queries.explain(
      { query, now: new Date(), maxRows, as: systemPrincipal('command line: kql explain'), operation: 'hunting' },
      run,
    );
  });
}

/** Its certificate authority is trusted by NODE_EXTRA_CA_CERTS. */
function explainThere(query: string, baseUrl: string, run: boolean): Promise<QueryExplanation> {
  const headers = () => ({ authorization: `Bearer ${process.env['SALLYPORT_TOKEN'] ?? ''}` });
  return createClient({ baseUrl, fetch, headers }).explainQuery({ body: { query, run } });
}

function textOf(query: string, { tables }: QueryExplanation): string {
  const section = (title: string, text: string) => `── ${title}\n${text.trim()}\n\n`;
  const parts = tables.flatMap(({ name, plan, sql, enginePlan, estimate, ran }, i) => [
    tables.length > 1 ? `══ table ${i + 1}${name === undefined ? '' : ` (${name})`}\n\n` : '',
    section('plan', plan),
    section('SQL', sql),
    section('the engine’s plan', enginePlan),
    section(
      'to be read',
      estimate
        .map(({ table, parts, rows, marks }) => `${table}: ${rows} rows, ${parts} parts, ${marks} marks`)
        .join('\n') || 'nothing of a table',
    ),
    ran
      ? section(
          'read',
          `${ran.rowsRead} rows, ${ran.bytesRead} bytes in ${ran.elapsedSeconds.toFixed(3)} s; ${ran.rows} rows given`,
        )
      : '',
  ]);
  return section('KQL', query) + parts.join('');
}
