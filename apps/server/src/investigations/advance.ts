import { SallyportError } from '@sallyport/contracts';
import { workspaceOfIncident } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/types.ts';
import { askStep, shownQuery, type Window } from './ask.ts';
import { conclude } from './conclude.ts';
import type { Playbook, Playbooks, Step } from './content.ts';
import { subjectsMax, type Parts } from './join.ts';
import { merged } from './merge.ts';
import {
  addBatch,
  batchesOf,
  evidenceMax,
  evidenceOf,
  investigationRow,
  isUnderWay,
  lockedInvestigation,
  logEntry,
  saveEvidence,
  type BatchRow,
  type EvidenceRow,
  type InvestigationRow,
} from './store.ts';
import { askedKinds } from './subjects.ts';
import { isThreat } from './verdict.ts';
import { systemPrincipal } from '../platform/principal.ts';

/** Queries of one investigation, all its runs together. */
const queriesMax = 200;
/** How long one run asks. */
const runMsMax = 30 * 60_000;
/** How many steps away from what alerts name it looks. */
const depthMax = 2;
const hourMs = 3_600_000;

interface Question {
  readonly batch: BatchRow;
  readonly playbook: Playbook;
  readonly step: Step;
  readonly subjects: readonly EvidenceRow[];
}

/**
 * Does the next thing of an investigation: asks one step, widens the scope, or ends it. All that it knows is in the database, so whoever calls next goes on; a step that was cut off is asked
 * again and counted once. Answers whether there is more. Throws Unavailable when the lake or the database is away.
 */
export async function advance(parts: Parts, id: string): Promise<{ readonly more: boolean }> {
  const { clock, database } = parts.platform;
  const row = await investigationRow(database, id);
  if (!row || !isUnderWay(row.state)) return { more: false };
  const now = clock.now();
  const run = row.run_at ?? now;
  if (row.state === 'queued' || row.run_at === null)
    await database.execute(
      `UPDATE investigations SET state = 'running', run_at = $2, updated_at = $3 WHERE id = $1 AND state IN ('queued', 'running')`,
      [id, run, now],
    );
  const bound = await boundOf(database, id, now.getTime() - run.getTime());
  const question = await nextQuestion(database, parts.playbooks, id);
  if (question && bound !== undefined) {
    await logOnce(database, id, bound, now);
    return conclude(parts, id, () => Promise.resolve(false));
  }
  if (question) {
    await answer(parts, row, question, now);
    return { more: true };
  }
  if (bound === undefined && (await widen(parts, id, now))) return { more: true };
  return conclude(parts, id, async (tx) => (await nextQuestion(tx, parts.playbooks, id)) !== undefined);
}

async function boundOf(db: Queryable, id: string, ranMs: number): Promise<string | undefined> {
  if (ranMs > runMsMax) return `It looks for ${runMsMax / 60_000} minutes at most; what is left was not asked.`;
  const asked = await db.first<{ n: number }>(
    `SELECT count(*)::int AS n FROM investigation_log WHERE investigation_id = $1 AND kind IN ('asked', 'failed')`,
    [id],
  );
  return (asked?.n ?? 0) >= queriesMax
    ? `It asks ${queriesMax} queries at most; what is left was not asked.`
    : undefined;
}

const logOnce = (db: Queryable, id: string, text: string, at: Date): Promise<unknown> =>
  db.execute(
    `INSERT INTO investigation_log (investigation_id, at, kind, text) SELECT $1, $3, 'bound', $2
     WHERE NOT EXISTS (SELECT 1 FROM investigation_log WHERE investigation_id = $1 AND kind = 'bound' AND text = $2)`,
    [id, text, at],
  );

/** The first step, in order of batches, that was not asked yet and has something to ask about. */
async function nextQuestion(db: Queryable, playbooks: Playbooks, id: string): Promise<Question | undefined> {
  // One after the other: a transaction has one connection.
  const batches = await batchesOf(db, id);
  const evidence = await evidenceOf(db, id);
  const asked = await db.query<{ batch: number; playbook: string; step: string }>(
    'SELECT batch, playbook, step FROM investigation_log WHERE investigation_id = $1 AND batch IS NOT NULL',
    [id],
  );
  const done = new Set(asked.map(({ batch, playbook, step }) => `${batch}/${playbook}/${step}`));
  for (const batch of batches)
    for (const playbook of batch.playbooks.flatMap((name) => playbooks.get(name) ?? []))
      for (const step of playbook.steps) {
        if (done.has(`${batch.batch}/${playbook.id}/${step.id}`)) continue;
        const kinds = new Set(askedKinds(step.for));
        const subjects = evidence.filter((row) => row.batch === batch.batch && kinds.has(row.kind));
        if (subjects.length > 0) return { batch, playbook, step, subjects };
      }
  return undefined;
}

const windowOf = ({ window }: Playbook, { active_from, active_to }: BatchRow, now: Date): Window => ({
  from: new Date(active_from.getTime() - window.beforeHours * hourMs),
  to: new Date(Math.min(now.getTime(), active_to.getTime() + window.afterHours * hourMs)),
});

