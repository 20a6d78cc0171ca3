import { builtInRoles, createClient, SallyportError, type Client, type RoleName } from '@sallyport/contracts';
import { Secret, TOTP } from 'otpauth';
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from './app.ts';
import { hashPassword, newTotp } from './identity/secrets.ts';
import { passwords, people, type Person } from './identity/store.ts';
import type { Clock } from './platform/clock.ts';
import type { OpenPlatform } from './platform/create.ts';
import type { Platform } from './platform/types.ts';
import { startEphemeralPlatform, type EphemeralOptions } from './supervisor/ephemeral-platform.ts';

const origin = 'https://localhost:8443';
const manyRequests = { signIn: 100_000, door: 100_000, other: 100_000 };

export interface BrowserOptions {
  readonly address?: string;
  readonly userAgent?: string;
  /** Told the Cookie header whenever it changes. */
  readonly onCookie?: (cookie: string) => void;
}

export interface TestServer {
  readonly server: Server;
  readonly platform: OpenPlatform;
  /** A browser of its own: keeps cookies, sends the CSRF header and the Origin. `address` is where it seems to be. */
  browser(options?: BrowserOptions): Client;
  /** A program with a bearer token. */
  program(token: string): Client;
  stop(): Promise<void>;
}

/** The whole server on throw-away engines, without a port: requests go in by `inject`. Answers are checked by their schemas. Jobs don't run. */
export async function startTestServer(
  options: { clock?: Clock; settings?: NonNullable<EphemeralOptions['settings']> } = {},
): Promise<TestServer> {
  const { platform, stop } = await startEphemeralPlatform(options);
  const server = await createServer(platform, { rateLimits: manyRequests, checkAnswers: true });
  const inject = injector(server);
  return {
    server,
    platform,
    browser: ({ address = '192.0.2.1', userAgent = 'test browser', onCookie } = {}) => {
      const jar = new Map<string, string>();
      const own = { 'x-sallyport-csrf': '1', origin, 'user-agent': userAgent };
      return createClient({
        baseUrl: origin,
        fetch: inject({ address, jar, ...(onCookie ? { onCookie } : {}) }),
        headers: () => own,
      });
    },
    program: (token) =>
      createClient({
        baseUrl: origin,
        fetch: inject({ address: '192.0.2.2' }),
        headers: () => ({ authorization: `Bearer ${token}` }),
      }),
    stop: async () => {
      await server.http.close();
      await stop();
    },
  };
}

const headerOf = (jar: Map<string, string> = new Map()): string =>
  [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

const injector =
  ({ http }: Server) =>
  ({
    address,
    jar,
    onCookie,
  }: {
    address: string;
    jar?: Map<string, string>;
    onCookie?: (cookie: string) => void;
  }): typeof fetch =>
  async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const cookies = headerOf(jar);
    const body = init.body instanceof ArrayBuffer ? Buffer.from(init.body) : (init.body as string | undefined);
    const response = await http.app.inject({
      method: (init.method ?? 'GET') as 'GET',
      url: url.pathname + url.search,
      headers: {
        host: url.host,
        ...(init.headers as Record<string, string>),
        ...(cookies === '' ? {} : { cookie: cookies }),
      },
      remoteAddress: address,
      ...(body === undefined ? {} : { payload: body }),
    });
    for (const { name, value } of response.cookies)
      if (value === '') jar?.delete(name);
      else jar?.set(name, value);
    if (response.cookies.length > 0) onCookie?.(headerOf(jar));
    return new Response(response.statusCode === 204 ? null : new Uint8Array(response.rawPayload), {
      status: response.statusCode,
      headers: Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]),
    });
  };

/** The code that an authenticator app shows at a time. */
export const codeAt = (secret: string, time: Date): string =>
  new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30, algorithm: 'SHA1' }).generate({
    timestamp: time.getTime(),
  });

export const testPassword = 'correct horse battery staple';

/** Makes the first administrator with password and TOTP, in `browser`, which is then signed in. Answers the TOTP secret. */
export async function makeAdministrator(
  { server, platform }: TestServer,
  browser: Client,
  userPrincipalName = 'anna@contoso.com',
): Promise<string> {
  const link = await server.issueSetupLink();
  if (link === undefined) throw new Error('there is an administrator already');
  const token = new URLSearchParams(new URL(link).hash.slice(1)).get('token')!;
  const { totp } = await browser.startSetup({ body: { token, userPrincipalName, displayName: 'Anna' } });
  const totpCode = codeAt(totp.secret, platform.clock.now());
  await browser.finishSetup({ body: { method: 'passwordTotp', token, password: testPassword, totpCode } });
  return totp.secret;
}

/** Assigns a built-in role over everything, as if it had always been so. */
export const giveRole = (
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  personId: string,
  role: RoleName,
): Promise<number> =>
  database.execute(
    `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, starts_at, created_at, created_by)
     VALUES ($1, $2, $3, 'user', 'active', $4, $4, 'test')`,
    [randomUUID(), builtInRoles[role].id, personId, clock.now()],
  );

/** Takes what roles somebody was assigned, and assigns this one. */
export async function setRole(admin: Client, principalId: string, role: RoleName | ''): Promise<void> {
  const { assignments } = await admin.listRoleAssignments({ query: { principalId } });
  for (const { id } of assignments) await admin.endRoleAssignment({ params: { id } });
  if (role === '') return;
  const body = { roleId: builtInRoles[role].id, principalId, principalType: 'user' } as const;
  await admin.createRoleAssignment({ body });
}

/** Somebody who signs in by `testPassword` and the codes of the secret that is answered too. */
export async function makePerson(
  { database, sealing, clock }: Pick<Platform, 'database' | 'sealing' | 'clock'>,
  name: string,
  role: RoleName | '' = '',
): Promise<{ readonly person: Person; readonly secret: string }> {
  const person = { id: randomUUID(), userPrincipalName: `${name}@contoso.com`, displayName: name };
  await people.insert(database, person);
  if (role !== '') await giveRole({ database, clock }, person.id, role);
  const { secret } = newTotp(person.userPrincipalName);
  await passwords.insert(database, {
    personId: person.id,
    hash: await hashPassword(testPassword),
    totpSecretSealed: sealing.seal(Buffer.from(secret), `totp:${person.id}`),
    totpLastStep: 0,
  });
  return { person, secret };
}

/** The error that a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<SallyportError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SallyportError) return error;
    throw error;
  }
  throw new Error('no error came');
}
