import type { History } from '@sallyport/policy/risk';
import { isIP } from 'node:net';
import { highestRisk, type IdentityRiskLevel } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import type { Platform } from '../platform/types.ts';
import { ask, numberOf, windowed } from './ask.ts';
import type { Commands } from './commands.ts';
import type { RiskContent } from './content.ts';
import { attackers, countsOfEveryone, pastSignIns, valuesOf, type PastSignIn } from './history.ts';
import type { RiskEventType } from './kinds.ts';
import { assess, explained, infoOf, type Assessment, type Finding, type SignInFacts } from './realtime.ts';
import { detections, subjects } from './store.ts';
import type { NewDetection, Place, RiskSubject } from './types.ts';
import { systemPrincipal } from '../platform/principal.ts';

/** A sign-in whose first factor at least was right. */
export interface RiskAttempt {
  readonly userId: string;
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly methods?: readonly string[];
  /** Default now. */
  readonly at?: Date;
  /** Of the row in `SigninLogs`. Without it nothing is stored: the answer is only what would be said. */
  readonly requestId?: string;
}

export interface SignInRiskAnswer {
  readonly signInRiskLevel: IdentityRiskLevel;
  /** With what was found in this sign-in. */
  readonly userRiskLevel: IdentityRiskLevel;
  readonly detections: readonly {
    readonly riskEventType: RiskEventType;
    readonly riskLevel: IdentityRiskLevel;
    readonly reasons: Readonly<Record<string, unknown>>;
  }[];
  readonly riskEventTypes: readonly RiskEventType[];
  /** The statistical score, level by level. */
  readonly explained: ReturnType<typeof explained>;
}

export interface SignInRisk {
  /** The risk of a sign-in, within some seconds whatever the lake does. Throws Unavailable without the database. */
  of(attempt: RiskAttempt): Promise<SignInRiskAnswer>;
  /** Of a session that goes on: what was found of the sign-in that it began with, and of the person since. */
  ofSession(session: {
    readonly userId: string;
    readonly signInRequestId: string;
  }): Promise<Pick<SignInRiskAnswer, 'signInRiskLevel' | 'userRiskLevel' | 'riskEventTypes'>>;
  /** The person passed a policy that asked for more because of the risk of this sign-in. */
  passed(attempt: RiskAttempt): Promise<void>;
  ofServicePrincipal(attempt: {
    readonly servicePrincipalId: string;
  }): Promise<{ readonly servicePrincipalRiskLevel: 'none' | 'low' | 'medium' | 'high' }>;
}

/** Nobody waits longer for what the lake knows: the rest is decided without. */
const lakeSeconds = 1.5;
const familiarTimes = 3;
const minuteMs = 60_000;
const dayMs = 86_400_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const none: SignInRiskAnswer = {
  signInRiskLevel: 'none',
  userRiskLevel: 'none',
  detections: [],
  riskEventTypes: [],
  explained: [],
};

export interface SignInRiskParts {
  readonly platform: Pick<Platform, 'database' | 'lake' | 'clock' | 'log'>;
  readonly queries: () => Queries;
  readonly content: RiskContent;
  readonly commands: Commands;
  readonly isTrusted: (address: string) => Promise<boolean>;
}

