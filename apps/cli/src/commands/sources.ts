import { Command, InvalidArgumentError } from 'commander';
import { compile } from '@sallyport/kql';
import { loadFunctions } from '@sallyport/lake';
import {
  conformSources,
  loadSources,
  routeSources,
  shippedSources,
  type RouteReport,
  type Share,
  type SourcesReport,
} from '@sallyport/server';
import { printJson, printTable } from '../output.ts';
import { withScratchLake } from '../scratch-lake.ts';
import type { Finish } from './types.ts';

export function sourcesCommand(finish: Finish): Command {
  const sources = new Command('sources').description('what logs look like, and what becomes of them');
  sources
    .command('conform')
    .description('compare our view of raw log lines with the fields that another product found in them')
    .argument('<path>', 'a folder of logs with `<log>-expected.json` beside them, or one such log')
    .option('--json', 'print one JSON object')
    .option(
      '--zone <offset>',
      'the time zone of the other product’s agent, in which it read times that have none. Default: what its records state ' +
        '(`event.timezone`), each of itself, else of its file, else what most files state',
      zoneOf,
    )
    .action(async (path: string, options: { json?: boolean; zone?: string }) => {
      const [loaded, functions] = [await loadSources(shippedSources), await loadFunctions()];
      for (const problem of loaded.problems)
        process.stderr.write(`${problem.file}: ${problem.path} ${problem.message}\n`);
      const report = await withScratchLake((lake) =>
        conformSources(path, {
          lake,
          compile,
          functions,
          sources: loaded.sources,
          now: new Date(),
          ...(options.zone === undefined ? {} : { zone: options.zone }),
        }),
      );
      if (options.json) printJson(report);
      else print(report);
      finish(report.agree === report.fields ? 0 : 1);
    });
  sources
    .command('route')
    .description('compare where recognition takes the lines of Wazuh’s or CrowdSec’s tests with where they must go')
    .argument('<path>', 'Wazuh’s lines as JSON lines, or a folder of CrowdSec’s cases')
    .option('--json', 'print one JSON object')
    .option('--verbose', 'print each line that is wrong')
    .action(async (path: string, options: { json?: boolean; verbose?: boolean }) => {
      const [loaded, functions] = [await loadSources(shippedSources), await loadFunctions()];
      for (const problem of loaded.problems)
        process.stderr.write(`${problem.file}: ${problem.path} ${problem.message}\n`);
      const report = await withScratchLake((lake) =>
        routeSources(path, { lake, compile, functions, sources: loaded.sources, now: new Date() }),
      );
      if (options.json) printJson({ ...report, percent: percents(report) });
      else printRoutes(report, options.verbose ?? false);
      finish(report.faults.length === 0 ? 0 : 1);
    });
  return sources;
}

function zoneOf(text: string): string {
  if (!/^[+-]\d\d:\d\d$/.test(text)) throw new InvalidArgumentError('an offset like -02:00');
  return text;
}

const measures = ['routed', 'own', 'generic', 'files', 'user', 'address', 'program'] as const;

/** In percent, two places behind the point; null where there is nothing to be right. */
const percents = (report: RouteReport): Record<string, number | null> =>
  Object.fromEntries(
    measures.map((name) => {
      const { of, right }: Share = report[name];
      return [name, of === 0 ? null : Math.floor((10_000 * right) / of) / 100];
    }),
  );

function printRoutes(report: RouteReport, verbose: boolean): void {
  if (verbose)
    printTable(
      ['case', 'what', 'expected', 'ours', 'line'],
      report.faults.map((f) => [f.case, f.what, f.expected, f.ours, f.line]),
      200,
    );
  printTable(
    ['measure', 'of', 'right', 'share'],
    measures.map((name) => [name, report[name].of, report[name].right, percent(report[name].right, report[name].of)]),
  );
  for (const problem of report.problems) process.stdout.write(`${problem}\n`);
}

const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`);

function print({ worst, zone, ...all }: SourcesReport): void {
  const { events, fields, agree, missing, wrong } = all;
  printTable(
    ['set', 'stream', 'events', 'fields', 'agree', 'missing', 'wrong', 'most of it'],
    worst.map((s) => [
      s.set,
      s.streams.join(' '),
      s.events,
      s.fields,
      percent(s.agree, s.fields),
      s.missing,
      s.wrong,
      s.faults
        .slice(0, 3)
        .map((f) => `${f.kind} ${f.field}`)
        .join(', '),
    ]),
    200,
  );
  for (const { set, problems } of worst) for (const problem of problems) process.stdout.write(`${set}: ${problem}\n`);
  process.stdout.write(
    `${events} events, ${fields} fields: ${percent(agree, fields)} agree, ${percent(missing, fields)} missing, ${percent(wrong, fields)} wrong\n` +
      `of the fields that agree, ${all.agreeInAsim} are in ASIM, ${all.agreeInTable} only in the raw table, ${all.agreeRenamed} in ASIM under another name than ECS has\n` +
      `left out: ${all.untold} names of hosts that the lines do not hold\n`,
  );
  if (zone !== undefined)
    process.stdout.write(`times without a zone, of records that state none, were also taken as of ${zone}\n`);
}
