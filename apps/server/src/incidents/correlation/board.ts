import { decide, together, type Candidate, type Decision, type IncidentFacts } from './decide.ts';
import { linkKeys, nothingShared, type AlertFacts, type LinkKey, type Links, type SharedKeys } from './keys.ts';
import type { Stage } from './stages.ts';

/** A key that was active in an incident, by alerts of a stage, from `firstAt` to `lastAt` (milliseconds), with no gap longer than the key's window. */
export interface KeySpan {
  readonly key: string;
  readonly stage: number;
  readonly incident: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface Placement {
  readonly alertId: string;
  readonly incident: number;
  readonly created: boolean;
  readonly decision: Decision;
  /** What the alert names and was not joined by, and why. */
  readonly ignored: readonly string[];
}

/**
 * The part of the incidents that some alerts can touch, in memory. `place` puts alerts on it one after another; what changed is asked for at the end
 * and written in the transaction that read it.
 */
export class Board {
  readonly #incidents: Map<number, IncidentFacts>;
  readonly #spans = new Map<string, KeySpan[]>();
  readonly #keysOf = new Map<number, Set<string>>();
  readonly #loaded: ReadonlySet<KeySpan>;
  readonly #shared: (at: number) => SharedKeys;
  /** Merged incident → the one it went up in, of this board's merges. */
  readonly #redirects = new Map<number, number>();
  readonly #touched = new Set<number>();
  #next: number;

  constructor(state: {
    incidents: readonly IncidentFacts[];
    spans: readonly KeySpan[];
    nextNumber: number;
    /** What many share, as seen from a time (milliseconds). Default: nothing. */
    shared?: (at: number) => SharedKeys;
  }) {
    this.#incidents = new Map(state.incidents.map((incident) => [incident.number, incident]));
    this.#loaded = new Set(state.spans);
    for (const [key, spans] of Map.groupBy(state.spans, (span) => span.key)) this.#put(key, spans);
    this.#next = state.nextNumber;
    this.#shared = state.shared ?? (() => nothingShared);
  }

  /** Decides where the alert belongs, and puts it there. */
  place(alert: AlertFacts): Placement {
    const links = linkKeys(alert, this.#shared(alert.startAt));
    const decision = this.#decide(alert, links);
    const number = decision.target ?? this.#next++;
    const before = this.#incidents.get(number) ?? newIncident(number, alert);
    this.#incidents.set(number, {
      ...before,
      status: decision.reopen ? 'Active' : before.status,
      alertCount: before.alertCount + 1,
      entityCount: before.entityCount + alert.entities.length,
    });
    for (const source of decision.merge) this.#merge(source.number, number);
    for (const link of links.keys) this.#extend(link, links.stages, number, alert, decision);
    this.#touched.add(number);
    const { ignored } = links;
    return { alertId: alert.id, incident: number, created: decision.target === undefined, decision, ignored };
  }