export function createSignInRisk({ platform, queries, content, commands, isTrusted }: SignInRiskParts): SignInRisk {
  const { database, lake, clock, log } = platform;

  /** What the lake can't say in time is as if it were not known. */
  const inTime = async <T>(work: Promise<T>, otherwise: T, what: string): Promise<T> => {
    const stop = new AbortController();
    const late = clock.sleep(lakeSeconds * 1_000, stop.signal).then(() => otherwise);
    try {
      return await Promise.race([work, late]);
    } catch (err) {
      log.warn({ err }, `a sign-in is judged without ${what}`);
      return otherwise;
    } finally {
      stop.abort();
    }
  };

  /** Of an address that the person has signed in from nothing is asked again. */
  const whereIs = async (address: string, past: readonly PastSignIn[]): Promise<{ asn: string; place: Place }> => {
    const before = past.find(({ values, place }) => values.address === address && place.country !== '');
    if (before) return { asn: before.values.asn, place: before.place };
    const found = (
      await inTime(lake.locate([address], { limits: { seconds: lakeSeconds } }), new Map(), 'its place')
    ).get(address);
    if (!found) return { asn: '', place: {} };
    const { asn, country, city, latitude, longitude } = found;
    return {
      asn: asn === undefined ? '' : String(asn),
      place: {
        ...(country === undefined ? {} : { country }),
        ...(city === undefined ? {} : { city }),
        ...(latitude === undefined || longitude === undefined ? {} : { latitude, longitude }),
      },
    };
  };

  let attackersKnown: { readonly at: number; readonly counts: History } | undefined;
  /** The same for a minute: what attackers use changes slowly, and it is the same for all. */
  const attackersLately = async (at: Date): Promise<History> => {
    if (!attackersKnown || Math.abs(at.getTime() - attackersKnown.at) > minuteMs)
      attackersKnown = { at: at.getTime(), counts: await attackers(database) };
    return attackersKnown.counts;
  };

  const sprayFrom = async (address: string, at: Date): Promise<SignInFacts['spray']> => {
    const request = windowed(content.spray.query, { from: at, to: at }, { address });
    const how = { as: systemPrincipal('identity protection: passwordSpray'), maxRows: 1, seconds: lakeSeconds };
    const [row] = await inTime(ask(queries(), request, how), [], 'what else its address tried');
    return { accounts: numberOf(row?.['Accounts']) ?? 0, tries: numberOf(row?.['Tries']) ?? 0 };
  };

  const factsOf = async (attempt: RiskAttempt, at: Date): Promise<SignInFacts> => {
    const { userId, ipAddress, userAgent } = attempt;
    const past = await pastSignIns(database, userId, at);
    const familiar = past.filter(({ values }) => values.address === ipAddress).length >= familiarTimes;
    const withPassword = attempt.methods?.includes('password') ?? true;
    const [{ asn, place }, spray, trusted, indicators] = await Promise.all([
      whereIs(ipAddress, past),
      familiar || !withPassword ? { accounts: 0, tries: 0 } : sprayFrom(ipAddress, at),
      isTrusted(ipAddress),
      isIP(ipAddress) === 0
        ? []
        : database.query<{ kind: string; name: string }>(
            'SELECT kind, name FROM risk_addresses WHERE network >>= $1::inet LIMIT 10',
            [ipAddress],
          ),
    ]);
    const values = valuesOf(ipAddress, asn, place, userAgent);
    const [everyone, others] = await Promise.all([
      countsOfEveryone(database, values),
      othersOf(userId, values.userAgent, ipAddress, place.country ?? '', at),
    ]);
    const known = await attackersLately(at);
    return {
      at,
      values,
      place,
      past,
      everyone,
      ...(known.signIns > 0 ? { attackers: known } : {}),
      indicators,
      spray,
      withPassword,
      trusted,
      ...others,
    };
  };

  const othersOf = async (userId: string, userAgent: string, address: string, country: string, at: Date) => {
    const [before, day] = [new Date(at.getTime() - 14 * dayMs), new Date(at.getTime() - dayMs)];
    // Bounded by what a page of each index holds: more than a few is all that matters.
    const row = await database.first<{
      people: number;
      usual: number;
      lately: number;
      countries: string[];
      address: number;
      country: number;
    }>(
      `WITH same AS (SELECT person_id, country, at FROM sign_in_history WHERE md5(user_agent) = md5($2) AND at >= $4 AND at <= $3 ORDER BY at DESC LIMIT 500)
       SELECT (SELECT count(*)::int FROM people) AS people,
         (SELECT count(DISTINCT person_id)::int FROM same WHERE at < $5) AS usual,
         (SELECT count(DISTINCT person_id)::int FROM same WHERE at >= $5 AND person_id <> $1) AS lately,
         (SELECT coalesce(array_agg(DISTINCT country), '{}') FROM same WHERE at >= $5 AND country <> '') AS countries,
         (SELECT count(*)::int FROM (SELECT DISTINCT person_id FROM sign_in_history WHERE address = $6 AND at >= $4 AND person_id <> $1 LIMIT 3) a) AS address,
         (SELECT count(*)::int FROM (SELECT DISTINCT person_id FROM sign_in_history WHERE country = $7 AND at >= $4 AND person_id <> $1 LIMIT 3) c) AS country`,
      [userId, userAgent, at, before, day, address, country],
    );
    return {
      people: row?.people ?? 0,
      browser: { people: row?.lately ?? 0, countries: row?.countries ?? [], usualPeople: row?.usual ?? 0 },
      common: { address: row?.address ?? 0, country: row?.country ?? 0 },
    };
  };

  return {
    async of(attempt) {
      if (!uuid.test(attempt.userId)) return none;
      const at = attempt.at ?? clock.now();
      const person = await database.first<{ name: string; displayName: string }>(
        'SELECT user_principal_name AS name, display_name AS "displayName" FROM people WHERE id = $1',
        [attempt.userId],
      );
      if (!person) return none;
      const subject: RiskSubject = { kind: 'user', id: attempt.userId, ...person };
      const facts = await factsOf(attempt, at);
      const assessment: Assessment = assess(facts);
      if (attempt.requestId !== undefined)
        await commands.raise(
          assessment.findings.map((finding) => detectionOf(finding, subject, facts, attempt.requestId ?? '')),
        );
      const user = await subjects.byId(database, 'user', attempt.userId);
      const signInRiskLevel = highestRisk(assessment.findings.map(({ riskLevel }) => riskLevel));
      return {
        signInRiskLevel,
        userRiskLevel: highestRisk([
          user?.risk_level ?? 'none',
          ...(attempt.requestId === undefined ? [signInRiskLevel] : []),
        ]),
        detections: assessment.findings.map(({ riskEventType, riskLevel, reasons }) => ({
          riskEventType,
          riskLevel,
          reasons,
        })),
        riskEventTypes: assessment.findings.map(({ riskEventType }) => riskEventType),
        explained: explained(assessment.score),
      };
    },
    async ofSession({ userId, signInRequestId }) {
      const [user, found] = await Promise.all([
        subjects.byId(database, 'user', userId),
        signInRequestId === '' ? [] : detections.ofRequests(database, [signInRequestId]),
      ]);
      const active = found.filter(({ risk_state: state }) => state === 'atRisk' || state === 'confirmedCompromised');
      return {
        signInRiskLevel: highestRisk(active.map(({ risk_level: level }) => level)),
        userRiskLevel: user?.risk_level ?? 'none',
        riskEventTypes: active.map(({ risk_event_type: type }) => type),
      };
    },
    async passed({ userId, requestId }) {
      if (requestId !== undefined)
        await commands.remediate({ userId, requestId, detail: 'userPassedMFADrivenByRiskBasedPolicy' });
    },
    async ofServicePrincipal({ servicePrincipalId }) {
      const row = await subjects.byId(database, 'servicePrincipal', servicePrincipalId);
      const level = row?.risk_level ?? 'none';
      return { servicePrincipalRiskLevel: level === 'hidden' ? 'none' : level };
    },
  };
}

const detectionOf = (
  { riskEventType, riskLevel, key, reasons }: Finding,
  subject: RiskSubject,
  { at, values, place }: SignInFacts,
  requestId: string,
): NewDetection => ({
  key: `${subject.name.toLowerCase()}|${key(requestId)}`,
  subject,
  riskEventType,
  riskLevel,
  timing: 'realtime',
  activityAt: at,
  source: 'Sallyport',
  ipAddress: values.address,
  place,
  requestId,
  correlationId: requestId,
  additionalInfo: infoOf(reasons, {
    userAgent: values.userAgent,
    asn: values.asn,
    requestId,
    ipAddress: values.address,
    place,
  }),
});
