import type { Entity, Severity } from '@sallyport/contracts';
import {
  batchesOf,
  contosoLife,
  habits,
  makeEstate,
  Rng,
  Sink,
  taleSpan,
  tellTales,
  type Tale,
} from '../demo/index.ts';
import { resolveEntities, type Incidents, type NewAlert } from '../incidents/index.ts';
import type { Platform } from '../platform/types.ts';
import { withDetection } from '../with-detection.ts';
import { joinedBy, pairFigures, type PairFigures, type Placed } from './measure.ts';
import { noiseAlerts } from './noise.ts';

export interface StoriesOptions {
  /** People of the estate, at least 60. */
  readonly people: number;
  /** How many of the attacks. Default all. */
  readonly tales?: number;
  /** False alarms among their alerts. */
  readonly noise: number;
  /** Days of normal life before the first attack; it goes on during them. 0: none but what everybody shares. */
  readonly days: number;
  /** Rule files and folders; default: those that ship. */
  readonly rules?: readonly string[];
  /** Orders of arrival that are tried, beside that of time. */
  readonly orders: number;
  readonly seed?: string;
  readonly onProgress?: (text: string) => void;
}

export interface StoryFigures {
  readonly story: string;
  readonly alerts: number;
  readonly rules: number;
  readonly incidents: number;
  /** Share of its alerts in the incident that has most of them. */
  readonly together: number;
}

export interface StoriesReport {
  readonly rows: number;
  readonly alerts: { readonly ofStories: number; readonly ofNormalLife: number; readonly ofNoise: number };
  /** Alerts that have marks of two stories: of no single one, and not counted. */
  readonly ofSeveral: number;
  readonly figures: PairFigures;
  readonly orders: readonly (PairFigures & { readonly order: string; readonly same: boolean })[];
  readonly baselines: { readonly anySharedEntity: PairFigures; readonly eachRuleAlone: PairFigures };
  readonly stories: readonly StoryFigures[];
  readonly learned: number;
}

const start = Date.parse('2026-03-02T06:00:00Z');
const dayMs = 86_400_000;
type LabelledAlert = NewAlert & Placed & { readonly isNoise: boolean };

/**
 * Attacks of several stages on the demo estate, three at a time, in its normal life and among false alarms: events through the shipped rules (the false alarms alone are made as
 * alerts), then how well alerts that belong together are in one incident. The same alerts are then raised again in other orders of arrival.
 */
export async function correlateStories(options: StoriesOptions): Promise<StoriesReport> {
  const seed = options.seed ?? 'tales';
  const note = options.onProgress ?? (() => undefined);
  return withDetection(options.rules, async ({ platform, incidents, detection, core }) => {
    const estate = makeEstate(seed, options.people);
    const sink = new Sink();
    const tales = tellTales(estate, start, sink, options.tales);
    if (options.days === 0) habits(estate, start, sink);
    const from = new Date(start - (options.days || 2) * dayMs);
    const to = new Date(tales.at(-1)!.from.getTime() + taleSpan);
    let rows = 0;
    const load = async (stream: string, payload: Buffer, count: number) => {
      await core.append(stream, payload);
      rows += count;
    };
    for (const batch of batchesOf(sink.take(-Infinity, Infinity))) await load(batch.stream, batch.payload, batch.rows);
    if (options.days > 0)
      for await (const batch of contosoLife({ seed, people: options.people, from, to }))
        await load(batch.stream, batch.payload, batch.rows);
    await core.flush();
    note(`${rows} rows`);
    await platform.lake.refreshEntities();
    const learned = await incidents.learnShared({ from, to });
    note(`${learned} things that many share`);
    const swept = await detection.sweep({
      from: new Date(start),
      to,
      onProgress: ({ done, total, alerts }) => note(`${done} of ${total} windows, ${alerts} alerts`),
    });
    for (const failure of swept.failures) note(`${failure.ruleName}: ${failure.message}`);
    const found = (await storedAlerts(platform)).map((alert) => labelled(alert, tales));
    const clear = found.filter(({ label }) => label !== several);
    const noise = noiseAlerts(estate, { count: options.noise, from: start, to: to.getTime() });
    const all: LabelledAlert[] = [
      ...clear,
      ...noise.map((alert) => ({ ...alert, isNoise: true, near: talesOf(alert, tales)[0]?.name })),
    ].toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime() || (a.id < b.id ? -1 : 1));
    note(`${found.length} alerts of rules, ${all.length} with the false alarms`);

    const byTime = await raiseAnew(platform, incidents, all, all);
    const figures = pairFigures(all, (index) => byTime[index]!);
    const orders: StoriesReport['orders'][number][] = [];
    for (let n = 0; n < options.orders; n++) {
      const delayed = n % 2 === 1;
      const placed = await raiseAnew(platform, incidents, all, arrival(all, new Rng(`order ${n}`), delayed));
      orders.push({
        order: delayed ? 'a fifth of them up to two days late' : 'shuffled',
        same: sameGroups(byTime, placed),
        ...pairFigures(all, (index) => placed[index]!),
      });
      note(`order ${n + 1} of ${options.orders}`);
    }
    return {
      rows,
      learned,
      alerts: {
        ofStories: clear.filter(({ label }) => tales.some(({ name }) => name === label)).length,
        ofNormalLife: clear.filter(({ label }) => !tales.some(({ name }) => name === label)).length,
        ofNoise: noise.length,
      },
      ofSeveral: found.length - clear.length,
      figures,
      orders,
      baselines: {
        anySharedEntity: pairFigures(all, joinedBy(all.map(({ entities }) => entities.map(({ id }) => id)))),
        eachRuleAlone: pairFigures(all, (index) => all[index]!.ruleId),
      },
      stories: tales.map((tale) => storyFigures(tale, all, byTime)),
    };
  });
}

