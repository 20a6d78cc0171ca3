import { Client, HTTPMessageHandler, type Context, type Middleware } from '@microsoft/microsoft-graph-client';
import type { Client as Browser } from '@sallyport/contracts';
import { codeAt, makePerson, testPassword, type TestServer } from '../../testing.ts';
import type { Person } from '../../identity/index.ts';

/** The whole server on a port. */
export interface ServerOnPort {
  readonly test: TestServer;
  readonly url: string;
}

/** Somebody who is signed in, with Microsoft's client in their session. */
export interface SignedInPerson {
  readonly person: Person;
  readonly browser: Browser;
  readonly graph: Client;
  /** Signs in anew: a session is over when it was not used for a day. */
  again(): Promise<void>;
}

/** Sends the session as a browser does, where the client would send a token. */
class SessionHandler implements Middleware {
  readonly #headers: () => Record<string, string>;
  #next: Middleware | undefined;
  constructor(headers: () => Record<string, string>) {
    this.#headers = headers;
  }
  async execute(context: Context): Promise<void> {
    const own = { ...this.#headers(), ...(context.options?.body ? { 'content-type': 'application/json' } : {}) };
    const given = new Headers(context.options?.headers);
    for (const [name, value] of Object.entries(own)) given.set(name, value);
    context.options = { ...context.options, headers: Object.fromEntries(given) };
    await this.#next?.execute(context);
  }
  setNext(next: Middleware): void {
    this.#next = next;
  }
}

/** Microsoft's client with a session’s cookie. */
export function sessionClient(server: Pick<ServerOnPort, 'url'>, cookie: () => string): Client {
  const handler = new SessionHandler(() => ({ cookie: cookie(), 'x-sallyport-csrf': '1' }));
  handler.setNext(new HTTPMessageHandler());
  return Client.initWithMiddleware({
    middleware: handler,
    baseUrl: `${server.url}/`,
    customHosts: new Set(['localhost']),
  });
}

export const tokenClient = (server: Pick<ServerOnPort, 'url'>, token: string): Client =>
  Client.initWithMiddleware({
    authProvider: { getAccessToken: () => Promise.resolve(token) },
    baseUrl: `${server.url}/`,
    customHosts: new Set(['localhost']),
  });

/** Makes somebody without any role, and signs them in by password and code. */
export async function signedInPerson(server: ServerOnPort, name: string): Promise<SignedInPerson> {
  const { platform } = server.test;
  const { person, secret } = await makePerson(platform, name);
  let cookie = '';
  const browser = server.test.browser({ onCookie: (set) => (cookie = set) });
  const again = async () => {
    await browser.signInWithPassword({
      body: {
        userPrincipalName: person.userPrincipalName,
        password: testPassword,
        totpCode: codeAt(secret, platform.clock.now()),
      },
    });
  };
  await again();
  return { person, browser, graph: sessionClient(server, () => cookie), again };
}

/** What Graph's client throws. */
export async function graphFailure(
  promise: Promise<unknown>,
): Promise<{ status: number; code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    if (typeof error !== 'object' || error === null || !('statusCode' in error)) throw error;
    const { statusCode, code, message } = error as { statusCode: number; code: string; message: string };
    return { status: statusCode, code, message };
  }
  throw new Error('no error came');
}
