import { decide, type Candidate, type Decision, type IncidentFacts } from './decide.ts';
import { linkKeys, type AlertFacts, type LinkKey } from './keys.ts';

/** A key that was active in an incident from `firstAt` to `lastAt` (milliseconds), with no gap longer than the key's window. */
export interface KeySpan {
  readonly key: string;
  readonly incident: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface Placement {
  readonly alertId: string;
  readonly incident: number;
  readonly created: boolean;
  readonly decision: Decision;
}

/**
 * The part of the incidents that some alerts can touch, in memory. `place` puts alerts on it one after another; what changed is asked for at the end
 * and written in the transaction that read it.
 */
export class Board {
  readonly #incidents: Map<number, IncidentFacts>;
  readonly #spans = new Map<string, KeySpan[]>();
  readonly #loaded: ReadonlySet<KeySpan>;
  /** Merged incident → the one it went up in, of this board's merges. */
  readonly #redirects = new Map<number, number>();
  readonly #touched = new Set<number>();
  #next: number;

  constructor(state: { incidents: readonly IncidentFacts[]; spans: readonly KeySpan[]; nextNumber: number }) {
    this.#incidents = new Map(state.incidents.map((incident) => [incident.number, incident]));
    this.#loaded = new Set(state.spans);
    for (const span of state.spans) this.#spansOf(span.key).push(span);
    this.#next = state.nextNumber;
  }

  /** Decides where the alert belongs, and puts it there. */
  place(alert: AlertFacts): Placement {
    const keys = linkKeys(alert);
    const decision = decide(this.#candidates(alert, keys));
    const number = decision.target ?? this.#next++;
    const before = this.#incidents.get(number) ?? newIncident(number);
    this.#incidents.set(number, {
      ...before,
      status: decision.reopen ? 'Active' : before.status,
      alertCount: before.alertCount + 1,
    });
    for (const source of decision.merge) this.#merge(source.number, number);
    for (const key of keys) this.#extend(key, number, alert);
    this.#touched.add(number);
    return { alertId: alert.id, incident: number, created: decision.target === undefined, decision };
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

  #spansOf(key: string): KeySpan[] {
    const spans = this.#spans.get(key) ?? [];
    this.#spans.set(key, spans);
    return spans;
  }

  #candidates(alert: AlertFacts, keys: readonly LinkKey[]): Candidate[] {
    const found = new Map<number, { shared: Set<string>; reopens: boolean }>();
    for (const { key, windowSeconds, kind, label } of keys)
      for (const span of this.#spans.get(key) ?? []) {
        if (!near(span, alert, windowSeconds)) continue;
        const entry = found.get(span.incident) ?? { shared: new Set(), reopens: false };
        entry.shared.add(label);
        entry.reopens ||= kind === 'rule' && alert.grouping?.reopenClosedIncident === true;
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
    this.#incidents.set(target, {
      ...to,
      owner: to.owner ?? from.owner,
      classification: to.classification ?? from.classification,
      alertCount: to.alertCount + from.alertCount,
    });
    this.#incidents.set(source, { ...from, status: 'Closed', alertCount: 0 });
    this.#redirects.set(source, target);
    for (const [key, spans] of this.#spans)
      if (spans.some((span) => span.incident === source))
        this.#spans.set(
          key,
          spans.map((span) => (span.incident === source ? { ...span, incident: target } : span)),
        );
  }

  /** Adds the alert's time to its incident's spans of the key, and makes one of those that now touch. */
  #extend({ key, windowSeconds }: LinkKey, incident: number, alert: AlertFacts): void {
    const spans = this.#spansOf(key);
    const touching = spans.filter((span) => span.incident === incident && near(span, alert, windowSeconds));
    const merged: KeySpan = {
      key,
      incident,
      firstAt: Math.min(alert.startAt, ...touching.map((span) => span.firstAt)),
      lastAt: Math.max(alert.endAt, ...touching.map((span) => span.lastAt)),
    };
    const [only] = touching;
    if (touching.length === 1 && only?.firstAt === merged.firstAt && only.lastAt === merged.lastAt) return;
    this.#spans.set(key, [...spans.filter((span) => !touching.includes(span)), merged]);
  }
}

const near = (span: KeySpan, alert: AlertFacts, windowSeconds: number): boolean =>
  span.firstAt - windowSeconds * 1_000 <= alert.endAt && span.lastAt + windowSeconds * 1_000 >= alert.startAt;

const newIncident = (number: number): IncidentFacts => ({
  number,
  status: 'New',
  owner: null,
  classification: null,
  alertCount: 0,
});
