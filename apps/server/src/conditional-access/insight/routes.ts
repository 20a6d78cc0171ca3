import { randomUUID } from 'node:crypto';
import type { AccessEffect, conditionalAccessRoutes, SignInMethod } from '@sallyport/contracts';
import { checkPolicy, compilePolicies, type PolicySet } from '@sallyport/policy';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { sallyportApplication } from '../applications.ts';
import { missingFrom, refusal } from '../checks.ts';
import type { Decider } from '../decider.ts';
import type { Facts, SignInAttempt } from '../facts.ts';
import { createGate } from '../gate.ts';
import { draftAlone, effectOf, withDraft, type Measuring } from './effect.ts';
import { gapsOf } from './gaps.ts';
import type { PastParts } from './past-sign-ins.ts';

/** A measurement of what is stored is shown again for as long; policies that change are measured anew at once. */
const keptMs = 120_000;

interface Kept {
  readonly set: PolicySet;
  readonly days: number;
  readonly until: number;
  readonly effect: AccessEffect;
}

type Draft = Readonly<Record<string, unknown>> & { readonly id: string };

/** What others know. */
export interface InsightNeeds extends Pick<PastParts, 'queries'> {
  /** Ways of signing in, in Graph's words. */
  readonly methodModes: Readonly<Record<SignInMethod, SignInAttempt['methods']>>;
}

export interface InsightParts extends PastParts, InsightNeeds {
  readonly platform: Pick<Platform, 'database' | 'lake' | 'log' | 'clock'>;
  readonly decider: Decider;
  readonly facts: Facts;
}

/** Effect of policies on past sign-ins, what is wrong with a draft, and gaps. */
export function conditionalAccessHandlers(parts: InsightParts): Handlers<typeof conditionalAccessRoutes> {
  const { platform, decider } = parts;
  const { database, clock } = platform;
  let kept: Kept | undefined;
  const measuring = (context: RequestContext, days: number): Measuring => ({
    now: clock.now(),
    days,
    as: requireCaller(context),
    signal: context.signal,
  });
  // As it would be stored: a new policy has no id yet.
  const draftOf = (policy: Readonly<Record<string, unknown>>): Draft => ({
    ...policy,
    id: typeof policy['id'] === 'string' && policy['id'] !== '' ? policy['id'] : randomUUID(),
  });

  /** What policies would say to the caller who signs in as they are now. */
  const authorUnder = async (context: RequestContext, set: PolicySet) => {
    const { id, session } = requireCaller(context);
    if (!session) return null;
    const { devices, risk, terms } = parts.facts;
    const gate = createGate(
      platform,
      { ...decider, current: () => Promise.resolve(set) },
      // What a policy would let pass has not passed: nothing is remediated by a question.
      {
        ...(devices ? { devices } : {}),
        ...(terms ? { terms } : {}),
        ...(risk ? { risk: { of: (attempt: SignInAttempt) => risk.of(attempt) } } : {}),
      },
    );
    const { decision, required, emergencyAccess } = await gate.ask({
      userId: id,
      applicationId: sallyportApplication,
      methods: parts.methodModes[session.method],
      ipAddress: context.ipAddress,
      userAgent: context.userAgent,
      clientAppType: 'browser',
      at: clock.now(),
    });
    return { decision, required: [...required], emergencyAccess };
  };

  return {
    getAccessEffect: async (context, { query: { days } }) => {
      const set = await decider.current();
      const { now } = measuring(context, days);
      if (kept?.set === set && kept.days === days && kept.until > now.getTime()) return kept.effect;
      const effect = await effectOf(parts, set.given, set, measuring(context, days));
      kept = { set, days, until: now.getTime() + keptMs, effect };
      return effect;
    },
    previewPolicy: async (context, { body: { policy, days } }) => {
      const set = await decider.current();
      const draft = draftOf(policy);
      const checked = checkPolicy(draft);
      if (!('value' in checked)) throw refusal(checked.problems);
      const effect = await effectOf(parts, draftAlone(set, draft), set, measuring(context, days));
      return { ...effect, policies: effect.policies.filter(({ id }) => id === draft.id) };
    },
    checkPolicy: async (context, { body: { policy } }) => {
      const draft = draftOf(policy);
      const checked = checkPolicy(draft);
      if (!('value' in checked)) return { problems: [...checked.problems], author: null };
      const set = await decider.current();
      const before = set.sources.find((source) => source?.id === draft.id);
      const problems = await missingFrom(checked.value, database, before);
      if (problems.length > 0) return { problems, author: null };
      const on = compilePolicies(withDraft(set, { ...draft, state: 'enabled' }), set.directory);
      return { problems: [], author: await authorUnder(context, on) };
    },
    listAccessGaps: () => gapsOf(database, decider),
  };
}
