import { randomUUID } from 'node:crypto';
import { exceptionLimits, SallyportError } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import { Follower } from '../../platform/follow.ts';
import type { Platform } from '../../platform/types.ts';
import { idOf, type AnalyticsRule } from '../rules/index.ts';
import { conditionFault, marked, type Marker, type MarkedRule } from './condition.ts';
import {
  exceptionStore,
  type ExceptionChange,
  type ExceptionRow,
  type ExceptionStore,
  type NewException,
} from './store.ts';

export interface ExceptionParts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'log' | 'lake' | 'audit'>;
  readonly queries: Queries;
  readonly rules: () => ReadonlyMap<string, AnalyticsRule>;
}

interface Applied extends MarkedRule {
  readonly revision: number;
  readonly catalogue: string;
  /** Until when it may be used, ms since 1970: then one of its exceptions ends. */
  readonly until: number;
}

/** Conditions over what rules find, in the place of changes to the rules' texts. */
export class Exceptions {
  readonly store: ExceptionStore;
  readonly #parts: ExceptionParts;
  readonly #follower: Follower;
  #revision = -1;
  #rows: readonly ExceptionRow[] = [];
  #applied = new WeakMap<AnalyticsRule, Applied>();

  constructor(parts: ExceptionParts) {
    this.#parts = parts;
    this.store = exceptionStore(parts.platform.database);
    this.#follower = new Follower(parts.platform);
  }

  async refresh(): Promise<void> {
    const revision = await this.store.revision();
    if (revision === this.#revision) return;
    this.#rows = await this.store.all(exceptionLimits.exceptions);
    this.#revision = revision;
  }
  follow(): void {
    this.#follower.start(() => this.refresh(), 'could not look for exceptions that changed');
  }
  async stop(): Promise<void> {
    await this.#follower.stop();
  }

  /** The rule as it is run: with a query that marks rows under an exception. The rule itself where none applies. The same object until something changes. */
  apply = (rule: AnalyticsRule): AnalyticsRule => (this.#rows.length === 0 ? rule : this.applied(rule).rule);

  /** The same, with the exceptions that are meant for the rule and can't be asked of it. */
  applied(rule: AnalyticsRule): MarkedRule {
    const { clock, lake } = this.#parts.platform;
    const now = clock.now();
    const before = this.#applied.get(rule);
    const catalogue = lake.catalogue.version;
    const same = before?.revision === this.#revision && before.catalogue === catalogue;
    if (same && now.getTime() < before.until) return before;
    const active = this.forRule(rule).filter((row) => isActive(row, now));
    const made: MarkedRule = active.length === 0 ? { rule, faults: new Map() } : this.mark(rule, active);
    const until = active.reduce((first, row) => Math.min(first, row.expires_at?.getTime() ?? Infinity), Infinity);
    // What is said the same way stays the same object, so that plans made of it stay.
    const kept = before && before.rule.query === made.rule.query ? { ...made, rule: before.rule } : made;
    const applied = { ...kept, revision: this.#revision, catalogue, until };
    this.#applied.set(rule, applied);
    return applied;
  }

  mark(rule: AnalyticsRule, markers: readonly Marker[]): MarkedRule {
    const { platform, queries } = this.#parts;
    const columnsOf = (name: string) => platform.lake.catalogue.get(name)?.columns;
    return marked(queries, rule, markers, { now: platform.clock.now(), columnsOf });
  }

  /** Whether a scope takes a rule in. */
  covers({ scope, target }: Pick<ExceptionRow, 'scope' | 'target'>, rule: AnalyticsRule): boolean {
    if (scope === 'rule') return idOf(rule) === target;
    return (
      scope === 'global' || this.#parts.queries.kql.namedTables(rule.plainQuery ?? rule.query).includes(target ?? '')
    );
  }
  forRule(rule: AnalyticsRule): ExceptionRow[] {
    return this.#rows.filter((row) => this.covers(row, rule));
  }

  /** Throws BadRequest at a condition that is none, or that its rule can't be asked. */
  check(exception: Pick<ExceptionRow, 'scope' | 'target' | 'condition'>): void {
    const { scope, target, condition } = exception;
    const wrong = (message: string, at: string): never => {
      throw new SallyportError('BadRequest', message, { target: at });
    };
    if ((scope === 'global') !== (target === null))
      wrong('a rule or a table is named, and neither for all rules', 'body.target');
    const fault = conditionFault(condition);
    if (fault !== undefined) wrong(fault, 'body.condition');
    if (scope === 'table' && this.#parts.platform.lake.catalogue.get(target ?? '') === undefined)
      wrong(`there is no table \`${target ?? ''}\``, 'body.target');
    if (scope !== 'rule') return;
    const rule = this.#parts.rules().get(target ?? '');
    if (!rule) return wrong(`there is no rule ${target ?? ''}`, 'body.target');
    const found = this.mark(rule, [{ id: 'check', condition }]).faults.get('check');
    if (found !== undefined) wrong(found, 'body.condition');
  }

  async create(exception: Omit<NewException, 'id' | 'at'>): Promise<ExceptionRow> {
    this.check({ ...exception });
    if (this.#rows.length >= exceptionLimits.exceptions)
      throw new SallyportError('Conflict', `there are ${exceptionLimits.exceptions} exceptions already`);
    const at = this.#parts.platform.clock.now();
    if (exception.expiresAt && exception.expiresAt <= at)
      throw new SallyportError('BadRequest', 'it would have ended already', { target: 'body.expiresAt' });
    const row = await this.store.create({ ...exception, id: randomUUID(), at });
    await this.refresh();
    return row;
  }

  async change(id: string, change: ExceptionChange, by: string): Promise<ExceptionRow> {
    const before = (await this.store.get(id)) ?? noException(id);
    if (change.condition !== undefined) this.check({ ...before, condition: change.condition });
    const row = (await this.store.change(id, change, by, this.#parts.platform.clock.now())) ?? noException(id);
    await this.refresh();
    return row;
  }

  async remove(id: string): Promise<ExceptionRow> {
    const row = (await this.store.get(id)) ?? noException(id);
    await this.store.remove(id);
    await this.refresh();
    return row;
  }

  /** Notes and audits exceptions that have come to their end, and forgets old hits. They applied no more from that moment on. */
  async expire(): Promise<void> {
    const { clock, audit, log } = this.#parts.platform;
    const now = clock.now();
    for (const { id, name, condition, owner } of await this.store.expire(now)) {
      await audit.record({
        actor: 'system',
        operation: 'ExpireException',
        target: `exception ${id}`,
        result: 'success',
        ipAddress: '',
        details: { name, condition, owner },
      });
      log.info({ exception: id, name }, 'an exception has come to its end');
    }
    await this.store.forgetHits(now);
    await this.refresh();
  }
}

export const isActive = ({ enabled, expires_at }: ExceptionRow, now: Date): boolean =>
  enabled && (expires_at === null || expires_at > now);

const noException = (id: string): never => {
  throw new SallyportError('NotFound', `there is no exception ${id}`);
};

/** Looks each minute, once among all servers. */
export function scheduleExpiry(jobs: Platform['jobs'], exceptions: Exceptions): void {
  jobs.schedule('exceptions-expiry', '* * * * *', () => exceptions.expire());
}
