import { signalEvents } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queryable } from '../platform/database/index.ts';
import { deviceOf, personOf, sessionOf, type FoundPerson, type SubjectRules } from './subjects.ts';
import type { VerifiedSet } from './verify.ts';

/** What signals of others do here; other rooms do it. */
export interface SignalEffects {
  /** Ends a person's sessions, or one of them. Answers how many were live. */
  endSessions(person: FoundPerson, sessionId: string | undefined, by: string): Promise<number>;
  /** Undefined when the device is not known here. */
  setCompliance(deviceId: string, isCompliant: boolean, by: string): Promise<string | undefined>;
  raiseCompromise(person: FoundPerson, by: string, key: string, at: Date): Promise<void>;
  /** Whom no signal of others locks out. */
  isEmergencyAccount(personId: string): Promise<boolean>;
}

type Event = VerifiedSet['events'][number];
export interface SignalContext {
  readonly db: Queryable;
  readonly rules: SubjectRules;
  /** `Shared Signals: Okta`. */
  readonly by: string;
  readonly jti: string;
  readonly at: Date;
  readonly effects: SignalEffects;
}

const Compliance = z.object({ current_status: z.enum(['compliant', 'not-compliant']) });
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function endSessions(event: Event, person: FoundPerson | undefined, context: SignalContext): Promise<string> {
  if (!person) return 'nobody here';
  if (await context.effects.isEmergencyAccount(person.id)) return 'an emergency account: nothing was done';
  const named = event.subject && sessionOf(event.subject);
  const sessionId = named !== undefined && uuid.test(named) ? named : undefined;
  // A session that is none of ours says nothing about those that are.
  if (named !== undefined && sessionId === undefined) return 'a session that is not known here';
  const ended = await context.effects.endSessions(person, sessionId, context.by);
  return `${ended} sessions ended`;
}

type Effect = (event: Event, person: FoundPerson | undefined, context: SignalContext) => Promise<string>;
/** By the event's address; others are noted and do nothing. Each answers what was done. */
const effects: Readonly<Record<string, Effect>> = {
  [signalEvents['session-revoked']]: endSessions,
  [signalEvents['account-disabled']]: endSessions,
  [signalEvents['device-compliance-change']]: async ({ subject, payload }, _person, { effects: does, by }) => {
    const status = Compliance.safeParse(payload);
    const deviceId = subject && deviceOf(subject);
    if (!status.success || deviceId === undefined) return 'no device or status in it';
    const name = await does.setCompliance(deviceId, status.data.current_status === 'compliant', by);
    return name === undefined ? 'a device that is not known here' : `${name} is ${status.data.current_status}`;
  },
  [signalEvents['credential-compromise']]: async (_event, person, { effects: does, by, jti, at }) => {
    if (!person) return 'nobody here';
    await does.raiseCompromise(person, by, jti, at);
    return 'the risk of leaked credentials was raised';
  },
};

/** Does what a token asks for. Answers it in words, an event each. */
export async function applySet(set: VerifiedSet, context: SignalContext): Promise<readonly string[]> {
  const done: string[] = [];
  for (const event of set.events) {
    const person = event.subject && (await personOf(context.db, event.subject, context.rules));
    const effect = Object.hasOwn(effects, event.type) ? effects[event.type] : undefined;
    const what = effect ? await effect(event, person, context) : 'noted';
    done.push(
      `${event.type.slice(event.type.lastIndexOf('/') + 1)}${person ? ` of ${person.userPrincipalName}` : ''}: ${what}`,
    );
  }
  return done;
}
