import { signalEvents, type SignalKind, type SignInMethod, type Subject } from '@sallyport/contracts';
import { z } from 'zod';
import { roleNamesOf } from '../access/index.ts';
import type { Queryable } from '../platform/database/index.ts';

/** A row of `security_events`. */
export interface EventRow {
  readonly id: number;
  readonly kind: string;
  readonly personId: string | null;
  readonly deviceId: string | null;
  readonly sessionId: string | null;
  readonly details: unknown;
  readonly at: Date;
}
/** What is told of it. */
export interface Signal {
  readonly kind: SignalKind;
  readonly personId: string | null;
  readonly subject: Subject;
  readonly payload: Readonly<Record<string, unknown>>;
}

interface Known {
  readonly name: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly liveSessions: number;
}
async function knownOf(db: Queryable, personId: string, now: Date): Promise<Known | undefined> {
  const known = await db.first<Omit<Known, 'roles'>>(
    `SELECT p.user_principal_name AS name,
       coalesce((SELECT array_agg(m.group_id::text ORDER BY m.group_id) FROM group_members m WHERE m.person_id = p.id), '{}') AS groups,
       (SELECT count(*)::int FROM sessions s WHERE s.person_id = p.id AND s.revoked_at IS NULL AND s.expires_at > $2) AS "liveSessions"
     FROM people p WHERE p.id = $1`,
    [personId, now],
  );
  return known && { ...known, roles: (await roleNamesOf(db, [personId], now)).get(personId) ?? [] };
}

/** How strong a sign-in was, as RFC 8176 names methods, and which is the stronger. */
const levels: Readonly<Record<SignInMethod, readonly [level: string, rank: number]>> = {
  federatedSingleFactor: ['fed', 0],
  temporaryAccessPassOneTime: ['otp', 1],
  temporaryAccessPassMultiUse: ['otp', 1],
  passwordRecoveryCode: ['otp', 1],
  passwordTotp: ['otp', 1],
  federatedMultiFactor: ['mfa', 1],
  passkey: ['pop', 2],
};
const levelOf = (method: string) => (Object.hasOwn(levels, method) ? levels[method as SignInMethod] : undefined);

const Change = z.object({ previous: z.string(), current: z.string() });
const Credential = z.object({ credential: z.string(), change: z.string(), name: z.string().optional(), aaguid: z.string().nullish() }); // prettier-ignore
const Compliance = z.object({ previous: z.boolean(), current: z.boolean() });
const Claim = z.object({ claim: z.enum(['roles', 'groups']) });
const complianceWord = (is: boolean): string => (is ? 'compliant' : 'not-compliant');

type Payload = Readonly<Record<string, unknown>> | undefined;
/** One entry an event type: what stands in it beside its time; undefined when there is nothing to tell. */
const payloads: Readonly<Record<SignalKind, (details: unknown, known: Known | undefined) => Payload>> = {
  'session-revoked': () => ({}),
  'account-disabled': () => ({}),
  'account-enabled': () => ({}),
  'credential-compromise': () => ({ credential_type: 'password' }),
  'token-claims-change': (details, known) => {
    if (!known) return undefined;
    const { claim } = Claim.parse(details);
    return { claims: { [claim]: claim === 'roles' ? known.roles : known.groups } };
  },
  'credential-change': (details) => {
    const { credential, change, name, aaguid } = Credential.parse(details);
    return {
      credential_type: credential,
      change_type: change,
      ...(name === undefined ? {} : { friendly_name: name }),
      ...(typeof aaguid === 'string' ? { fido2_aaguid: aaguid } : {}),
    };
  },
  'assurance-level-change': (details) => {
    const change = Change.parse(details);
    const [previous, current] = [levelOf(change.previous), levelOf(change.current)];
    if (!previous || !current || previous[0] === current[0]) return undefined;
    return {
      namespace: 'RFC8176',
      previous_level: previous[0],
      current_level: current[0],
      ...(previous[1] === current[1] ? {} : { change_direction: current[1] > previous[1] ? 'increase' : 'decrease' }),
    };
  },
  'device-compliance-change': (details) => {
    const { previous, current } = Compliance.parse(details);
    return { previous_status: complianceWord(previous), current_status: complianceWord(current) };
  },
  'risk-level-change': (details) => {
    const { previous, current } = Change.parse(details);
    // CAEP has three levels; none is the lowest.
    const level = (one: string) => (one === 'medium' || one === 'high' ? one.toUpperCase() : 'LOW');
    if (level(previous) === level(current)) return undefined;
    return { principal: 'USER', previous_level: level(previous), current_level: level(current) };
  },
};

const isKind = (kind: string): kind is SignalKind => Object.hasOwn(signalEvents, kind);

/** Of one session among others the session is named too: without it, all of the user's would be meant. */
function subjectOf({ kind, deviceId, sessionId }: EventRow, known: Known | undefined): Subject | undefined {
  const user = known && ({ format: 'email', email: known.name } as const);
  if (deviceId !== null)
    return { format: 'complex', device: { format: 'opaque', id: deviceId }, ...(user ? { user } : {}) };
  if (!user) return undefined;
  const ofOne = kind === 'assurance-level-change' || (kind === 'session-revoked' && known.liveSessions > 0);
  if (ofOne && sessionId !== null) return { format: 'complex', user, session: { format: 'opaque', id: sessionId } };
  return user;
}

/** What receivers are told of an event; undefined when that is nothing, or nobody is left of whom to tell. */
export async function signalOf(db: Queryable, row: EventRow, now: Date): Promise<Signal | undefined> {
  if (!isKind(row.kind)) return undefined;
  const known = row.personId === null ? undefined : await knownOf(db, row.personId, now);
  const subject = subjectOf(row, known);
  const payload = subject && payloads[row.kind](row.details, known);
  if (!subject || !payload) return undefined;
  return {
    kind: row.kind,
    personId: row.personId,
    subject,
    payload: { event_timestamp: Math.floor(row.at.getTime() / 1_000), ...payload },
  };
}
