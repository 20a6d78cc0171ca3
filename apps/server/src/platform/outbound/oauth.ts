import { createHash } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { Clock } from '../clock.ts';

/** What tokens are asked with. */
export interface TokenFetcher {
  call(
    url: URL,
    call: { readonly method: 'POST'; readonly headers: Readonly<Record<string, string>>; readonly body: string },
  ): Promise<{ readonly status: number; readonly text: string }>;
}

/** So long before its end a token is not used any more. */
const marginMs = 60_000;
/** Of tokens that don't say how long they hold (RFC 6749, 5.1). */
const defaultLifeSeconds = 300;
const cachedMax = 1_000;

const Token = z.object({
  access_token: z.string().min(1).max(100_000),
  expires_in: z.coerce.number().positive().optional(),
});
const TokenError = z.object({ error: z.string(), error_description: z.string().optional() });

/** Access tokens, until they end. In memory only. */
export class TokenCache {
  readonly #tokens = new Map<string, { readonly token: string; readonly until: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): string | undefined {
    const known = this.#tokens.get(key);
    return known !== undefined && known.until > this.#clock.now().getTime() ? known.token : undefined;
  }

  set(key: string, token: string, lifeSeconds: number): void {
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size >= cachedMax && oldest !== undefined) this.#tokens.delete(oldest);
    this.#tokens.set(key, { token, until: this.#clock.now().getTime() + lifeSeconds * 1_000 - marginMs });
  }

  drop(key: string): void {
    this.#tokens.delete(key);
  }
}

/** Who asks for a token, and where. */
export interface OAuthClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly scope: string;
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** OAuth 2.0 client credentials (RFC 6749, 4.4): with the secret in the body, and in a header where a server wants that. */
async function askToken(
  fetcher: TokenFetcher,
  { tokenUrl, clientId, scope }: OAuthClient,
  secret: string,
): Promise<z.infer<typeof Token>> {
  const form = { grant_type: 'client_credentials', ...(scope === '' ? {} : { scope }) };
  const url = new URL(tokenUrl);
  const ask = (more: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) =>
    fetcher.call(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ ...form, ...more }).toString(),
    });
  let answer = await ask({ client_id: clientId, client_secret: secret }, {});
  if (answer.status === 401)
    answer = await ask({}, { authorization: basic(encodeURIComponent(clientId), encodeURIComponent(secret)) });
  const token = Token.safeParse(parsed(answer.text));
  if (answer.status === 200 && token.success) return token.data;
  const said = TokenError.safeParse(parsed(answer.text));
  const reason = said.success ? `${said.data.error} ${said.data.error_description ?? ''}`.trim().slice(0, 300) : '';
  throw new SallyportError(
    answer.status >= 500 ? 'Unavailable' : 'Unauthenticated',
    `${url.host} gives no token: it answered ${answer.status}${reason === '' ? '' : ` (${reason})`}`,
  );
}

const keyOf = ({ tokenUrl, clientId, scope }: OAuthClient, secret: string): string =>
  createHash('sha256')
    .update(JSON.stringify([tokenUrl, clientId, scope, secret]))
    .digest('base64url');

/** A token that still holds, or a new one. Throws SallyportError. */
export async function clientToken(
  tokens: TokenCache,
  fetcher: TokenFetcher,
  client: OAuthClient,
  secret: string,
): Promise<string> {
  const key = keyOf(client, secret);
  const known = tokens.get(key);
  if (known !== undefined) return known;
  const { access_token: fresh, expires_in: life = defaultLifeSeconds } = await askToken(fetcher, client, secret);
  tokens.set(key, fresh, life);
  return fresh;
}

/** The token was refused: the next one is new. */
export const dropToken = (tokens: TokenCache, client: OAuthClient, secret: string): void =>
  tokens.drop(keyOf(client, secret));
