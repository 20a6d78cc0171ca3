/**
 * Kills the server process in the middle of automated investigations, one for each playbook, then compares what they found and propose with undisturbed ones.
 *
 *   node bench/investigations-crash.ts [--seed 1] [--playbooks inbox-rule,phishing-mail]
 *
 * Prints one JSON object; exits with 1 when an investigation did not end once, or evidence or an action is missing, different or there twice.
 */
import { parseArgs } from 'node:util';
import { crashInvestigations } from '../apps/server/src/investigations-crash.ts';
import { loadPlaybooks } from '../apps/server/src/investigations/content.ts';
import { randomFrom } from '../apps/server/src/crash-server.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, playbooks: { type: 'string' } },
});

const report = await crashInvestigations({
  playbooks: values.playbooks?.split(',') ?? [...(await loadPlaybooks()).keys()],
  random: randomFrom(Number(values.seed)),
  onKill: (kill, what) => process.stderr.write(`kill ${kill}: ${what}\n`),
});
process.stdout.write(`${JSON.stringify({ bench: 'investigations-crash', ...report })}\n`);
const faults =
  report.endedOtherThanOnce +
  report.stepsAskedOtherThanOnce +
  report.evidenceOtherwise +
  report.evidenceRowsOtherThanOnce +
  report.actionsOtherwise +
  report.actionRowsOtherThanOnce;
process.exitCode = faults === 0 && report.actions > 0 && report.killsInRuns > 0 ? 0 : 1;
