import { Command } from 'commander';
import { detectConform, type DetectConformReport } from '@sallyport/server';
import { addBench } from './detect-bench.ts';
import { printJson, printTable } from '../output.ts';
import type { Finish } from './types.ts';

export function detectCommand(finish: Finish): Command {
  const detect = new Command('detect').description('what rules find');
  detect
    .command('conform')
    .description('run rules over recorded logs and compare what fires with the labels')
    .argument('<folder>', 'a folder with labels.json ([{rule, path, expected}]) and the logs it names')
    .requiredOption('--rules <dir...>', 'Sentinel or Sigma rules')
    .option('--json', 'print one JSON object')
    .action(async (folder: string, options: { rules: string[]; json?: boolean }) => {
      const report = await detectConform({
        folder,
        rules: options.rules,
        ...(options.json || !process.stderr.isTTY
          ? {}
          : { onProgress: (text: string) => void process.stderr.write(`\r\u001b[K${text}`) }),
      });
      if (options.json) printJson(report);
      else print(report);
      finish(report.fired === report.total && report.countDiffers.length === 0 ? 0 : 1);
    });
  addBench(detect, finish);
  return detect;
}

function print(report: DetectConformReport): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  if (report.missed.length > 0)
    printTable(
      ['missed', 'log', 'why'],
      report.missed.map((one) => [one.rule, one.path, one.reason]),
      200,
    );
  if (report.countDiffers.length > 0)
    printTable(
      ['rule', 'expected', 'matches', 'log'],
      report.countDiffers.map((one) => [one.rule, one.expected, one.matches, one.path]),
      200,
    );
  printTable(
    ['logs', 'severity', 'also fired'],
    report.alsoFired.slice(0, 30).map((one) => [one.logs, one.severity, one.name]),
    100,
  );
  for (const problem of report.problems.slice(0, 20)) process.stdout.write(`${problem}\n`);
  process.stdout.write(
    `${report.fired} of ${report.total} logs fired their rule, ${report.countAgrees} of ${report.counted} as often as recorded; ` +
      `${report.alsoFired.length} other rules fired; ${report.seconds} s\n`,
  );
}
