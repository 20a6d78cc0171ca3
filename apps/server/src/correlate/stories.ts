import {
  batchesOf,
  contosoLife,
  habits,
  makeEstate,
  Rng,
  Sink,
  taleSpan,
  tellTales,
  type DemoBatch,
  type Tale,
} from '../demo/index.ts';
import type { Incidents, NewAlert } from '../incidents/index.ts';
import type { Platform } from '../platform/types.ts';
import { withDetection, type DetectionWorkspace } from '../with-detection.ts';
import { joinedBy, pairFigures, type PairFigures, type Placed } from './measure.ts';
import { noiseAlerts } from './noise.ts';
import { falseJoins, missedJoins, type FalseJoin, type MissedJoin } from './why.ts';

type Estate = ReturnType<typeof makeEstate>;

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
  /** Another one: other people, another order of the attacks. */
  readonly seed?: string;
  /** Tell what joined alerts that do not belong together, and which of a story are apart. */
  readonly why?: boolean;
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

export interface FusionFigures {
  readonly raised: number;
  /** Those that are kept: an attack is told of once. */
  readonly alerts: number;
  /** Names of those that are in no incident of the alerts that they tell of. */
  readonly apart: readonly string[];
}

export interface StoriesReport {
  readonly rows: number;
  readonly alerts: { readonly ofStories: number; readonly ofNormalLife: number; readonly ofNoise: number };
  /** Alerts that have marks of two stories: of no single one, and not counted. */
  readonly ofSeveral: number;
  readonly fusion: FusionFigures;
  readonly figures: PairFigures;
  readonly orders: readonly (PairFigures & { readonly order: string; readonly same: boolean })[];
  readonly baselines: { readonly anySharedEntity: PairFigures; readonly eachRuleAlone: PairFigures };
  readonly stories: readonly StoryFigures[];
  readonly learned: number;
  readonly why?: { readonly falseJoins: readonly FalseJoin[]; readonly missedJoins: readonly MissedJoin[] };
}

const start = Date.parse('2026-03-02T06:00:00Z');
const dayMs = 86_400_000;
type LabelledAlert = NewAlert & Placed & { readonly isNoise: boolean };

/**
 * Attacks of several stages on the demo estate, three at a time, in its normal life and among false alarms: events through the shipped rules (the false alarms alone are made as
 * alerts), then how well alerts that belong together are in one incident. The same alerts are then raised again in other orders of arrival.
 */
export async function correlateStories(options: StoriesOptions): Promise<StoriesReport> {
  const note = options.onProgress ?? (() => undefined);
  const raised = new Map<string, NewAlert>();
  const onRaise = (alerts: readonly NewAlert[]): void => {
    for (const alert of alerts) if (alert.createIncident) raised.set(alert.id, alert);
  };
  return withDetection(
    options.rules,
    async (workspace) => {
      const { platform, incidents } = workspace;
      const made = await makeRows(workspace, options);
      await runRules(workspace, made, note);
      const [tellers, found] = [
        [...raised.values()].filter(isTeller),
        [...raised.values()].filter((a) => !isTeller(a)),
      ];
      const clear = found
        .map((alert) => labelled({ ...alert, row: undefined }, made.tales))
        .filter(({ label }) => label !== several);
      const noise = noiseAlerts(made.estate, { count: options.noise, from: start, to: made.to.getTime() }).map(
        (alert) => ({ ...alert, isNoise: true, near: talesOf(alert, made.tales)[0]?.name }),
      );
      const all: LabelledAlert[] = [...clear, ...noise].toSorted(byStart);
      note(`${found.length} alerts of rules, ${tellers.length} of Fusion, ${all.length} with the false alarms`);

      const arriving = [...all, ...tellers.map((alert) => ({ ...alert, row: undefined }))];
      const placedBy = async (arrival: (alert: NewAlert) => number) => {
        const incidentOf = await raiseAnew(platform, incidents, inOrder(arriving, arrival));
        return { incidentOf, placed: all.map(({ id }) => incidentOf.get(id) ?? -1) };
      };
      const byTime = await placedBy((alert) => alert.startTime.getTime());
      const { placed } = byTime;
      const at = (index: number): number => placed[index]!;
      const figures = pairFigures(all, at);
      const why = options.why
        ? { falseJoins: falseJoins(all, at, await incidents.pairLinks(all)), missedJoins: missedJoins(all, at) }
        : undefined;
      const orders: StoriesReport['orders'][number][] = [];
      for (let n = 0; n < options.orders; n++) {
        const delayed = n % 2 === 1;
        const again = (await placedBy(arrivalOf(new Rng(`order ${n}`), delayed))).placed;
        orders.push({
          order: delayed ? 'a fifth of them up to two days late' : 'shuffled',
          same: sameGroups(placed, again),
          ...pairFigures(all, (index) => again[index]!),
        });
        note(`order ${n + 1} of ${options.orders}`);
      }
      return {
        rows: made.rows,
        learned: made.learned,
        alerts: {
          ofStories: clear.filter(({ isNoise }) => !isNoise).length,
          ofNormalLife: clear.filter(({ isNoise }) => isNoise).length,
          ofNoise: noise.length,
        },
        ofSeveral: found.length - clear.length,
        fusion: fusionFigures(tellers, byTime.incidentOf),
        figures,
        orders,
        baselines: {
          anySharedEntity: pairFigures(all, joinedBy(all.map(({ entities }) => entities.map(({ id }) => id)))),
          eachRuleAlone: pairFigures(all, (index) => all[index]!.ruleId),
        },
        stories: made.tales.map((tale) => storyFigures(tale, all, placed)),
        ...(why ? { why } : {}),
      };
    },
    { onRaise },
  );
}