/** Asks a step and stores what it found, with its entry of the log, in one transaction. */
async function answer(parts: Parts, row: InvestigationRow, question: Question, now: Date): Promise<void> {
  const { database, workspaces } = parts.platform;
  // Of its incident's rows.
  const workspace = await workspaceOfIncident(database, workspaces, row.incident_number);
  const [lake, queries] = await Promise.all([workspaces.lake(workspace), parts.queriesOf(workspace)]);
  const { batch, playbook, step, subjects } = question;
  const place = { batch: batch.batch, playbook: playbook.id, step: step.id };
  const needed = step.needs ?? step.tables;
  const filled = new Set((await lake.tableInfo()).filter(({ rows }) => rows > 0).map(({ name }) => name));
  if (!needed.some((table) => filled.has(table))) {
    await logEntry(database, row.id, { ...place, kind: 'skipped', text: `No rows in ${needed.join(', ')}.` }, now);
    return;
  }
  const window = windowOf(playbook, batch, now);
  const query = shownQuery(step, subjects, window);
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1_000;
  const as = systemPrincipal(`investigation ${row.id}`);
  const result = await askStep(queries, { playbook, step, subjects, window, now, as }).catch((err: unknown) => {
    if (!(err instanceof SallyportError) || err.code === 'Unavailable') throw err;
    return err;
  });
  if (result instanceof SallyportError) {
    parts.platform.log.warn({ err: result, ...place, investigation: row.id }, 'a step of an investigation failed');
    const text = `It could not be asked: ${result.message}`;
    await logEntry(database, row.id, { ...place, kind: 'failed', text, seconds: seconds(), query }, now);
    return;
  }
  const about = `${subjects.length} ${subjects.length === 1 ? 'thing' : 'things'}`;
  const text = `Asked about ${about}: ${result.rows === 0 ? 'nothing found' : `${result.rows} ${result.rows === 1 ? 'row' : 'rows'}`}.${result.partial === undefined ? '' : ` Cut: ${result.partial}.`}`;
  await database.transaction(async (tx) => {
    // A join or a stop waits until this is stored.
    const held = await lockedInvestigation(tx, row.id);
    if (!held || !isUnderWay(held.state)) return;
    const entry = await logEntry(
      tx,
      row.id,
      { ...place, kind: 'asked', text, rows: result.rows, seconds: seconds(), query },
      now,
    );
    if (entry === undefined) return;
    const known = await evidenceOf(tx, row.id);
    const { changed, leftOut } = merged(
      known,
      result.found,
      { entry, depth: batch.depth, tables: step.tables },
      evidenceMax - known.length,
    );
    await saveEvidence(tx, row.id, changed);
    if (leftOut > 0)
      await logOnce(tx, row.id, `It keeps ${evidenceMax} pieces of evidence at most; further ones are left out.`, now);
    await tx.execute('UPDATE investigations SET updated_at = $2 WHERE id = $1', [row.id, now]);
  });
}

/** Makes a batch of what was found suspicious and leads further. Answers whether there is something to ask. */
function widen(parts: Parts, id: string, now: Date): Promise<boolean> {
  return parts.platform.database.transaction(async (tx) => {
    await lockedInvestigation(tx, id);
    const batches = await batchesOf(tx, id);
    const open = batches.filter(({ widened }) => !widened);
    if (open.length === 0) return false;
    await tx.execute('UPDATE investigation_batches SET widened = true WHERE investigation_id = $1', [id]);
    const evidence = await evidenceOf(tx, id);
    const asked = evidence.filter(({ batch }) => batch !== null).length;
    const leads = evidence.filter((row) => row.batch === null && row.widens && isThreat(row.verdict));
    if (leads.length === 0) return false;
    const depth = Math.min(...leads.map((row) => row.depth));
    if (depth > depthMax) {
      await logOnce(
        tx,
        id,
        `It looks ${depthMax} steps away from what alerts name at most; ${leads.length} leads are left.`,
        now,
      );
      return false;
    }
    const taken = leads.filter((row) => row.depth === depth).slice(0, Math.max(0, subjectsMax - asked));
    if (taken.length < leads.length)
      await logOnce(tx, id, `It asks about ${subjectsMax} things at most; some leads are left.`, now);
    if (taken.length === 0) return false;
    const batch = await addBatch(tx, id, {
      depth,
      playbooks: [...new Set(open.flatMap(({ playbooks }) => playbooks))],
      active_from: new Date(Math.min(...open.map(({ active_from }) => active_from.getTime()))),
      active_to: new Date(Math.max(...open.map(({ active_to }) => active_to.getTime()))),
    });
    await saveEvidence(
      tx,
      id,
      taken.map((row) => ({ ...row, batch })),
    );
    const names = taken.slice(0, 5).map(({ name }) => `“${name.slice(0, 100)}”`);
    const more = taken.length > names.length ? ` and ${taken.length - names.length} others` : '';
    await logEntry(tx, id, { kind: 'widened', text: `Scope widened to ${names.join(', ')}${more}.` }, now);
    return true;
  });
}
