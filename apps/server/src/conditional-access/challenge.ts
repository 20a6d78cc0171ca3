import { builtInStrengths } from '@sallyport/contracts/conditional-access';
import { everyTimeGraceSeconds } from '@sallyport/policy';
import { acr, type Challenge } from '../platform/challenge.ts';
import type { GateAnswer } from './gate.ts';

/** What a person can show in the session that is there. All else (a new password, terms of use) needs a sign-in of its own, and a device another device. */
const shownInPlace: ReadonlySet<string> = new Set(['mfa', 'authenticationStrength', 'reauthentication']);

const withoutPassword: ReadonlySet<string> = new Set([
  builtInStrengths.passwordless.id,
  builtInStrengths.phishingResistant.id,
]);

/** What stands against going on; undefined when nothing does, or an emergency account goes on. */
export function challengeOf(answer: GateAnswer): Challenge | undefined {
  const { decision, demands, required, emergencyAccess } = answer;
  // No policy ends what an emergency account has begun: it showed its key at sign-in.
  if (decision === 'allow' || emergencyAccess) return undefined;
  const controls = demands.flatMap(({ anyOf }) => anyOf);
  const inPlace = demands.every(({ anyOf }) => anyOf.some(({ control }) => shownInPlace.has(control)));
  if (decision === 'block' || demands.length === 0 || !inPlace)
    return { code: '53003', required: [...required], acrValues: [] };
  const stronger = controls.filter(({ control }) => control === 'mfa' || control === 'authenticationStrength');
  // Strengths of one's own may take any combination: what they take is known when it is shown.
  const multiFactor = stronger.every(({ id = '' }) => !withoutPassword.has(id));
  return {
    code: stronger.length > 0 ? '50074' : '70044',
    required: [...required],
    acrValues:
      stronger.length === 0 ? [] : multiFactor ? [acr.multiFactor, acr.phishingResistant] : [acr.phishingResistant],
    ...(controls.some(({ control }) => control === 'reauthentication') ? { maxAge: everyTimeGraceSeconds } : {}),
  };
}
