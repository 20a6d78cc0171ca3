import { randomUUID } from 'node:crypto';
import { loadFunctions } from '@sallyport/lake';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHunting } from '../hunting/index.ts';
import { alertRows, createIncidents } from '../incidents/index.ts';
import { manualClock } from '../platform/clock.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { advance } from './advance.ts';
import { stepQuery, valuesOf } from './ask.ts';
import { loadPlaybooks } from './content.ts';
import { join, type Parts } from './join.ts';
import { startedBy } from './starts.ts';
import { evidenceOf } from './store.ts';
import { alertOf, day, rowsOf, testsOf } from './testing.ts';
import { isThreat } from './verdict.ts';

const playbooks = await loadPlaybooks();
const shipped = [...playbooks.values()];

const clock = manualClock(new Date(day + 20 * 3_600_000));
const alertIds = new Map<string, { attack: string; benign: string }>();
let parts: Parts;
let incidents: ReturnType<typeof createIncidents>;
let stop: () => Promise<void>;

beforeAll(async () => {
  const ephemeral = await startEphemeralPlatform({ clock });
  ({ stop } = ephemeral);
  const { platform } = ephemeral;
  const { queries, queriesOf } = createHunting(platform, { functions: await loadFunctions() });
  incidents = createIncidents(platform, { queries });
  parts = { platform, queries, queriesOf, playbooks };
  const planted = new Map<string, Record<string, unknown>[]>();
  for (const id of playbooks.keys()) {
    const { attack, benign } = await testsOf(id);
    for (const [table, rows] of [attack, benign].flatMap((one) => Object.entries(rowsOf(one))))
      planted.set(table, [...(planted.get(table) ?? []), ...rows]);
    const ids = { attack: randomUUID(), benign: randomUUID() };
    alertIds.set(id, ids);
    await platform.database.transaction((tx) =>
      incidents.raise([alertOf(attack, ids.attack), alertOf(benign, ids.benign)], tx),
    );
  }
  for (const [table, rows] of planted) await platform.lake.insertRows(table, rows);
}, 600_000);
afterAll(() => stop());

const alert = async (id: string) => {
  const [row] = await alertRows(parts.platform.database, 'a.id = $1', [id]);
  if (!row) throw new Error(`no alert ${id}`);
  return row;
};

it('read the tables that they name, and no other', () => {
  const window = { from: new Date(day), to: clock.now() };
  for (const playbook of shipped)
    for (const step of playbook.steps) {
      const { reads } = parts.queries.compile(stepQuery(playbook, step), {
        now: clock.now(),
        noData: true,
        parameters: valuesOf(step, [], window),
      });
      expect([...new Set(reads.map(({ table }) => table))].toSorted(), `${playbook.id} ${step.id}`).toEqual(
        step.tables.toSorted(),
      );
    }
}, 120_000);

it('are begun by the alerts that they are for', async () => {
  const alerts = await Promise.all(
    [...alertIds.values()].flatMap(({ attack, benign }) => [alert(attack), alert(benign)]),
  );
  const started = await startedBy(parts.queries, playbooks, alerts, clock.now());
  for (const [id, { attack, benign }] of alertIds)
    for (const one of [attack, benign]) expect(started.get(one)?.map((playbook) => playbook.id)).toContain(id);
  const other = {
    ...alerts[0]!,
    id: 'other',
    name: 'Source of logs gone silent',
    tactics: [],
    entities: [{ kind: 'Host' as const }],
  };
  expect((await startedBy(parts.queries, playbooks, [other], clock.now())).get('other')).toEqual([]);
});

// The attack and its benign twin are asked about together: what speaks against one must not touch the other.
it.each(shipped.map((playbook) => [playbook.id, playbook] as const))(
  '%s: finds all of the attack and nothing else',
  async (id, playbook) => {
    const { database } = parts.platform;
    const { attack, benign } = alertIds.get(id)!;
    const joining = [await alert(attack), await alert(benign)].map((one) => ({ alert: one, playbooks: [playbook] }));
    const number = joining[0]!.alert.incident_number!;
    const investigation = await database.transaction((tx) =>
      join(tx, number, joining, { by: 'test', now: clock.now() }),
    );
    for (let i = 0; i < 100 && (await advance(parts, investigation!)).more; i++);
    expect(
      await database.query('SELECT step, text FROM investigation_log WHERE investigation_id = $1 AND kind = $2', [
        investigation,
        'failed',
      ]),
    ).toEqual([]);
    const evidence = await evidenceOf(database, investigation!);
    const shown = evidence.map(({ kind, name, verdict }) => ({ kind, name, verdict }));
    const { attack: wanted } = await testsOf(id);
    expect(shown).toEqual(expect.arrayContaining(wanted.expect));
    const isWanted = (one: (typeof shown)[number]) =>
      wanted.expect.some(({ kind, name }) => kind === one.kind && name === one.name);
    expect(shown.filter((one) => isThreat(one.verdict) && !isWanted(one))).toEqual([]);
    // Every threat says why.
    expect(evidence.filter(({ verdict, points }) => isThreat(verdict) && Object.keys(points).length === 0)).toEqual([]);
  },
  120_000,
);
