import type { investigationRoutes } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import type { WorkListener } from '../incidents/index.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import type { Workspace } from '../platform/workspaces/index.ts';
import { expireActions } from './actions.ts';
import { advance } from './advance.ts';
import { loadPlaybooks } from './content.ts';
import { noteGrown, takeGrown, type Parts } from './join.ts';
import { investigationHandlers } from './routes.ts';
import { logEntry } from './store.ts';

const pollMs = 2_000;
const expireEveryMs = 60_000;
const runsAtOnce = 50;
/** Things that one run does at most: far beyond its bounds of queries and batches. */
const advancesMax = 1_000;

export interface Investigations extends Domain<Handlers<typeof investigationRoutes>> {
  /** Told what happens to incidents: those that got alerts are looked at. */
  readonly told: WorkListener;
  /** Looks at incidents that got alerts, now; `start` does it by itself. Answers how many alerts were judged. */
  take(): Promise<number>;
  /** Does all that an investigation has to do, here and now; jobs do it by themselves. */
  run(id: string): Promise<void>;
  /** Rejects actions that waited for seven days. */
  expire(): Promise<number>;
}

/** Automated investigation: alerts begin it, playbooks ask, evidence gets verdicts, actions are proposed. See docs/investigations.md. */
export async function createInvestigations(
  platform: Platform,
  options: {
    /** Over the first workspace. */
    readonly queries: Queries;
    /** Over any. */
    readonly queriesOf: (workspace: Workspace) => Promise<Queries>;
  },
): Promise<Investigations> {
  const { clock, database, jobs, log } = platform;
  const parts: Parts = { platform, ...options, playbooks: await loadPlaybooks() };
  jobs.define<{ id: string }>('investigation', async ({ input: { id }, step }) => {
    try {
      for (let i = 0; i < advancesMax; i++) if (!(await step('advance', () => advance(parts, id))).more) return;
    } catch (err) {
      await step('fail', () => fail(id));
      throw err;
    }
  });
  const fail = async (id: string): Promise<void> => {
    const reason = 'It could not go on: the lake or the database did not answer. It can be started again.';
    const changed = await database.execute(
      `UPDATE investigations SET state = 'failed', state_reason = $2, updated_at = $3, ended_at = $3 WHERE id = $1 AND state IN ('queued', 'running')`,
      [id, reason, clock.now()],
    );
    if (changed > 0) await logEntry(database, id, { kind: 'ended', text: reason }, clock.now());
  };

  /** Each run of an investigation is a job of its own: asking for one again does nothing. */
  const startRuns = async (): Promise<void> => {
    const waiting = await database.query<{ id: string; run: number }>(
      `SELECT id, run FROM investigations WHERE state = 'queued' ORDER BY started_at LIMIT $1`,
      [runsAtOnce],
    );
    for (const { id, run } of waiting) await jobs.start('investigation', `investigation-${id}-${run}`, { id });
  };

  let stopping = new AbortController();
  let loop: Promise<void> | undefined;
  const follow = async (signal: AbortSignal): Promise<void> => {
    let expireAt = 0;
    while (!signal.aborted) {
      // Jobs begin to run after the domains have started.
      await clock.sleep(pollMs, signal);
      if (signal.aborted) return;
      try {
        await takeGrown(parts);
        await startRuns();
        if (clock.now().getTime() >= expireAt) {
          await expireActions(parts);
          expireAt = clock.now().getTime() + expireEveryMs;
        }
      } catch (err) {
        if (!signal.aborted) log.warn({ err }, 'investigations could not be begun');
      }
    }
  };

  return {
    handlers: investigationHandlers(parts),
    told: noteGrown,
    take: () => takeGrown(parts),
    run: async (id) => {
      for (let i = 0; i < advancesMax; i++) if (!(await advance(parts, id)).more) return;
    },
    expire: () => expireActions(parts),
    start: () => {
      stopping = new AbortController();
      loop = follow(stopping.signal);
      return Promise.resolve();
    },
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}
