import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { publicUrlOf, type Config } from '../platform/config/index.ts';
import type { PasskeyRow } from './store.ts';

type RegistrationCredential = Parameters<typeof verifyRegistrationResponse>[0]['response'];
type AuthenticationCredential = Parameters<typeof verifyAuthenticationResponse>[0]['response'];

/** What passkeys are bound to. https://www.w3.org/TR/webauthn-3/#relying-party-identifier: a host name, never an address. */
export interface RelyingParty {
  readonly id: string;
  readonly origin: string;
}

export function relyingPartyOf(config: Config): RelyingParty {
  const url = new URL(publicUrlOf(config));
  return { id: url.hostname, origin: url.origin };
}

const challengeLifetimeMs = 5 * 60_000;
/** EdDSA, ES256, RS256: what authenticators have. The post-quantum ones are an experiment in Node still. */
const algorithms = [-8, -7, -257];

/** Asks for a passkey that can be found without a name and that checks its holder, so that it counts as two factors. */
export const registrationOptions = (
  rp: RelyingParty,
  person: { id: string; name: string; displayName: string },
  known: readonly string[] = [],
) =>
  generateRegistrationOptions({
    rpName: 'Sallyport',
    rpID: rp.id,
    userName: person.name,
    userDisplayName: person.displayName,
    userID: new TextEncoder().encode(person.id),
    timeout: challengeLifetimeMs,
    attestationType: 'none',
    excludeCredentials: known.map((id) => ({ id })),
    supportedAlgorithmIDs: algorithms,
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });

export const authenticationOptions = (rp: RelyingParty) =>
  generateAuthenticationOptions({ rpID: rp.id, timeout: challengeLifetimeMs, userVerification: 'required' });

/** What is kept of a new passkey; undefined when the credential doesn't answer this challenge at this address. */
export async function checkRegistration(
  rp: RelyingParty,
  challenge: string,
  credential: Record<string, unknown>,
): Promise<Omit<PasskeyRow, 'personId'> | undefined> {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: credential as unknown as RegistrationCredential,
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified || !registrationInfo) return undefined;
    const { id, publicKey, counter, transports } = registrationInfo.credential;
    return {
      credentialId: id,
      publicKey: Buffer.from(publicKey),
      counter,
      transports: transports ?? [],
      aaguid: registrationInfo.aaguid,
    };
  } catch {
    // The library throws on everything that isn't as it should be; the input is a stranger's.
    return undefined;
  }
}

/** The passkey's new counter; undefined when the credential doesn't answer this challenge with this passkey. */
export async function checkAuthentication(
  rp: RelyingParty,
  challenge: string,
  credential: Record<string, unknown>,
  passkey: PasskeyRow,
): Promise<number | undefined> {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: credential as unknown as AuthenticationCredential,
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(passkey.publicKey),
        counter: passkey.counter,
        transports: passkey.transports as NonNullable<
          Parameters<typeof verifyAuthenticationResponse>[0]['credential']['transports']
        >,
      },
    });
    return verified ? authenticationInfo.newCounter : undefined;
  } catch {
    return undefined;
  }
}

export { challengeLifetimeMs };