  /** Brings the incidents together that an alert tells of which is not to be placed. */
  bridge(alert: AlertFacts): Placement | undefined {
    const links = linkKeys(alert, this.#shared(alert.startAt));
    const decision = this.#decide({ ...alert, storm: false }, links, []);
    if (decision.target === undefined || decision.merge.length === 0) return undefined;
    for (const source of decision.merge) this.#merge(source.number, decision.target);
    this.#touched.add(decision.target);
    return { alertId: alert.id, incident: decision.target, created: false, decision, ignored: [] };
  }

  /** Puts the alert into that incident, whatever it shares with others: for what a person decided. */
  fix(alert: AlertFacts, incident: number): void {
    const { keys, stages } = linkKeys(alert, this.#shared(alert.startAt));
    for (const link of keys) if (link.emits) this.#extend(link, stages, incident, alert);
  }

  /** Where an incident's alerts are now, after merges on this board. */
  resolve(number: number): number {
    let at = number;
    for (let next = this.#redirects.get(at); next !== undefined; next = this.#redirects.get(at)) at = next;
    return at;
  }

  get redirects(): ReadonlyMap<number, number> {
    return this.#redirects;
  }
  incident(number: number): IncidentFacts | undefined {
    return this.#incidents.get(number);
  }
  /** Incidents that took alerts and were not merged away. */
  get touched(): readonly number[] {
    return [...this.#touched].filter((number) => !this.#redirects.has(number));
  }
  /** Loaded spans that are no more, and new ones. */
  get changes(): { removed: KeySpan[]; added: KeySpan[] } {
    const now = new Set([...this.#spans.values()].flat());
    return {
      removed: [...this.#loaded].filter((span) => !now.has(span)),
      added: [...now].filter((span) => !this.#loaded.has(span)),
    };
  }

  #put(key: string, spans: KeySpan[]): void {
    this.#spans.set(key, spans);
    for (const { incident } of spans) {
      const keys = this.#keysOf.get(incident);
      if (keys) keys.add(key);
      else this.#keysOf.set(incident, new Set([key]));
    }
  }

  #decide(alert: AlertFacts, links: Links, keys = links.keys): Decision {
    if (!alert.storm) return decide(this.#candidates(alert, links, keys));
    const [storm, others] = [
      links.keys.filter(({ kind }) => kind === 'storm'),
      links.keys.filter(({ kind }) => kind !== 'storm'),
    ];
    const joined = decide(this.#candidates(alert, links, others), { bridges: false });
    return joined.target === undefined ? decide(this.#candidates(alert, links, storm), { bridges: false }) : joined;
  }

  #candidates(alert: AlertFacts, links: Links, keys: readonly LinkKey[]): Candidate[] {
    const found = new Map<number, { shared: Set<string>; reopens: boolean }>();
    // Of what many share a rule may well tell that it is one attack.
    for (const number of (alert.told ?? []).slice(0, links.isOfMany ? 1 : undefined))
      found.set(this.resolve(number), { shared: new Set(['the alerts it tells of']), reopens: false });
    for (const link of keys)
      for (const span of link.probes ? (this.#spans.get(link.key) ?? []) : []) {
        if (!isNear(span, alert, link.windowSeconds) && !isInSequence(span, alert, links.stages, link.sequenceSeconds))
          continue;
        const entry = found.get(span.incident) ?? { shared: new Set(), reopens: false };
        entry.shared.add(link.label);
        entry.reopens ||= link.kind === 'rule' && alert.grouping?.reopenClosedIncident === true;
        found.set(span.incident, entry);
      }
    return [...found].flatMap(([number, { shared, reopens }]) => {
      const incident = this.#incidents.get(number);
      return incident ? [{ incident, shared: [...shared], reopens }] : [];
    });
  }

  #merge(source: number, target: number): void {
    const from = this.#incidents.get(source);
    const to = this.#incidents.get(target);
    if (!from || !to) return;
    this.#incidents.set(target, together(to, from));
    this.#incidents.set(source, { ...from, status: 'Closed', alertCount: 0, entityCount: 0 });
    this.#redirects.set(source, target);
    for (const key of this.#keysOf.get(source) ?? [])
      this.#put(
        key,
        (this.#spans.get(key) ?? []).map((span) => (span.incident === source ? { ...span, incident: target } : span)),
      );
    this.#keysOf.delete(source);
  }

  /** Adds the alert's time to its incident's spans of the key, and makes one of those that now touch. */
  #extend(link: LinkKey, own: readonly Stage[], incident: number, alert: AlertFacts, decision?: Decision): void {
    // An alert of a storm that found a place needs no other.
    if (link.kind === 'storm' && decision?.target !== undefined && !decision.shared.includes(link.label)) return;
    for (const stage of link.kind === 'entity' ? own : ([0] as const)) {
      const spans = this.#spans.get(link.key) ?? [];
      const touching = spans.filter(
        (span) => span.incident === incident && span.stage === stage && isNear(span, alert, link.windowSeconds),
      );
      // What a storm's alert joined goes on with it.
      if (!link.emits && !(alert.storm && touching.length > 0)) continue;
      const firstAt = Math.min(alert.startAt, ...touching.map((span) => span.firstAt));
      const lastAt = Math.max(alert.endAt, ...touching.map((span) => span.lastAt));
      const [only] = touching;
      if (touching.length === 1 && only?.firstAt === firstAt && only.lastAt === lastAt) continue;
      const longer: KeySpan = { key: link.key, stage, incident, firstAt, lastAt };
      this.#put(link.key, [...spans.filter((span) => !touching.includes(span)), longer]);
    }
  }
}

const isNear = (span: KeySpan, alert: AlertFacts, windowSeconds: number): boolean =>
  span.firstAt - windowSeconds * 1_000 <= alert.endAt && span.lastAt + windowSeconds * 1_000 >= alert.startAt;

/** Whether the span is of an earlier stage and begins no later, or of a later stage and ends no earlier, within reach. */
function isInSequence(span: KeySpan, alert: AlertFacts, stages: readonly Stage[], reachSeconds: number): boolean {
  if (span.stage === 0 || stages[0] === 0) return false;
  const reach = reachSeconds * 1_000;
  const isBefore = span.firstAt <= alert.endAt && span.lastAt >= alert.startAt - reach;
  const isAfter = span.lastAt >= alert.startAt && span.firstAt <= alert.endAt + reach;
  return (isBefore && stages.some((own) => own > span.stage)) || (isAfter && stages.some((own) => own < span.stage));
}

const newIncident = (number: number, { workspaceId }: AlertFacts): IncidentFacts => ({
  number,
  workspaceId: workspaceId ?? null,
  status: 'New',
  owner: null,
  classification: null,
  determination: null,
  alertCount: 0,
  entityCount: 0,
  apartFrom: [],
});
