import { challengeOf, isMultiFactor, sallyportApplication, type Gate } from '../conditional-access/index.ts';
import { methodModes } from '../identity/index.ts';
import type { Challenge } from '../platform/challenge.ts';
import { acr } from '../platform/challenge.ts';
import type { Platform } from '../platform/types.ts';
import { contextOf, type Policy } from './policies.ts';
import type { Asker } from './types.ts';

/** What whoever asks has shown, against what a policy may ask for. */
export interface Strength {
  readonly multiFactor: boolean;
  /** The authentication context that is asked for and not met. */
  readonly missingContext: string | undefined;
  /** What would do, for the portal to ask for. */
  readonly challenge: Challenge | undefined;
}

export interface StrengthParts {
  readonly platform: Pick<Platform, 'clock' | 'config'>;
  readonly gate: Gate;
  /** Whether any policy of Conditional Access, in force or not, is about the context. */
  readonly isTargeted: (context: string) => Promise<boolean>;
}

const askForMfa: Challenge = {
  code: '50074',
  required: ['multifactor authentication'],
  acrValues: [acr.multiFactor, acr.phishingResistant],
};

/** Factors count for as long as a session may last: a token that is older shows none. */
export async function strengthOf(
  { platform: { clock, config }, gate, isTargeted }: StrengthParts,
  asker: Asker,
  policy: Policy,
): Promise<Strength> {
  const { signedIn, personId } = asker;
  const now = clock.now();
  const fresh = signedIn !== undefined && now.getTime() - signedIn.at.getTime() <= config.sessionMax;
  const multiFactor = fresh && isMultiFactor(methodModes[signedIn.method]);
  const context = contextOf(policy);
  if (context === undefined)
    return { multiFactor, missingContext: undefined, challenge: multiFactor ? undefined : askForMfa };
  if (!(await isTargeted(context)))
    // No policy says what the context means: multifactor authentication stands for it.
    return {
      multiFactor,
      missingContext: multiFactor ? undefined : context,
      challenge: multiFactor ? undefined : askForMfa,
    };
  if (!fresh || personId === undefined) return { multiFactor, missingContext: context, challenge: askForMfa };
  const answer = await gate.ask({
    userId: personId,
    applicationId: sallyportApplication,
    authenticationContext: context,
    methods: methodModes[signedIn.method],
    ipAddress: asker.ipAddress,
    userAgent: signedIn.userAgent,
    clientAppType: 'browser',
    sessionStartedAt: signedIn.at,
    signInRequestId: signedIn.signInRequestId,
    ...(signedIn.deviceId === undefined ? {} : { deviceId: signedIn.deviceId }),
    ...(signedIn.aaguid === undefined ? {} : { aaguid: signedIn.aaguid }),
    at: now,
  });
  const challenge = challengeOf(answer);
  return { multiFactor, missingContext: challenge === undefined ? undefined : context, challenge };
}
