import type { anomalyRoutes } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { loadBehaviour, type BehaviourContent } from './content.ts';
import { anomalyHandlers } from './routes.ts';
import type { Parts } from './run.ts';
import { catchUp, learnAgain, scheduleBehaviour } from './schedule.ts';

export interface Behaviour extends Domain<Handlers<typeof anomalyRoutes>> {
  readonly content: BehaviourContent;
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
    handlers: anomalyHandlers(parts),
    catchUp: () => catchUp(parts),
    learnAgain: (days, judgedDays) => learnAgain(parts, days, judgedDays),
  };
}
