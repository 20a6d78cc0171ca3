import { randomUUID } from 'node:crypto';
import { historyLimits, SallyportError, type RuleSimulation } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import type { Platform } from '../../platform/types.ts';
import { delayOf } from '../due.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import {
  countAtOnce,
  countNothing,
  countWindow,
  nothing,
  plus,
  windowAt,
  windowsWithRows,
  type Cost,
  type WindowRange,
} from './count.ts';
import {
  addCounts,
  endSimulation,
  forgetSimulations,
  insertSimulation,
  loadSimulation,
  ruleOf,
  toSimulation,
  type SimulationRow,
} from './store.ts';

export interface SimulationParts {
  readonly platform: Pick<Platform, 'database' | 'lake' | 'clock' | 'jobs'>;
  readonly queries: Queries;
}

export interface SimulationRequest {
  /** The newest so many windows. */
  readonly windows?: number | undefined;
  /** Or those that end in it (`from` exclusive). */
  readonly span?: { readonly from: string; readonly to: string } | undefined;
}

const job = 'rule-simulation';
const Input = z.object({ id: z.uuid() });
const keptMs = 24 * 3_600_000;
/** Windows between two looks whether it was stopped, and between two savings. */
const windowsAtOnce = 4;

/** Rules over past windows: what they would have found, by window. Raises nothing. */
export class Simulations {
  readonly #parts: SimulationParts;

  constructor(parts: SimulationParts) {
    this.#parts = parts;
  }

  /** Before the jobs start. */
  define(): void {
    this.#parts.platform.jobs.define<{ id: string }>(job, (run) => this.#byWindow(Input.parse(run.input).id));
  }

  /**
   * Counts at once where that is exact, and answers; else queues a job. Throws BadRequest for a span without windows or with too many, and what
   * `Queries.run` throws.
   */
  async start(
    rule: AnalyticsRule,
    request: SimulationRequest,
    by: string,
    signal?: AbortSignal,
  ): Promise<RuleSimulation> {
    const { platform } = this.#parts;
    const { clock, database, jobs } = platform;
    const range = rangeOf(rule, request, clock.now());
    await forgetSimulations(database, new Date(clock.now().getTime() - keptMs));
    const counted = await countAtOnce(this.#parts, rule, range, signal);
    const id = randomUUID();
    // What a rule is quiet about, by its fields, counts don't tell: none is taken for suppressed.
    const suppression = rule.suppressionFields.length > 0 ? 0 : rule.suppression;
    await insertSimulation(database, {
      id,
      rule: { ...rule, suppression },
      state: 'running',
      method: counted ? 'atOnce' : 'byWindow',
      firstTo: range.firstTo,
      windows: range.count,
      by,
      at: clock.now(),
    });
    if (counted) await addCounts(database, id, 0, counted);
    else await jobs.start(job, `simulation:${id}`, { id });
    return toSimulation(await this.#load(id));
  }

  async get(id: string): Promise<RuleSimulation> {
    return toSimulation(await this.#load(id));
  }

  async cancel(id: string): Promise<void> {
    await this.#load(id);
    await endSimulation(this.#parts.platform.database, id, 'cancelled', null);
  }

  async #load(id: string): Promise<SimulationRow> {
    const row = await loadSimulation(this.#parts.platform.database, id);
    if (!row) throw new SallyportError('NotFound', 'there is no such simulation any more');
    return row;
  }

  /** Goes on after what is counted already. */
  async #byWindow(id: string): Promise<void> {
    const { database } = this.#parts.platform;
    const row = await loadSimulation(database, id);
    if (row?.state !== 'running') return;
    const rule = ruleOf(row);
    const range: WindowRange = { firstTo: row.first_to, count: row.windows };
    try {
      const withRows = await windowsWithRows(this.#parts, rule, range);
      const asked = withRows ?? new Set(Array.from({ length: range.count }, (_, index) => index));
      // What the others find is found once.
      let cost: Cost = nothing;
      let ofNothing = 0;
      if (asked.size < range.count) ({ rows: ofNothing, cost } = await countNothing(this.#parts, rule));
      for (let at = row.rows_found.length; at < range.count;) {
        const rows: number[] = [];
        for (let queries = 0; queries < windowsAtOnce && at + rows.length < range.count;) {
          const index = at + rows.length;
          if (!asked.has(index)) rows.push(ofNothing);
          else {
            queries++;
            const counted = await countWindow(this.#parts, rule, windowAt(rule, range, index));
            rows.push(counted.rows);
            cost = plus(cost, counted.cost);
          }
        }
        if (!(await addCounts(database, id, at, { rows, cost }))) return;
        cost = nothing;
        at += rows.length;
      }
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      await endSimulation(database, id, 'failed', error.message);
    }
  }
}

/** The windows asked for, none of which rows may still come to. */
export function rangeOf(
  rule: Pick<AnalyticsRule, 'kind' | 'queryFrequency'>,
  { windows, span }: SimulationRequest,
  now: Date,
): WindowRange {
  const step = rule.queryFrequency * 1_000;
  const newest = Math.floor((now.getTime() - delayOf(rule) * 1_000) / step) * step;
  if (!span) {
    const count = windows ?? historyLimits.defaultWindows;
    return { firstTo: new Date(newest - (count - 1) * step), count };
  }
  const first = (Math.floor(Date.parse(span.from) / step) + 1) * step;
  const last = Math.min(newest, Math.floor(Date.parse(span.to) / step) * step);
  const count = (last - first) / step + 1;
  if (count < 1) throw new SallyportError('BadRequest', 'no window of the rule ends in that time', { target: 'span' });
  if (count > historyLimits.simulatedWindows)
    throw new SallyportError(
      'BadRequest',
      `${count} windows of the rule end in that time; at most ${historyLimits.simulatedWindows} are counted at once`,
      { target: 'span' },
    );
  return { firstTo: new Date(first), count };
}
