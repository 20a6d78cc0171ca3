import {
  startAuthentication,
  startRegistration,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';
import { z } from 'zod';

/** What the browser can't do without; the rest it checks by itself. https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialcreationoptionsjson */
const Creation = z.looseObject({
  challenge: z.string(),
  rp: z.looseObject({ name: z.string() }),
  user: z.looseObject({ id: z.string(), name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.looseObject({ alg: z.number(), type: z.literal('public-key') })),
});
const CreationOptions = z.custom<PublicKeyCredentialCreationOptionsJSON>((value) => Creation.safeParse(value).success);
const RequestOptions = z.custom<PublicKeyCredentialRequestOptionsJSON>(
  (value) => z.looseObject({ challenge: z.string() }).safeParse(value).success,
);

/** Has the browser make a passkey by the server's options. Throws what the browser says when the person gives it up. */
export async function makePasskey(options: Record<string, unknown>): Promise<Record<string, unknown>> {
  return { ...(await startRegistration({ optionsJSON: CreationOptions.parse(options) })) };
}

/** Has the browser show a passkey. Throws as `makePasskey` does. */
export async function showPasskey(options: Record<string, unknown>): Promise<Record<string, unknown>> {
  return { ...(await startAuthentication({ optionsJSON: RequestOptions.parse(options) })) };
}
