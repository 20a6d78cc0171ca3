import { SallyportError, termsTarget, type FederationFailure } from '@sallyport/contracts';
import { AuthorizationResponseError } from 'openid-client';
import { z } from 'zod';
import { publicUrlOf } from '../../platform/config/index.ts';
import { hashSecret, newSecret } from '../../platform/tokens.ts';
import type { Platform } from '../../platform/types.ts';
import type { Author } from '../../platform/directory-audit.ts';
import type { OpenedSession } from '../sessions.ts';
import type { Origin } from '../sign-in-log.ts';
import type { Check, SignIn } from '../sign-in.ts';
import type { Accounts } from './accounts.ts';
import { isUnreachable, type OpenIdPeer, type OpenIdPeers } from './connect.ts';
import { secretOf } from './commands.ts';
import { federationRequests, noSuchProvider, providers, type ProviderRow } from './store.ts';

/** As long as a person may take at the provider. */
const requestLifetimeMs = 10 * 60_000;

const Pending = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), to: z.string() });
type Pending = z.infer<typeof Pending>;
const purpose = (providerId: string): string => `federation:${providerId}`;

/** `ticket`: nothing is missing but acceptance of terms of use. */
export type FederatedSignIn =
  | { readonly session: OpenedSession; readonly to: string }
  | { readonly ticket: string; readonly to: string }
  | { readonly failure: FederationFailure };

export interface FlowNeeds {
  readonly peers: OpenIdPeers;
  readonly accounts: Accounts;
  readonly signIn: SignIn;
}

/** Signing in by a provider elsewhere: there and back, in one browser. */
export function createFlow(platform: Platform, { peers, accounts, signIn }: FlowNeeds) {
  const { database, clock, sealing, config, log } = platform;
  /** A redirect URI of its own for each, so that an answer of one can't be taken for one of another (RFC 9700, 4.4.2). */
  const redirectUri = (providerId: string): string =>
    `${publicUrlOf(config)}/api/signin/federated/${providerId}/callback`;
  const peerOf = (row: ProviderRow): OpenIdPeer => ({
    id: row.id,
    revision: row.revision,
    settings: row.body.settings,
    secret: secretOf(platform, row),
  });
  const enabled = async (id: string): Promise<ProviderRow | undefined> => {
    const row = await providers.find(database, id);
    return row?.body.enabled === true ? row : undefined;
  };
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw new SallyportError('Unavailable', 'the identity provider does not answer as one', { cause });
    }
  };

  const take = async (
    providerId: string,
    state: string | null,
    browser: string | undefined,
  ): Promise<Pending | undefined> => {
    // prettier-ignore
    if (state === null || browser === undefined) return undefined;
    const key = { stateHash: hashSecret(state), providerId, browserHash: hashSecret(browser) };
    const sealed = await federationRequests.take(database, key, clock.now());
    return sealed && Pending.parse(JSON.parse(sealing.open(sealed, purpose(providerId)).toString()));
  };

  return {
    redirectUri,

    /** Throws NotFound, and Unavailable when the provider can't be asked. `browser`: the secret of one that has begun before. */
    async start(
      providerId: string,
      { to, loginHint, browser = newSecret() }: { readonly to: string; readonly loginHint: string | undefined; readonly browser: string | undefined }, // prettier-ignore
    ): Promise<{ readonly location: string; readonly browser: string; readonly expiresAt: Date }> {
      const row = await enabled(providerId);
      if (!row) throw noSuchProvider();
      const { location, ...request } = await ask(() =>
        peers.address(peerOf(row), { redirectUri: redirectUri(row.id), loginHint }),
      );
      const expiresAt = new Date(clock.now().getTime() + requestLifetimeMs);
      await federationRequests.keep(database, {
        stateHash: hashSecret(request.state),
        providerId,
        browserHash: hashSecret(browser),
        sealed: sealing.seal(Buffer.from(JSON.stringify({ ...request, to } satisfies Pending)), purpose(providerId)),
        expiresAt,
      });
      return { location, browser, expiresAt };
    },

    /** `search`: the query that the provider sent, as it came. */
    async finish(
      providerId: string,
      { search, browser, origin }: { readonly search: string; readonly browser: string | undefined; readonly origin: Origin }, // prettier-ignore
    ): Promise<FederatedSignIn> {
      const url = new URL(`${redirectUri(providerId)}${search}`);
      const row = await enabled(providerId);
      const pending = row && (await take(providerId, url.searchParams.get('state'), browser));
      if (!pending) return { failure: 'expired' };
      const by: Author = {
        id: row.id,
        name: `identity provider ${row.body.displayName}`,
        ipAddress: origin.ipAddress,
        requestId: origin.requestId,
        application: true,
      };
      let failure: FederationFailure = 'refused';
      const check = async (): Promise<Check> => {
        const { issuer } = row.body.settings;
        try {
          return await accounts.settle(await peers.claimed(peerOf(row), pending, url), row, by);
        } catch (err) {
          log.warn({ err, provider: row.id, requestId: origin.requestId }, 'a federated sign-in was refused');
          if (isUnreachable(err)) return { outcome: 'storeUnavailable', issuer };
          if (err instanceof AuthorizationResponseError && err.error === 'access_denied') failure = 'cancelled';
          return { outcome: 'federationFailed', issuer };
        }
      };
      try {
        const session = await signIn.withOther('federatedSingleFactor', undefined, origin, check);
        return { session, to: pending.to };
      } catch (error) {
        if (!(error instanceof SallyportError)) throw error;
        const ticket = ticketOf(error);
        if (ticket !== undefined) return { ticket, to: pending.to };
        return { failure: failureOf(error) ?? failure };
      }
    },
  };
}
export type Flow = ReturnType<typeof createFlow>;

/** Of a sign-in that lacks nothing but acceptance of terms of use. */
const ticketOf = ({ target, details }: SallyportError): string | undefined =>
  target === termsTarget ? details.find(({ code }) => code === 'ticket')?.message : undefined;

/** What Conditional Access and the throttle say; for all else, what the check found. */
function failureOf({ code, message }: SallyportError): FederationFailure | undefined {
  if (code === 'TooManyRequests') return 'throttled';
  if (code === 'Unavailable') return 'unreachable';
  if (code !== 'Forbidden') return undefined;
  return message.startsWith('AADSTS50074') ? 'moreDemanded' : 'blockedByPolicy';
}