const several = 'of several stories';

/** The stories whose marks an alert has. */
function talesOf(alert: NewAlert, tales: readonly Tale[]): readonly Tale[] {
  const texts = [
    ...alert.entities.flatMap(({ identifiers, name }) => [name, ...Object.values(identifiers)]),
    ...Object.values(alert.customDetails).flat(),
  ].map((text) => text.toLowerCase());
  const words = new Set(texts.flatMap((text) => [text, ...text.split(/[^a-z0-9.\-_@]+/)]));
  return tales.filter(({ marks }) => [...marks].some((mark) => words.has(mark)));
}

/** An alert is of the story whose marks it has; others are of normal life, by what they are about. */
function labelled(alert: NewAlert, tales: readonly Tale[]): LabelledAlert {
  const of = talesOf(alert, tales);
  if (of.length === 1) return { ...alert, label: of[0]!.name, isNoise: false };
  if (of.length > 1) return { ...alert, label: several, isNoise: true };
  const subject = `life ${alert.entities.find(({ kind }) => kind === 'Account' || kind === 'Host')?.name ?? alert.id}`;
  return { ...alert, label: `life ${alert.id}`, subject, isNoise: true };
}

async function storedAlerts({ database }: Pick<Platform, 'database'>): Promise<NewAlert[]> {
  const rows = await database.query<{
    id: string;
    rule_id: string;
    name: string;
    severity: Severity;
    tactics: string[];
    techniques: string[];
    start_time: Date;
    end_time: Date;
    custom_details: Record<string, string[]>;
    entities: Entity[];
  }>(
    `SELECT a.*, coalesce((SELECT jsonb_agg(to_jsonb(e) ORDER BY l.position) FROM alert_entities l JOIN entities e ON e.id = l.entity_id WHERE l.alert_id = a.id), '[]') AS entities
     FROM alerts a WHERE a.incident_number IS NOT NULL ORDER BY a.start_time, a.id`,
  );
  return rows.map((row) => ({
    id: row.id,
    ruleId: row.rule_id,
    name: row.name,
    description: '',
    severity: row.severity,
    tactics: row.tactics,
    techniques: row.techniques,
    startTime: row.start_time,
    endTime: row.end_time,
    entities: resolveEntities(row.entities),
    customDetails: row.custom_details,
    query: '',
    queryFrom: row.start_time,
    queryTo: row.end_time,
    createIncident: true,
    grouping: undefined,
    row: undefined,
  }));
}

/** Alerts as they may come: shuffled whole, or in time with some of them late. */
function arrival(all: readonly LabelledAlert[], rng: Rng, delayed: boolean): readonly LabelledAlert[] {
  return all
    .map((alert) => ({
      alert,
      at: delayed
        ? alert.startTime.getTime() + (rng.chance(0.2) ? rng.int(1, 48) * 3_600_000 : 0)
        : rng.int(0, 1_000_000_000),
    }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ alert }) => alert);
}

/** Raises the alerts in an order, a few at a time, into an empty queue. Answers the incident of each of `all`. */
async function raiseAnew(
  { database }: Pick<Platform, 'database'>,
  incidents: Incidents,
  all: readonly LabelledAlert[],
  order: readonly LabelledAlert[],
): Promise<number[]> {
  await database.execute('TRUNCATE incidents, alerts, alert_rates CASCADE');
  const rng = new Rng('sizes');
  for (let at = 0; at < order.length;) {
    const size = rng.int(1, 40);
    const some = order.slice(at, at + size);
    await database.transaction((tx) => incidents.raise(some, tx));
    at += size;
  }
  const rows = await database.query<{ id: string; n: number }>('SELECT id, incident_number AS n FROM alerts');
  const byId = new Map(rows.map(({ id, n }) => [id, n]));
  return all.map(({ id }) => byId.get(id) ?? -1);
}

function sameGroups(a: readonly number[], b: readonly number[]): boolean {
  const pairs = new Map<number, number>();
  const back = new Map<number, number>();
  return a.every((group, index) => {
    const other = b[index]!;
    if (!pairs.has(group) && !back.has(other)) {
      pairs.set(group, other);
      back.set(other, group);
    }
    return pairs.get(group) === other && back.get(other) === group;
  });
}

function storyFigures(tale: Tale, all: readonly LabelledAlert[], placed: readonly number[]): StoryFigures {
  const own = all.flatMap((alert, index) => (alert.label === tale.name ? [{ alert, incident: placed[index]! }] : []));
  const groups = [...Map.groupBy(own, ({ incident }) => incident).values()].map(({ length }) => length);
  return {
    story: tale.name,
    alerts: own.length,
    rules: new Set(own.map(({ alert }) => alert.ruleId)).size,
    incidents: groups.length,
    together: own.length === 0 ? 0 : Math.max(...groups) / own.length,
  };
}
