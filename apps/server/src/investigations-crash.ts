import { randomUUID } from 'node:crypto';
import { createHunting } from './hunting/index.ts';
import { loadFunctions } from '@sallyport/lake';
import { freePort } from '@sallyport/testkit/running';
import { ServerProcess, sleep, switchOffShippedRules } from './crash-server.ts';
import { createIncidents } from './incidents/index.ts';
import { createInvestigations } from './investigations/index.ts';
import { alertOf, day, rowsOf, testsOf } from './investigations/testing.ts';
import type { OpenPlatform } from './platform/create.ts';
import { startEphemeralPlatform } from './supervisor/ephemeral-platform.ts';

export interface InvestigationCrashOptions {
  /** Ids of playbooks: the alert of each one's attack begins an investigation, during which the server is killed. */
  readonly playbooks: readonly string[];
  /** From 0 to 1: how far into an investigation, and how long after that, the process is killed. */
  readonly random: () => number;
  readonly onKill?: (kill: number, state: string) => void;
}

export interface InvestigationCrashReport {
  readonly kills: number;
  /** Kills while the investigation ran. */
  readonly killsInRuns: number;
  readonly investigations: number;
  readonly endedOtherThanOnce: number;
  readonly stepsAskedOtherThanOnce: number;
  readonly evidence: number;
  /** Pieces that an undisturbed investigation finds otherwise, with another verdict, score or number of rows, or not at all. */
  readonly evidenceOtherwise: number;
  readonly evidenceRowsOtherThanOnce: number;
  readonly actions: number;
  readonly actionsOtherwise: number;
  readonly actionRowsOtherThanOnce: number;
  readonly seconds: number;
}

/** How long what is left may take after the last kill. */
const patienceMs = 300_000;
/** And how long an investigation may take to begin. */
const beginMs = 300_000;

/**
 * Kills the server process (`kill -9`) in the middle of automated investigations, lets it end them, and compares evidence and actions with those of undisturbed
 * ones. The engine and PostgreSQL live on.
 */
export async function crashInvestigations(options: InvestigationCrashOptions): Promise<InvestigationCrashReport> {
  const started = performance.now();
  // Yesterday: rows of the files' own day would be past their retention.
  const shift = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000 - day;
  const undisturbed = await findUndisturbed(options.playbooks, shift);
  const { platform, stop } = await startEphemeralPlatform();
  const server = new ServerProcess(platform, await freePort());
  try {
    const cases = await casesOf(platform, options.playbooks, shift);
    await switchOffShippedRules(platform);
    await server.start();
    let killsInRuns = 0;
    for (const [kill, one] of cases.entries()) {
      const number = await one.raise();
      const steps = Math.floor(options.random() * undisturbed.steps(number));
      const asked = await asks(platform, number, Math.max(1, steps));
      await sleep(options.random() * 200);
      await server.kill();
      const state = await stateOf(platform, number);
      if (state === 'running') killsInRuns++;
      options.onKill?.(kill + 1, `${options.playbooks[kill]}: ${state ?? 'not begun'} after ${asked} steps`);
      await server.start();
    }
    await settled(platform);
    await server.kill();
    await platform.outbox.flush();
    return {
      kills: cases.length,
      killsInRuns,
      ...(await compare(platform, undisturbed)),
      seconds: Math.round((performance.now() - started) / 1_000),
    };
  } finally {
    await server.kill();
    await stop();
  }
}

interface Case {
  /** Raises the alert of the attack; answers its incident's number. */
  raise(): Promise<number>;
}

/** The rows of all cases in the lake, and the alert of each, to be raised. */
async function casesOf(platform: OpenPlatform, playbooks: readonly string[], shift: number): Promise<readonly Case[]> {
  const { queries } = createHunting(platform, { functions: await loadFunctions() });
  const incidents = createIncidents(platform, { queries });
  const tests = await Promise.all(playbooks.map((id) => testsOf(id)));
  const planted = tests.flatMap(({ attack }) => Object.entries(rowsOf(attack)));
  for (const [table, rows] of planted)
    await platform.lake.insertRows(
      table,
      rows.map((row) => ({ ...row, TimeGenerated: later(new Date(String(row['TimeGenerated'])), shift) })),
    );
  return tests.map(({ attack }) => ({
    raise: async () => {
      const at = later(attack.alert.at, shift);
      const times = { startTime: at, endTime: at, queryFrom: at, queryTo: at };
      const alert = alertOf(attack, randomUUID(), times);
      const { incidents: numbers } = await platform.database.transaction((tx) => incidents.raise([alert], tx));
      const [number] = numbers;
      if (number === undefined) throw new Error('the alert began no incident');
      return number;
    },
  }));
}

const later = (at: Date, ms: number): Date => new Date(at.getTime() + ms);

interface Found {
  /** By incident and entity: verdict, score, number of rows. */
  readonly evidence: ReadonlyMap<string, string>;
  /** By incident, kind, entity and device: the state. */
  readonly actions: ReadonlyMap<string, string>;
  /** How many steps the investigation of an incident asked or skipped. */
  steps(number: number): number;
}

