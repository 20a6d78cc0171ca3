import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { BenchReport, compareReports, isWorse, type SetDifference } from '@sallyport/contracts';
import { detectBench } from '@sallyport/server';
import { printJson, printTable } from '../output.ts';
import type { Finish } from './types.ts';

interface Options {
  readonly rules?: string[];
  readonly baseline?: string;
  readonly save?: string;
  readonly json?: boolean;
}

/** Items of each kind that are printed without `--json`. */
const shownMax = 40;

export function addBench(detect: Command, finish: Finish): void {
  detect
    .command('bench')
    .description('run rules over labelled sets: what is hit, what is missed, where is noise')
    .argument(
      '<set...>',
      'folders and files with labels: set.yml, labels.json of Sigma, events of Panther, cases of CrowdSec, or a folder of attacks',
    )
    .option('--rules <dir...>', 'rules to run instead of those that ship')
    .option('--baseline <file>', 'an earlier run to compare with; exit code 1 when something that was right is wrong')
    .option('--save <file>', 'write the run, for --baseline')
    .option('--json', 'print one JSON object')
    .action(async (sets: string[], options: Options) => {
      const baseline = options.baseline === undefined ? undefined : await readReport(options.baseline);
      const report = await detectBench({
        sets,
        ...(options.rules ? { rules: options.rules } : {}),
        ...(options.json || !process.stderr.isTTY
          ? {}
          : { onProgress: (text: string) => void process.stderr.write(`\r\u001b[K${text}`) }),
      });
      const difference = baseline && compareReports(baseline, report);
      if (options.save !== undefined) await writeFile(options.save, `${JSON.stringify(report, null, 1)}\n`);
      if (options.json) printJson({ ...report, ...(difference ? { difference } : {}) });
      else print(report, difference);
      finish(difference?.some(isWorse) || report.sets.some(({ files }) => files === 0) ? 1 : 0);
    });
}

async function readReport(path: string): Promise<BenchReport> {
  const parsed = BenchReport.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${path} is no run of the test bench: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

function print(report: BenchReport, differences: readonly SetDifference[] | undefined): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  for (const { name, missed, noise, items } of report.sets) {
    const byId = new Map(items.map((item) => [item.id, item]));
    const rulesOf = (id: string) =>
      byId
        .get(id)
        ?.fired.map((one) => one.name)
        .join(', ') ?? '';
    list(`missed in ${name}`, 'why', missed, (id) => byId.get(id)?.message ?? rulesOf(id));
    list(`noise in ${name}`, 'rules', noise, rulesOf);
  }
  for (const { name, newlyHit, newlyMissed, newNoise, noiseGone } of differences ?? [])
    for (const [what, ids] of Object.entries({ newlyHit, newlyMissed, newNoise, noiseGone }))
      list(`${what} in ${name}`, '', ids, () => '');
  printTable(
    ['set', 'attacks', 'hit', '%', 'quiet', 'noise', '%', 'unlabelled', 'alerts a day'],
    report.sets.map((s) => [
      s.name,
      s.attacks,
      s.hit,
      share(s.hit, s.attacks),
      s.quiet,
      s.noise.length,
      share(s.noise.length, s.quiet),
      s.unlabelled,
      s.alertsPerDay,
    ]),
  );
  for (const problem of report.problems.slice(0, 20)) process.stdout.write(`${problem}\n`);
  process.stdout.write(`${report.rules} rules; ${report.seconds} s\n`);
}

const share = (part: number, whole: number): string => (whole === 0 ? '' : ((part / whole) * 100).toFixed(1));

function list(heading: string, second: string, ids: readonly string[], about: (id: string) => string): void {
  if (ids.length === 0) return;
  printTable(
    [heading, second],
    ids.slice(0, shownMax).map((id) => [id, about(id)]),
    100,
  );
  process.stdout.write(ids.length > shownMax ? `… and ${ids.length - shownMax} more\n\n` : '\n');
}
