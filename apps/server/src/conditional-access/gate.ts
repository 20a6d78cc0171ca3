import type { DevicePlatform } from '@sallyport/contracts/conditional-access';
import { decide, type AccessRequest, type Decision, type PolicyResult } from '@sallyport/policy';
import type { Platform } from '../platform/types.ts';
import type { Decider } from './decider.ts';

/** Sallyport itself, as policies and `SigninLogs` name it. */
export const sallyportApplication = '5a96d9f1-02de-48ff-84f1-137a7cbb9134';

/** A sign-in whose factors were right. */
export interface ProvenSignIn {
  readonly userId: string;
  readonly method: 'passkey' | 'passwordTotp';
  readonly ipAddress: string;
  readonly userAgent: string;
}

export interface GateAnswer {
  /** `challenge`: more, or another method, would do. */
  readonly decision: Decision['decision'];
  readonly status: Decision['conditionalAccessStatus'];
  readonly policies: readonly PolicyResult[];
  /** What is still to be met, in words for the person. */
  readonly required: readonly string[];
  readonly emergencyAccess: boolean;
}

export interface Gate {
  /** What Conditional Access says of a sign-in to Sallyport. */
  ask(signIn: ProvenSignIn): Promise<GateAnswer>;
}

const open: GateAnswer = {
  decision: 'allow',
  status: 'notApplied',
  policies: [],
  required: [],
  emergencyAccess: false,
};
/** A sign-in does not wait longer for where its address is. */
const locateSeconds = 3;

export function createGate(platform: Pick<Platform, 'database' | 'lake' | 'log'>, decider: Decider): Gate {
  const { database, lake, log } = platform;

  /** Where the place can't be asked for, nothing of it is known, and policies about places deny. */
  const placeOf = async (ipAddress: string): Promise<{ ipAddress?: string; country?: string }> => {
    if (!(await decider.asksForCountries())) return { ipAddress };
    try {
      const country = (await lake.locate([ipAddress], { limits: { seconds: locateSeconds } })).get(ipAddress)?.country;
      return country === undefined ? { ipAddress } : { ipAddress, country };
    } catch (err) {
      log.warn({ err }, 'a sign-in is decided on without its place');
      return {};
    }
  };
  const hasPasskey = async (userId: string): Promise<boolean> =>
    (await database.first('SELECT 1 FROM passkeys WHERE person_id = $1 LIMIT 1', [userId])) !== undefined;

  return {
    async ask({ userId, method, ipAddress, userAgent }) {
      const set = await decider.current();
      if (set.policies.length === 0) return open;
      const { groups = [], roles = [] } = await decider.factsOf(userId);
      const devicePlatform = platformOf(userAgent);
      const request: AccessRequest = {
        signInIdentity: { kind: 'user', userId, groups, roles },
        signInContext: { kind: 'application', includeApplications: [sallyportApplication] },
        signInConditions: {
          clientAppType: 'browser',
          ...(devicePlatform === undefined ? {} : { devicePlatform }),
          ...(await placeOf(ipAddress)),
        },
        authentication: {
          methods: method === 'passkey' ? ['fido2'] : ['password', 'softwareOath'],
          primaryAgeSeconds: 0,
          secondaryAgeSeconds: 0,
        },
      };
      const decision = decide(set, request);
      const { policies, conditionalAccessStatus: status } = decision;
      if (decision.emergencyAccess) {
        // Without a policy in force nothing changes. One who has no passkey yet can't be asked for it: nobody else could let him in.
        const free = !set.policies.some(({ state }) => state === 'enabled') || !(await hasPasskey(userId));
        log.warn({ userId, decision: decision.decision }, 'an emergency account signs in; no policy holds for it');
        if (free) return { ...open, policies, emergencyAccess: true };
      }
      const required = decision.required.map(({ anyOf }) =>
        anyOf.map(({ control }) => words[control] ?? control).join(' or '),
      );
      return { decision: decision.decision, status, policies, required, emergencyAccess: decision.emergencyAccess };
    },
  };
}

const words: Readonly<Record<string, string>> = {
  mfa: 'multifactor authentication',
  authenticationStrength: 'a stronger method, such as a passkey',
  compliantDevice: 'a compliant device',
  domainJoinedDevice: 'a joined device',
  passwordChange: 'a change of the password',
  termsOfUse: 'acceptance of the terms of use',
};

/** Windows phones and Android say more than one name, so the order matters. */
const platforms: readonly (readonly [RegExp, DevicePlatform])[] = [
  [/Windows Phone/i, 'windowsPhone'],
  [/Windows/i, 'windows'],
  [/iPhone|iPad|iPod/i, 'iOS'],
  [/Android/i, 'android'],
  [/Macintosh|Mac OS X/i, 'macOS'],
  [/Linux|X11/i, 'linux'],
];
/** As weak as what it comes from: the browser says it of itself. */
const platformOf = (userAgent: string): DevicePlatform | undefined =>
  platforms.find(([name]) => name.test(userAgent))?.[1];
