import { setImmediate } from 'node:timers/promises';
import type { AccessEffect } from '@sallyport/contracts';
import { EffectMeter, type PolicySet } from '@sallyport/policy';
import { pastSignIns, type PastParts, type PastSignIns } from './past-sign-ins.ts';
import type { Principal } from '../../platform/principal.ts';

const dayMs = 86_400_000;
/** Decided on before others get their turn: a few milliseconds. */
const signInsPerTurn = 100;

export interface Measuring {
  readonly now: Date;
  readonly days: number;
  readonly as: Principal;
  readonly signal: AbortSignal;
}

/** What the policies of a set say to sign-ins of the last days. Throws as `pastSignIns` does, and what `signal` was aborted with. */
export async function effectOf(
  parts: PastParts,
  policies: readonly unknown[],
  set: PolicySet,
  { now, days, as, signal }: Measuring,
): Promise<AccessEffect> {
  const from = new Date(now.getTime() - days * dayMs);
  const past = await pastSignIns(parts, { from, to: now, as, signal });
  // No policy holds for them, and what they are asked for by the gate no policy changes.
  const emergency = new Set((set.directory.emergencyAccess ?? []).map((id) => id.toLowerCase()));
  const meter = new EffectMeter(policies, set.directory);
  for (const [at, signIn] of past.signIns.entries()) {
    if (at % signInsPerTurn === 0) {
      await setImmediate();
      signal.throwIfAborted();
    }
    const { signInIdentity: identity } = signIn.request;
    if (identity.kind === 'user' && emergency.has(identity.userId.toLowerCase())) continue;
    meter.add(signIn);
  }
  const effect = meter.effect();
  return {
    ...effect,
    from: from.toISOString(),
    to: now.toISOString(),
    truncated: past.truncated,
    policies: effect.policies.map((policy) => ({ ...policy, examples: examplesOf(past, policy.examples) })),
  };
}

const examplesOf = ({ notes }: PastSignIns, ids: readonly string[]): AccessEffect['policies'][number]['examples'] =>
  ids.flatMap((id) => {
    const note = notes.get(id);
    return note === undefined ? [] : [{ ...note, id: id.slice(id.indexOf(' ') + 1) }];
  });

const isSame = (policy: unknown, id: string): boolean =>
  typeof policy === 'object' && policy !== null && 'id' in policy && policy.id === id;
const isReportOnly = (policy: unknown): boolean =>
  typeof policy === 'object' &&
  policy !== null &&
  'state' in policy &&
  policy.state === 'enabledForReportingButNotEnforced';

/** The policies of a set with a draft in the place of the one that it is of. */
export const withDraft = (set: PolicySet, draft: Readonly<Record<string, unknown>> & { readonly id: string }) => [
  ...set.given.filter((policy) => !isSame(policy, draft.id)),
  draft,
];

/** So that nothing but the draft is what `enforced` differs by from `now`. */
export const draftAlone = (set: PolicySet, draft: Readonly<Record<string, unknown>> & { readonly id: string }) =>
  withDraft(set, { ...draft, state: 'enabledForReportingButNotEnforced' }).filter(
    (policy) => isSame(policy, draft.id) || !isReportOnly(policy),
  );
