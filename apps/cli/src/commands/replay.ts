import { Command } from 'commander';
import { replay, type ReplayReport } from '@sallyport/server';
import { printJson, printTable } from '../output.ts';
import type { Finish } from './types.ts';

export function replayCommand(finish: Finish): Command {
  return new Command('replay')
    .description(
      'load logs into a fresh workspace, run the rules over them as if time passed, print alerts and incidents',
    )
    .argument('<path...>', 'files, zips and folders; their formats are recognised')
    .option('--source <id>', 'the source that every file is of, instead of recognising it')
    .option('--rules <dir...>', 'rules to run instead of those that ship')
    .option('--json', 'print one JSON object')
    .action(async (paths: string[], options: { source?: string; rules?: string[]; json?: boolean }) => {
      const report = await replay({
        paths,
        ...(options.source === undefined ? {} : { source: options.source }),
        ...(options.rules === undefined ? {} : { rules: options.rules }),
        ...(options.json || !process.stderr.isTTY ? {} : { onProgress: showProgress }),
      });
      if (options.json) printJson(report);
      else printReport(report);
      finish(report.rows + report.unparsed === 0 ? 1 : 0);
    });
}

const showProgress = (text: string): void => void process.stderr.write(`\r\u001b[K${text}`);

function printReport(report: ReplayReport): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const { files, rows, unparsed, alerts, incidents, seconds } = report;
  const fired = report.perRule.filter((rule) => rule.alerts > 0);
  if (fired.length > 0) {
    printTable(
      ['alerts', 'severity', 'rule'],
      fired.map((r) => [r.alerts, r.severity, r.name]),
      100,
    );
    process.stdout.write('\n');
  }
  if (report.incidentList.length > 0) {
    const shown = report.incidentList.slice(0, 30);
    printTable(
      ['#', 'severity', 'alerts', 'entities', 'incident'],
      shown.map((i) => [i.number, i.severity, i.alerts, i.entities, i.title]),
      100,
    );
    if (incidents > shown.length) process.stdout.write(`… and ${incidents - shown.length} more\n`);
    process.stdout.write('\n');
  }
  for (const file of report.perFile.filter((f) => f.message !== undefined).slice(0, 20))
    process.stdout.write(`${file.file}: ${file.message}\n`);
  for (const problem of report.problems.slice(0, 20)) process.stdout.write(`${problem}\n`);
  process.stdout.write(
    `${files} files: ${rows} rows stored, ${unparsed} lines not parsed; ${alerts} alerts in ${incidents} incidents; ${seconds} s\n`,
  );
}
