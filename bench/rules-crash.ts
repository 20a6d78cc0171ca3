/**
 * Kills the server process in the middle of runs of rules, again and again, then compares what was raised with an undisturbed evaluation.
 *
 *   node bench/rules-crash.ts [--kills 50] [--seed 1] [--rules 12] [--windows 100]
 *
 * Prints one JSON object; exits with 1 when a window was skipped or run twice, or an alert is missing or there twice.
 */
import { parseArgs } from 'node:util';
import { crashRules } from '../apps/server/src/rules-crash.ts';
import { randomFrom } from '../apps/server/src/crash-server.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    rules: { type: 'string', default: '12' },
    windows: { type: 'string', default: '100' },
  },
});

const report = await crashRules({
  kills: Number(values.kills),
  rules: Number(values.rules),
  windows: Number(values.windows),
  random: randomFrom(Number(values.seed)),
  onKill: (kill, what) => process.stderr.write(`kill ${kill}: ${what}\n`),
});
process.stdout.write(`${JSON.stringify({ bench: 'rules-crash', ...report })}\n`);
const {
  windowsSkipped,
  windowsRunAgain,
  alertsMissing,
  alertsTooMany,
  arrivedRowsAlertedOtherThanOnce,
  uploadAlertsWrong,
} = report;
const faults =
  windowsSkipped +
  windowsRunAgain +
  alertsMissing +
  alertsTooMany +
  arrivedRowsAlertedOtherThanOnce +
  uploadAlertsWrong;
process.exitCode = faults === 0 && report.alerts > 0 ? 0 : 1;
