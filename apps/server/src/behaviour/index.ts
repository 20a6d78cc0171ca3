import type { anomalyRoutes } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { loadBehaviour, type BehaviourContent } from './content.ts';
import { anomalyHandlers } from './routes.ts';
import type { Parts } from './run.ts';
import { loadSettings } from './rules.ts';
import { catchUp, learnAgain, scheduleBehaviour } from './schedule.ts';

export interface AnomalyKind {
  readonly id: string;
  readonly name: string;
  readonly techniques: readonly string[];
  /** Of what happened; not those that it is learned in. */
  readonly tables: readonly string[];
  readonly enabled: boolean;
}

export interface Behaviour extends Domain<Handlers<typeof anomalyRoutes>> {
  readonly content: BehaviourContent;
  /** The kinds of anomalies: what they are of, and whether they are looked for. */
  kinds(): Promise<readonly AnomalyKind[]>;
  /** Learns and judges what is due now, some days at a time at most. Answers how many windows that was; 0: nothing is due. */
  catchUp(): Promise<{ readonly windows: number; readonly anomalies: number }>;
  /** Has the last days learned again by the next runs, and the last `judgedDays` of them (default all) judged: after logs of past time were loaded. */
  learnAgain(days: number, judgedDays?: number): Promise<Date>;
}

export interface BehaviourOptions {
  readonly queries: Queries;
  /** Told of rows that were stored. */
  readonly onStored?: Parts['onStored'];
  /** Learn and judge as time passes. Default true. */
  readonly scheduled?: boolean;
}

/** Learns what is normal and tells what is not: BehaviorAnalytics, IdentityInfo, UserPeerAnalytics, Anomalies. Everything concluded is KQL of `content/behaviour`. */
export async function createBehaviour(platform: Platform, options: BehaviourOptions): Promise<Behaviour> {
  const content = await loadBehaviour();
  const parts: Parts = {
    platform,
    queries: options.queries,
    content,
    onStored: options.onStored ?? (() => Promise.resolve()),
  };
  if (options.scheduled !== false) scheduleBehaviour(parts);
  return {
    content,
    kinds: async () => {
      const settings = await loadSettings(platform.database, content);
      return [...content.anomalies.values()].map(({ id, name, techniques, tables }) => ({
        id,
        name,
        techniques,
        tables,
        enabled: settings.get(id)?.production.enabled ?? false,
      }));
    },
    handlers: anomalyHandlers(parts),
    catchUp: () => catchUp(parts),
    learnAgain: (days, judgedDays) => learnAgain(parts, days, judgedDays),
  };
}