interface Made {
  readonly estate: Estate;
  readonly tales: readonly Tale[];
  readonly to: Date;
  readonly rows: number;
  readonly learned: number;
}

/** Tells the attacks in normal life, and lets what many share be learned. */
async function makeRows(
  { platform, incidents, core }: DetectionWorkspace,
  { seed = 'tales', people, days, tales: only, onProgress: note = () => undefined }: StoriesOptions,
): Promise<Made> {
  const estate = makeEstate(seed, people);
  const sink = new Sink();
  const tales = tellTales(estate, start, sink, only);
  if (days === 0) habits(estate, start, sink);
  const from = new Date(start - (days || 2) * dayMs);
  const to = new Date(tales.at(-1)!.from.getTime() + taleSpan);
  let rows = 0;
  const load = async ({ stream, payload, rows: count }: DemoBatch) => {
    await core.append(stream, payload);
    rows += count;
  };
  for (const batch of batchesOf(sink.take(-Infinity, Infinity))) await load(batch);
  if (days > 0) for await (const batch of contosoLife({ seed, people, from, to })) await load(batch);
  await core.flush();
  note(`${rows} rows`);
  await platform.lake.refreshEntities();
  const learned = await incidents.learnShared({ from, to });
  note(`${learned} things that many share`);
  return { estate, tales, to, rows, learned };
}

/** Rules over the rows, then those over alerts: these see what is in the lake when they begin. */
async function runRules({ platform, detection }: DetectionWorkspace, { to }: Made, note: (text: string) => void) {
  const onProgress = ({ done, total, alerts }: { done: number; total: number; alerts: number }): void =>
    note(`${done} of ${total} windows, ${alerts} alerts`);
  const rows = await detection.sweep({ from: new Date(start), to, onProgress });
  await platform.outbox.flush();
  const now = platform.clock.now().getTime();
  const alerts = await detection.sweep({ from: new Date(now - dayMs), to: new Date(now + dayMs), onProgress });
  for (const failure of [...rows.failures, ...alerts.failures]) note(`${failure.ruleName}: ${failure.message}`);
}

const byStart = (a: NewAlert, b: NewAlert): number =>
  a.startTime.getTime() - b.startTime.getTime() || (a.id < b.id ? -1 : 1);

/** An alert that tells of others. */
const isTeller = (alert: NewAlert): boolean => alert.tellsOf !== undefined;

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

/** When alerts may come: whenever, or in time with some of them late. */
function arrivalOf(rng: Rng, delayed: boolean): (alert: NewAlert) => number {
  return (alert) =>
    delayed
      ? alert.startTime.getTime() + (rng.chance(0.2) ? rng.int(1, 48) * 3_600_000 : 0)
      : rng.int(0, 1_000_000_000);
}

/** Alerts in the order of their arrival. What tells of others comes after them. */
function inOrder(alerts: readonly NewAlert[], arrival: (alert: NewAlert) => number): NewAlert[] {
  const times = new Map(alerts.map((alert) => [alert.id, arrival(alert)]));
  const at = (alert: NewAlert): number =>
    Math.max(...[alert.id, ...(alert.tellsOf ?? [])].map((id) => times.get(id) ?? -Infinity));
  return alerts
    .map((alert) => ({ alert, at: at(alert) }))
    .toSorted((a, b) => a.at - b.at || Number(isTeller(a.alert)) - Number(isTeller(b.alert)))
    .map(({ alert }) => alert);
}

/** Raises the alerts in their order, a few at a time, into an empty queue. Answers the incident of each. */
async function raiseAnew(
  { database }: Pick<Platform, 'database'>,
  incidents: Incidents,
  order: readonly NewAlert[],
): Promise<ReadonlyMap<string, number>> {
  await database.execute('TRUNCATE incidents, alerts, alert_rates CASCADE');
  const rng = new Rng('sizes');
  for (let at = 0; at < order.length;) {
    const size = rng.int(1, 40);
    // What tells of others is asked for when these are there.
    for (const some of [order.slice(at, at + size)].flatMap((all) => [
      all.filter((alert) => !isTeller(alert)),
      all.filter(isTeller),
    ]))
      await database.transaction((tx) => incidents.raise(some, tx));
    at += size;
  }
  const rows = await database.query<{ id: string; n: number }>('SELECT id, incident_number AS n FROM alerts');
  return new Map(rows.map(({ id, n }) => [id, n]));
}

/** How many of the alerts that tell of others there are, and how many are in an incident in which nothing is that they tell of. */
function fusionFigures(tellers: readonly NewAlert[], incidentOf: ReadonlyMap<string, number>): FusionFigures {
  const stored = tellers.filter(({ id }) => incidentOf.has(id));
  const apart = stored.filter(
    ({ id, tellsOf = [] }) => !tellsOf.some((told) => incidentOf.get(told) === incidentOf.get(id)),
  );
  return { raised: tellers.length, alerts: stored.length, apart: apart.map(({ name }) => name) };
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
