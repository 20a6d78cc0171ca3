import type { GrantedPermission } from '@sallyport/contracts';
import { addressesMax, decidedForMs } from '../platform/access-changes.ts';
import { Challenge, challengeError } from '../platform/challenge.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { tokenStore, type LiveTokenRow } from './store.ts';

/** From where a token is used. */
export interface From {
  readonly ipAddress: string;
  readonly userAgent: string;
}

/** What Conditional Access says of a person's token; identity and Conditional Access answer it. */
export interface TokenAnswer {
  readonly asOf: string;
  /** Why it is refused. */
  readonly challenge: Challenge | undefined;
  readonly reasons: readonly string[];
  /** Writes its row of the sign-in logs. */
  record(requestId: string, tx: Queryable): Promise<void>;
}
export type AskForToken = (token: LiveTokenRow & { readonly personId: string }, from: From) => Promise<TokenAnswer>;

/** Throws Unauthenticated, with a WWW-Authenticate that says what is asked for (RFC 9470). */
export type TokenDecision = (token: LiveTokenRow, from: From) => Promise<void>;

/** What other systems hold, wherever they are: senders of logs, directories, peers of Shared Signals. No policy for people is about a token with nothing else. */
const machineScopes: ReadonlySet<string> = new Set([
  'data.ingest',
  'directory.provision',
  'sharedSignals.exchange',
] satisfies GrantedPermission[]);
const isMachine = ({ scopes }: LiveTokenRow): boolean => scopes.every((scope) => machineScopes.has(scope));

/** Decides on tokens of people when they are used: anew where something has changed since, or from another address. */
export function createTokenDecision(
  platform: Pick<Platform, 'database' | 'clock' | 'audit'>,
  ask: AskForToken,
  newId: () => string,
): TokenDecision {
  const { database, clock, audit } = platform;
  const store = tokenStore(database);

  const isDue = ({ outdated, decidedAt, decidedAddresses }: LiveTokenRow, { ipAddress }: From, now: Date): boolean =>
    outdated ||
    decidedAt === null ||
    now.getTime() - decidedAt.getTime() > decidedForMs ||
    !decidedAddresses.includes(ipAddress);

  const decide = async (
    token: LiveTokenRow,
    personId: string,
    from: From,
    now: Date,
  ): Promise<Challenge | undefined> => {
    const causes = token.outdated ? await store.causes(token.id) : ['network'];
    const answer = await ask({ ...token, personId }, from);
    const { challenge, asOf } = answer;
    const others = token.outdated || challenge || token.challenge !== null ? [] : token.decidedAddresses;
    const addresses = [from.ipAddress, ...others.filter((one) => one !== from.ipAddress)].slice(0, addressesMax);
    await database.transaction(async (tx) => {
      if (challenge) {
        const requestId = newId();
        await audit.record(
          {
            actor: 'system',
            operation: 'RefuseToken',
            target: `token ${token.name} of ${token.userPrincipalName ?? ''}`,
            result: 'success',
            ipAddress: from.ipAddress,
            requestId,
            details: { causes, code: challenge.code, reasons: answer.reasons, required: challenge.required },
          },
          tx,
        );
        await answer.record(requestId, tx);
      }
      await store.decided(token.id, { at: now, asOf, addresses, challenge: challenge ?? null }, tx);
    });
    return challenge;
  };

  return async (token, from) => {
    if (token.personId === null || isMachine(token)) return;
    const now = clock.now();
    const challenge = isDue(token, from, now)
      ? await decide(token, token.personId, from, now)
      : Challenge.nullable().parse(token.challenge);
    if (challenge) throw challengeError(challenge, false);
  };
}
