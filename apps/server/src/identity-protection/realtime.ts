import { createHash } from 'node:crypto';
import type { AdditionalInfo, IdentityRiskLevel } from '@sallyport/contracts';
import { levelOfScore, scoreSignIn, type Counts, type RiskScore, type SignInValues } from '@sallyport/policy/risk';
import { historyOf, type PastSignIn } from './history.ts';
import type { RiskEventType } from './kinds.ts';
import type { Place } from './types.ts';

/** What is known of a sign-in, and of all before it. */
export interface SignInFacts {
  readonly at: Date;
  readonly values: SignInValues;
  readonly place: Place;
  /** The newest first. */
  readonly past: readonly PastSignIn[];
  readonly everyone: Counts;
  readonly people: number;
  /** Of sign-ins that somebody confirmed as compromised. */
  readonly attackers?: Counts;
  /** What indicators in force say of the address. */
  readonly indicators: readonly { readonly kind: string; readonly name: string }[];
  /** Of the last hour, from this address: accounts that wrong passwords were tried on, and how many of these there were. */
  readonly spray: { readonly accounts: number; readonly tries: number };
  /** Of the last day: others with this browser, their countries, and who used it before. */
  readonly browser: { readonly people: number; readonly countries: readonly string[]; readonly usualPeople: number };
  /** People who used this address, and who were in this country, lately. */
  readonly common: { readonly address: number; readonly country: number };
  readonly withPassword: boolean;
  /** The address is in a trusted named location. */
  readonly trusted: boolean;
}

export interface Finding {
  readonly riskEventType: RiskEventType;
  readonly riskLevel: IdentityRiskLevel;
  /** Within its type and person, as the query of the same name has it. */
  readonly key: (requestId: string) => string;
  readonly reasons: Readonly<Record<string, unknown>>;
}

export interface Assessment {
  readonly score: RiskScore;
  readonly findings: readonly Finding[];
}

const dayMs = 86_400_000;
/** Nothing is unfamiliar before that much is known. https://learn.microsoft.com/entra/id-protection/concept-identity-protection-risks */
const learningDays = 5;
const travelLearningDays = 14;
const travelLearningSignIns = 10;
const commonPeople = 3;
const sprayAccounts = 10;
const sprayTriesAnAccount = 5;

/** The real-time detections. Pure: the same facts give the same findings. */
export function assess(facts: SignInFacts): Assessment {
  const score = scoreSignIn(facts.values, {
    person: historyOf(facts.past),
    everyone: facts.everyone,
    people: facts.people,
    ...(facts.attackers ? { attackers: facts.attackers } : {}),
  });
  const found = checks.flatMap((check) => check(facts, score) ?? []);
  // What is trusted lowers what is only unusual; what somebody tells of stays.
  const findings = facts.trusted ? found.filter(({ riskEventType: type }) => !unusual.has(type)) : found;
  return { score, findings };
}

const unusual: ReadonlySet<RiskEventType> = new Set<RiskEventType>([
  'unfamiliarFeatures',
  'unlikelyTravel',
  'impossibleTravel',
  'newCountry',
]);

type Check = (facts: SignInFacts, score: RiskScore) => Finding | undefined;
const day = (at: Date): string => at.toISOString().slice(0, 10);
const perAddress =
  ({ values, at }: SignInFacts) =>
  (): string =>
    `${values.address}|${day(at)}`;

const ofIndicator =
  (kind: string, riskEventType: RiskEventType, riskLevel: IdentityRiskLevel, reason: string): Check =>
  (facts) => {
    const indicator = facts.indicators.find((one) => one.kind === kind);
    if (!indicator) return undefined;
    return { riskEventType, riskLevel, key: perAddress(facts), reasons: { [reason]: indicator.name } };
  };

const unfamiliarFeatures: Check = ({ at, past }, score) => {
  const first = past.at(-1);
  if (!first || at.getTime() - first.at.getTime() < learningDays * dayMs) return undefined;
  const riskLevel = levelOfScore(score.log10);
  if (riskLevel === 'none') return undefined;
  const reasons = {
    riskReasons: score.levels
      .filter(({ timesOfPerson, log10 }) => timesOfPerson === 0 && log10 > 0)
      .map(({ level }) => level),
    score: Number(score.log10.toFixed(2)),
    features: explained(score),
  };
  return { riskEventType: 'unfamiliarFeatures', riskLevel, key: (requestId) => requestId, reasons };
};

/** Each number behind a score. */
export const explained = (score: RiskScore) =>
  score.levels.map(({ level, value, timesOfPerson, timesOfEveryone, log10 }) => ({
    level,
    value,
    timesOfPerson,
    timesOfEveryone,
    log10: Number(log10.toFixed(2)),
  }));

interface Travel {
  readonly kilometres: number;
  readonly hours: number;
  readonly from: PastSignIn;
}

function travelOf({ at, place, past, values }: SignInFacts): Travel | undefined {
  const from = past[0];
  if (!from || from.values.address === values.address) return undefined;
  const kilometres = kilometresBetween(from.place, place);
  if (kilometres === undefined) return undefined;
  return { kilometres, hours: Math.max(0.05, (at.getTime() - from.at.getTime()) / 3_600_000), from };
}

