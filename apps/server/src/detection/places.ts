import { SallyportError } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import { Follower } from '../platform/follow.ts';
import type { Workspace } from '../platform/workspaces/index.ts';
import { LiveRows } from './rows/live.ts';
import type { ArrivedSegment } from './rows/arrivals.ts';
import { inWorkspace, type AnalyticsRule } from './rules/index.ts';
import type { Parts } from './run/run.ts';

/** A workspace in which rules run. */
export interface RulePlace {
  /** Undefined: the first. */
  readonly workspaceId: string | undefined;
  readonly parts: Parts;
  readonly live: LiveRows;
  /** The rules there, by the ids that they run under. */
  readonly rules: () => ReadonlyMap<string, AnalyticsRule>;
}

type Rules = ReadonlyMap<string, AnalyticsRule>;

/**
 * Where rules run: each rule in each workspace, over its rows alone. In those beside the first it runs under an id of its own (see `inWorkspace`), so that queue, state, costs and alerts are kept
 * apart by nothing but the id.
 */
export class RulePlaces {
  readonly first: RulePlace;
  readonly #parts: Parts;
  readonly #rules: () => Rules;
  readonly #queriesOf: (workspace: Workspace) => Promise<Queries>;
  readonly #onOpened: (place: RulePlace) => void;
  readonly #follower: Follower;
  #others: readonly RulePlace[] = [];
  #seen: readonly Workspace[] | undefined;
  #all: { readonly of: readonly Rules[]; readonly rules: Rules } | undefined;
  #isStarted = false;

  constructor(
    parts: Parts,
    options: {
      readonly rules: () => Rules;
      readonly queriesOf: (workspace: Workspace) => Promise<Queries>;
      /** Called once for each workspace beside the first. */
      readonly onOpened: (place: RulePlace) => void;
    },
  ) {
    this.#parts = parts;
    this.#rules = options.rules;
    this.#queriesOf = options.queriesOf;
    this.#onOpened = options.onOpened;
    this.#follower = new Follower(parts.platform);
    this.first = { workspaceId: undefined, parts, live: new LiveRows(parts, options.rules), rules: options.rules };
  }

  /** The first in front. */
  all(): readonly RulePlace[] {
    return [this.first, ...this.#others];
  }

  /** Every rule wherever it runs, by the id that it runs under; the same map until something changes. */
  rules(): Rules {
    const of = this.all().map((place) => place.rules());
    const before = this.#all;
    if (before?.of.length === of.length && of.every((one, i) => one === before.of[i])) return before.rules;
    const [only] = of;
    const rules = of.length === 1 && only ? only : new Map(of.flatMap((one) => [...one]));
    this.#all = { of, rules };
    return rules;
  }

  partsOf = (rule: AnalyticsRule): Parts => this.#placeOf(rule.of?.workspaceId)?.parts ?? this.first.parts;

  /** Whether rows are looked at for the rule as they arrive, so that it needs no windows. */
  isLive = (rule: AnalyticsRule): boolean => this.#placeOf(rule.of?.workspaceId)?.live.runs(rule) ?? false;

  /** Resolves when it is sure that the segment will be looked at. Throws SallyportError NotFound for one of a workspace that is not there. */
  async arrived(segment: ArrivedSegment): Promise<void> {
    return (await this.in(segment.workspaceId)).live.arrived(segment);
  }

  /** That of a workspace; undefined: the first. Throws SallyportError NotFound. */
  async in(workspaceId: string | undefined): Promise<RulePlace> {
    if (this.#placeOf(workspaceId) === undefined) await this.catchUp();
    const place = this.#placeOf(workspaceId);
    if (place) return place;
    throw new SallyportError('NotFound', 'there is no such workspace');
  }

  /** Opens workspaces that other servers have made. */
  async catchUp(): Promise<void> {
    await this.#parts.platform.workspaces.refresh();
    await this.refresh();
  }

  /** Opens workspaces that were made since. */
  async refresh(): Promise<void> {
    const { workspaces } = this.#parts.platform;
    const all = workspaces.list();
    if (all === this.#seen) return;
    for (const workspace of all.slice(1)) {
      if (this.#placeOf(workspace.id)) continue;
      const lake = await workspaces.lake(workspace);
      const parts = {
        ...this.#parts,
        platform: { ...this.#parts.platform, lake },
        queries: await this.#queriesOf(workspace),
      };
      const rules = rulesIn(workspace.id, this.#rules);
      const place = { workspaceId: workspace.id, parts, live: new LiveRows(parts, rules, workspace.id), rules };
      this.#others = [...this.#others, place];
      this.#onOpened(place);
      if (this.#isStarted) place.live.start();
    }
    this.#seen = all;
  }

  start(): void {
    this.#isStarted = true;
    for (const { live } of this.all()) live.start();
    this.#follower.start(() => this.refresh(), 'rules could not be told of a new workspace');
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
    for (const { live } of this.all()) await live.stop();
  }

  #placeOf(workspaceId: string | undefined): RulePlace | undefined {
    return workspaceId === undefined ? this.first : this.#others.find((place) => place.workspaceId === workspaceId);
  }
}

/** The same map until the rules change. */
function rulesIn(workspaceId: string, rules: () => Rules): () => Rules {
  let made: { readonly of: Rules; readonly rules: Rules } | undefined;
  return () => {
    const now = rules();
    if (made?.of === now) return made.rules;
    const there = [...now.values()].map((rule) => inWorkspace(rule, workspaceId));
    made = { of: now, rules: new Map(there.map((rule) => [rule.id, rule])) };
    return made.rules;
  };
}
