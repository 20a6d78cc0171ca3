import type {
  accessReviewRoutes,
  cloudAccessRoutes,
  graphPrivilegedAccessRoutes,
  ownedGroupRoutes,
  privilegedAccessRoutes,
  privilegedSessionRoutes,
} from '@sallyport/contracts';
import type { Gate } from '../conditional-access/index.ts';
import type { Queries } from '../hunting/index.ts';
import type { SendMail } from '../notifications/index.ts';
import type { ErrorFace, Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createAlerts } from './alerts/index.ts';
import { createApprovals } from './approvals.ts';
import { createClouds } from './clouds/index.ts';
import { queueDigest } from './digest.ts';
import { privilegedError } from './errors.ts';
import { graphPrivilegedAccessHandlers } from './faces/graph/index.ts';
import { createFulfil } from './fulfil.ts';
import { createTell, deliverMails } from './notify.ts';
import { ownedGroupHandlers } from './owned-groups.ts';
import { createPolicies } from './policies.ts';
import { createRequests } from './requests.ts';
import { createReviews } from './reviews/index.ts';
import { accessReviewHandlers } from './reviews/routes.ts';
import { privilegedAccessHandlers } from './routes.ts';
import { privilegedSessionHandlers } from './sessions.ts';
import { createSweep, sweepMs, type Swept } from './sweep.ts';
import { nameOrId } from './targets.ts';

export type { Swept } from './sweep.ts';

export interface PrivilegedAccess extends Domain<Handlers<typeof privilegedAccessRoutes>> {
  /** For clients of Microsoft Graph. */
  readonly graph: Handlers<typeof graphPrivilegedAccessRoutes>;
  readonly reviews: Handlers<typeof accessReviewRoutes>;
  readonly clouds: Handlers<typeof cloudAccessRoutes>;
  readonly sessions: Handlers<typeof privilegedSessionRoutes>;
  readonly ownedGroups: Handlers<typeof ownedGroupRoutes>;
  readonly graphError: (graph: ErrorFace) => ErrorFace;
  /** Ends what is over, begins what is due, and lets approvals time out; `start` does so every second. */
  readonly sweep: () => Promise<Swept>;
  /** Writes into clouds what has begun, and takes away what is over, each again until the cloud has said yes. `start` does so by itself. Answers how many were tried. */
  provision(): Promise<number>;
  /** Takes access reviews on: begins, next stages, ends, applies. `start` does so by itself. Answers how many changed. */
  advanceReviews(): Promise<number>;
  /** Sends mails that are due; `start` does so by itself. Answers how many. */
  deliver(): Promise<number>;
  /** Puts the weekly digest by; a job does every Monday. */
  digest(): Promise<void>;
}

export interface PrivilegedAccessOptions {
  readonly gate: Gate;
  readonly isTargeted: (authenticationContext: string) => Promise<boolean>;
  readonly mail: () => SendMail | undefined;
  /** Of this installation: part of policies' ids. */
  readonly tenantId: string;
  /** Made later than this. */
  readonly queries: () => Queries;
  /** Look for alerts and write digests as time passes. Default true. */
  readonly scheduled?: boolean;
}

/** Mails and reviews wait for so many looks. */
const deliverEvery = 3;
const reviewsEvery = 5;
/** Rounds of calls to clouds, each of at most twenty seconds. */
const roundsAtOnce = 8;

/** Just-in-time access to roles, groups and applications: policies, requests, approvals, and their ends. */
export function createPrivilegedAccess(platform: Platform, options: PrivilegedAccessOptions): PrivilegedAccess {
  const { clock, log, jobs } = platform;
  const { gate, isTargeted, mail, tenantId } = options;
  const policies = createPolicies(platform, tenantId, nameOrId);
  const fulfil = createFulfil(platform);
  const tell = createTell(platform, policies);
  const approvals = createApprovals({ platform, fulfil, tell });
  const requests = createRequests({
    platform,
    policies,
    strength: { platform, gate, isTargeted },
    fulfil,
    tell,
    approvals: () => approvals,
  });
  const { sweep } = createSweep({ platform, approvals });
  const deliver = () => deliverMails(platform, mail());
  const reviews = createReviews({ platform, requests });
  const clouds = createClouds(platform);
  const alerts = createAlerts({ platform, policies, requests });
  const parts = { platform, policies, requests, approvals, alerts, tenantId };
  if (options.scheduled !== false) {
    jobs.schedule('privileged-access-alerts', '7-59/15 * * * *', async () => {
      await alerts.scan();
    });
    jobs.schedule('privileged-access-digest', '0 8 * * 1', (job) => job.step('queue', () => queueDigest(platform)));
  }
  const stopping = new AbortController();
  let looking: Promise<void> | undefined;
  const provisioning = new Set<Promise<void>>();
  const provision = () => clouds.provision(stopping.signal);
  /** Beside what else is looked for, and beside each other: a cloud that is slow delays nothing. */
  const provisionBeside = (): void => {
    if (provisioning.size >= roundsAtOnce) return;
    const round = provision()
      .catch((err: unknown) => log.warn({ err }, 'clouds could not be brought up to date'))
      .then(() => void provisioning.delete(round));
    provisioning.add(round);
  };

  const look = async (): Promise<void> => {
    for (let round = 0; !stopping.signal.aborted; round++) {
      await clock.sleep(sweepMs, stopping.signal);
      if (stopping.signal.aborted) return;
      await sweep().catch((err: unknown) => log.warn({ err }, 'ends of privileged access could not be looked for'));
      provisionBeside();
      if (round % reviewsEvery === 0)
        await reviews.advance().catch((err: unknown) => log.warn({ err }, 'access reviews could not be taken on'));
      if (round % deliverEvery === 0)
        await deliver().catch((err: unknown) => log.warn({ err }, 'mails of privileged access could not be sent'));
    }
  };

  return {
    handlers: privilegedAccessHandlers(parts),
    graph: graphPrivilegedAccessHandlers({ ...parts, reviews }),
    reviews: accessReviewHandlers({ platform, reviews }),
    clouds: clouds.handlers,
    ownedGroups: ownedGroupHandlers(platform),
    sessions: privilegedSessionHandlers({ platform, requests, queries: options.queries }),
    graphError: privilegedError,
    sweep,
    provision,
    advanceReviews: () => reviews.advance(),
    deliver,
    digest: () => queueDigest(platform),
    start: () => {
      looking = look();
      return Promise.resolve();
    },
    stop: async () => {
      stopping.abort();
      await looking;
      await Promise.all(provisioning);
    },
  };
}
