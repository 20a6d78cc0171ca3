import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';

/** What the provider does where a good one would do the right thing. */
export interface Shape {
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Over what is right in the ID token. */
  readonly token?: Readonly<Record<string, unknown>>;
  /** Over what is right in the answer's query; undefined leaves a parameter out. */
  readonly answer?: Readonly<Record<string, string | undefined>>;
  readonly signature?: 'another key' | 'none';
}

/** A provider of OpenID Connect whose every answer a test shapes: a real HTTPS server with discovery, keys and a token endpoint that holds PKCE. */
export interface ShapedProvider {
  readonly issuer: string;
  /** As its person signs in there and is sent back: answers where to. */
  authorize(location: string, shape?: Shape): URL;
  stop(): Promise<void>;
}

export async function startShapedProvider(
  tls: { readonly certificate: string; readonly key: string },
  { clientId, secret, namesItself = true }: { readonly clientId: string; readonly secret: string; readonly namesItself?: boolean }, // prettier-ignore
): Promise<ShapedProvider> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const other = await generateKeyPair('RS256');
  const codes = new Map<string, { readonly asked: URLSearchParams; readonly shape: Shape }>();
  let issuer = '';

  const tokenFor = async (asked: URLSearchParams, shape: Shape): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      aud: clientId,
      iat: now,
      exp: now + 300,
      nonce: asked.get('nonce') ?? '',
      ...shape.claims,
      ...shape.token,
    };
    if (shape.signature === 'none') return new UnsecuredJWT(claims).encode();
    const key = shape.signature === 'another key' ? other.privateKey : privateKey;
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(key);
  };
  const answerToken = async (authorization: string, body: URLSearchParams) => {
    const known = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    const [id, given] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' '))); // prettier-ignore
    if (id !== clientId || given !== secret) return { status: 401, body: { error: 'invalid_client' } };
    if (!known || known.asked.get('code_challenge') !== challenge)
      return { status: 400, body: { error: 'invalid_grant' } };
    const idToken = await tokenFor(known.asked, known.shape);
    return { status: 200, body: { access_token: 'at', token_type: 'Bearer', id_token: idToken } };
  };

  const server = createServer({ cert: tls.certificate, key: tls.key }, (request, response) => {
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const answer = async () => {
      if (request.url === '/.well-known/openid-configuration')
        return json(200, {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
          ...(namesItself ? { authorization_response_iss_parameter_supported: true } : {}),
        });
      if (request.url === '/keys')
        return json(200, { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] });
      let body = '';
      for await (const part of request) body += String(part);
      const { status, body: said } = await answerToken(request.headers.authorization ?? '', new URLSearchParams(body));
      return json(status, said);
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  issuer = `https://localhost:${port}`;
  return {
    issuer,
    authorize: (location, shape = {}) => {
      const asked = new URL(location).searchParams;
      const code = randomUUID();
      codes.set(code, { asked, shape });
      const url = new URL(asked.get('redirect_uri') ?? '');
      const right = { code, state: asked.get('state') ?? '', ...(namesItself ? { iss: issuer } : {}) };
      for (const [name, value] of Object.entries({ ...right, ...shape.answer }))
        if (value !== undefined) url.searchParams.set(name, value);
      return url;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