const travelFinding = (riskEventType: RiskEventType, { kilometres, hours, from }: Travel): Finding => ({
  riskEventType,
  riskLevel: 'medium',
  key: (requestId) => requestId,
  reasons: {
    kilometres: Math.round(kilometres),
    hours: Number(hours.toFixed(2)),
    relatedLocation: from.place.country ?? '',
    relatedIp: from.values.address,
    relatedEventTimeInUtc: from.at.toISOString(),
    relatedUserAgent: from.values.userAgent,
  },
});

const unlikelyTravel: Check = (facts) => {
  const travel = travelOf(facts);
  const { past, at, place, common } = facts;
  if (!travel || travel.kilometres < 500 || travel.kilometres / travel.hours <= 900) return undefined;
  if (common.address >= commonPeople) return undefined;
  if (past.some((one) => one.place.country === place.country && one.place.city === place.city)) return undefined;
  const learned =
    past.length >= travelLearningSignIns ||
    at.getTime() - (past.at(-1)?.at.getTime() ?? at.getTime()) >= travelLearningDays * dayMs;
  return learned ? travelFinding('unlikelyTravel', travel) : undefined;
};

const impossibleTravel: Check = (facts) => {
  const travel = travelOf(facts);
  if (!travel || travel.kilometres < 2_000 || travel.kilometres / travel.hours <= 2_000) return undefined;
  if (facts.common.address >= commonPeople || travel.from.place.country === facts.place.country) return undefined;
  return travelFinding('impossibleTravel', travel);
};

const newCountry: Check = ({ at, place, past, common }) => {
  const { country } = place;
  if (country === undefined || country === '' || common.country >= commonPeople) return undefined;
  const lately = past.filter((one) => at.getTime() - one.at.getTime() <= travelLearningDays * dayMs);
  const days = new Set(lately.map((one) => day(one.at))).size;
  if (days < learningDays || lately.some((one) => one.place.country === country)) return undefined;
  const countriesBefore = [...new Set(lately.map((one) => one.place.country ?? ''))].join(', ');
  return {
    riskEventType: 'newCountry',
    riskLevel: 'medium',
    key: () => `${country}|${day(at)}`,
    reasons: { country, countriesBefore, daysLearned: days },
  };
};

const passwordSpray: Check = (facts) => {
  const { accounts, tries } = facts.spray;
  if (!facts.withPassword || accounts < sprayAccounts || tries > sprayTriesAnAccount * accounts) return undefined;
  return {
    riskEventType: 'passwordSpray',
    riskLevel: 'high',
    key: perAddress(facts),
    reasons: { accountsTried: accounts, wrongPasswords: tries },
  };
};

const suspiciousBrowser: Check = ({ at, values, place, browser }) => {
  const countries = new Set([...browser.countries, place.country ?? '']);
  countries.delete('');
  if (values.userAgent === '' || browser.usualPeople >= commonPeople || browser.people < 2 || countries.size < 3)
    return undefined;
  return {
    riskEventType: 'suspiciousBrowser',
    riskLevel: 'high',
    key: () => `${createHash('md5').update(values.userAgent).digest('hex')}|${day(at)}`,
    reasons: { accounts: browser.people + 1, countries: [...countries].join(', ') },
  };
};

const checks: readonly Check[] = [
  ofIndicator('nationState', 'nationStateIP', 'high', 'actor'),
  ofIndicator('anonymized', 'anonymizedIPAddress', 'medium', 'indicator'),
  ofIndicator('malicious', 'investigationsThreatIntelligence', 'high', 'indicator'),
  ofIndicator('malware', 'malwareInfectedIPAddress', 'low', 'malwareName'),
  passwordSpray,
  suspiciousBrowser,
  impossibleTravel,
  unlikelyTravel,
  newCountry,
  unfamiliarFeatures,
];

const earthKilometres = 6_371;
/** Along the sphere; undefined where a place is not known. */
export function kilometresBetween(a: Place, b: Place): number | undefined {
  if (a.latitude === undefined || a.longitude === undefined || b.latitude === undefined || b.longitude === undefined)
    return undefined;
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (from: number, to: number): number => Math.sin(radians(to - from) / 2) ** 2;
  const chord =
    half(a.latitude, b.latitude) +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * half(a.longitude, b.longitude);
  return 2 * earthKilometres * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** Reasons as Graph writes them. */
export const infoOf = (
  reasons: Readonly<Record<string, unknown>>,
  about: {
    readonly userAgent: string;
    readonly asn: string;
    readonly requestId: string;
    readonly ipAddress: string;
    readonly place: Place;
  },
): AdditionalInfo => [
  { Key: 'userAgent', Value: about.userAgent },
  { Key: 'clientIp', Value: about.ipAddress },
  { Key: 'clientLocation', Value: [about.place.city, about.place.country].filter(Boolean).join(', ') },
  ...(about.asn === '' ? [] : [{ Key: 'autonomousSystemNumber', Value: about.asn }]),
  ...(about.requestId === '' ? [] : [{ Key: 'requestId', Value: about.requestId }]),
  ...Object.entries(reasons).map(([Key, Value]) => ({ Key, Value })),
];