async function findUndisturbed(playbooks: readonly string[], shift: number): Promise<Found> {
  const { platform, stop } = await startEphemeralPlatform();
  try {
    const investigations = await createInvestigations(
      platform,
      createHunting(platform, { functions: await loadFunctions() }),
    );
    for (const one of await casesOf(platform, playbooks, shift)) {
      const number = await one.raise();
      await platform.database.execute(
        'INSERT INTO investigation_queue (incident_number) VALUES ($1) ON CONFLICT DO NOTHING',
        [number],
      );
      while ((await investigations.take()) > 0);
      const row = await platform.database.first<{ id: string }>(
        'SELECT id FROM investigations WHERE incident_number = $1',
        [number],
      );
      if (row === undefined) throw new Error(`incident ${number} is not investigated`);
      await investigations.run(row.id);
    }
    return await foundIn(platform);
  } finally {
    await stop();
  }
}

async function foundIn({ database }: OpenPlatform): Promise<Found> {
  const evidence = await database.query<{ key: string; value: string }>(
    `SELECT i.incident_number || ' ' || e.entity_id AS key, concat_ws(' ', e.verdict, e.score, e.rows) AS value
     FROM investigation_evidence e JOIN investigations i ON i.id = e.investigation_id`,
  );
  const actions = await database.query<{ key: string; value: string }>(
    `SELECT concat_ws(' ', i.incident_number, a.kind, a.target ->> 'id', a.parameters) AS key, a.state AS value
     FROM investigation_actions a JOIN investigations i ON i.id = a.investigation_id`,
  );
  const steps = await database.query<{ number: number; n: number }>(
    `SELECT i.incident_number AS number, count(*)::int AS n FROM investigation_log l JOIN investigations i ON i.id = l.investigation_id
     WHERE l.batch IS NOT NULL GROUP BY 1`,
  );
  const byNumber = new Map(steps.map(({ number, n }) => [number, n]));
  return {
    evidence: new Map(evidence.map(({ key, value }) => [key, value])),
    actions: new Map(actions.map(({ key, value }) => [key, value])),
    steps: (number) => byNumber.get(number) ?? 0,
  };
}

/** Resolves once an investigation has asked so many steps, or has ended. Answers how many it asked. */
async function asks({ database }: OpenPlatform, number: number, steps: number): Promise<number> {
  const until = Date.now() + beginMs;
  while (Date.now() < until) {
    const row = await database.first<{ asked: number; ended: boolean }>(
      `SELECT (SELECT count(*)::int FROM investigation_log l WHERE l.investigation_id = i.id AND l.batch IS NOT NULL) AS asked, i.ended_at IS NOT NULL AS ended
       FROM investigations i WHERE i.incident_number = $1`,
      [number],
    );
    if (row && (row.ended || row.asked >= steps)) return row.asked;
    await sleep(10);
  }
  throw new Error(`the investigation of incident ${number} was not begun`);
}

const stateOf = async ({ database }: OpenPlatform, number: number): Promise<string | undefined> =>
  (await database.first<{ state: string }>('SELECT state FROM investigations WHERE incident_number = $1', [number]))
    ?.state;

const countOf = async ({ database }: OpenPlatform, sql: string): Promise<number> =>
  Number((await database.first<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`))?.n);

async function settled(platform: OpenPlatform): Promise<void> {
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    if ((await countOf(platform, "investigations WHERE state IN ('queued', 'running')")) === 0) return;
    await sleep(200);
  }
  throw new Error('what was begun did not end');
}

const differences = (wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): number =>
  [...new Set([...wanted.keys(), ...found.keys()])].filter((key) => wanted.get(key) !== found.get(key)).length;

async function compare(platform: OpenPlatform, undisturbed: Found) {
  const found = await foundIn(platform);
  const rowsOther = async (table: string, key: string): Promise<number> => {
    const { rows } = await platform.lake.query(
      `SELECT count() FROM (SELECT ${key} FROM ${table} GROUP BY ${key} HAVING count() != 1)`,
      {},
    );
    return Number(rows[0]?.[0]);
  };
  const ended =
    "SELECT i.id FROM investigations i LEFT JOIN investigation_log l ON l.investigation_id = i.id AND l.kind = 'ended' GROUP BY i.id HAVING count(l.id) <> 1";
  const asked =
    'SELECT 1 FROM investigation_log WHERE batch IS NOT NULL GROUP BY investigation_id, batch, playbook, step HAVING count(*) <> 1';
  return {
    investigations: await countOf(platform, 'investigations'),
    endedOtherThanOnce: await countOf(platform, `(${ended}) x`),
    stepsAskedOtherThanOnce: await countOf(platform, `(${asked}) x`),
    evidence: found.evidence.size,
    evidenceOtherwise: differences(undisturbed.evidence, found.evidence),
    evidenceRowsOtherThanOnce: await rowsOther(
      'InvestigationEvidence_CL',
      'InvestigationId, EvidenceId, Verdict, Score',
    ),
    actions: found.actions.size,
    actionsOtherwise: differences(undisturbed.actions, found.actions),
    actionRowsOtherThanOnce: await rowsOther('InvestigationActions_CL', 'ActionId'),
  };
}
