import { randomUUID } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  type RoleName,
  applicationRoutes,
  directoryRoutes,
  federationRoutes,
  graphApplicationRoutes,
  graphConditionalAccessRoutes,
  graphFederationRoutes,
  interactionRoutes,
  ldapRoutes,
  samlRoutes,
  sessionRoutes,
  termsOfUseRoutes,
  type GrantedPermission,
  type Interaction,
} from '@sallyport/contracts';
import { freePort } from '@sallyport/testkit/running';
import * as oidc from 'openid-client';
import { createAccess } from '../access/index.ts';
import { createConditionalAccess } from '../conditional-access/index.ts';
import { graphError } from '../hunting/faces/graph/index.ts';
import { createAskForToken, publishPeople, createIdentity, type Person } from '../identity/index.ts';
import { createAuditLog } from '../platform/audit/index.ts';
import { systemClock } from '../platform/clock.ts';
import { loadConfig, publicUrlOf } from '../platform/config/index.ts';
import { createHttpServer, loadTls } from '../platform/http/index.ts';
import { createJobs, type JobRunner, type Jobs } from '../platform/jobs/index.ts';
import { silentLog } from '../platform/log.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createOutbox } from '../platform/outbox/index.ts';
import { createSealing, loadSealingKey } from '../platform/sealing.ts';
import { hashSecret, newSecret } from '../platform/tokens.ts';
import { createTracing } from '../platform/tracing.ts';
import { createWork } from '../platform/work.ts';
import type { Platform } from '../platform/types.ts';
import { startEphemeralDatabase } from '../supervisor/ephemeral-database.ts';
import { removeDataFolder, temporaryFolder } from '../supervisor/temporary.ts';
import { codeAt, makePerson, testPassword } from '../testing.ts';
import { createApplicationCommands, type NewPassword } from './applications/commands.ts';
import type { ApplicationRow } from './applications/store.ts';
import { createOpenId } from './index.ts';

/** Nothing of sign-ins to applications asks the lake; what would is a fault of the test. */
const noLake = new Proxy({} as Platform['lake'], {
  get: () => {
    throw new Error('there is no lake in this test');
  },
});
const noWorkspaces = new Proxy({} as Platform['workspaces'], {
  get: () => {
    throw new Error('there are no workspaces in this test');
  },
});

export interface OpenIdServer {
  readonly platform: Platform;
  readonly issuer: string;
  readonly domains: Domains;
  readonly admin: { readonly id: string; readonly name: string };
  /** Somebody without rights in Sallyport, who signs in by password and code. */
  person(name: string, role?: string): Promise<Person>;
  browser(): Browser;
  /** An API token. */
  token(...scopes: GrantedPermission[]): Promise<string>;
  /** Rows that are on their way to a table of the lake, oldest first. */
  rows(table: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** For a second server of a process, where there can be one runner of jobs only. In these tests no job runs anyway. */
const noJobs: Pick<JobRunner, 'close'> & Jobs = {
  define: () => undefined,
  schedule: () => undefined,
  start: () => Promise.reject(new Error('there are no jobs in this test')),
  result: () => Promise.reject(new Error('there are no jobs in this test')),
  close: () => Promise.resolve(),
};

async function startPlatform(issuer: string, second: boolean) {
  const database = await startEphemeralDatabase();
  const dataDir = temporaryFolder();
  const clock = systemClock;
  const log = silentLog;
  const metrics = createMetrics({ processMetrics: false });
  const tracing = createTracing();
  const flags = { dataDir, databaseUrl: database.url, lakeUrl: 'http://127.0.0.1:1', publicUrl: issuer };
  const config = loadConfig({ flags, environment: {}, file: '' });
  const outbox = createOutbox({ database: database.database, target: noLake, clock, log, metrics });
  const audit = createAuditLog({ database: database.database, outbox, clock });
  const work = createWork(audit);
  const jobs = second ? noJobs : createJobs({ database: database.database, log, metrics, tracing, work });
  const platform: Platform = {
    config,
    clock,
    log,
    metrics,
    tracing,
    database: database.database,
    lake: noLake,
    workspaces: noWorkspaces,
    outbox,
    spool: { folder: dataDir, groupId: undefined },
    audit,
    work,
    sealing: createSealing(loadSealingKey(dataDir)),
    jobs,
  };
  const stop = async () => {
    await jobs.close();
    await database.stop();
    removeDataFolder(dataDir);
  };
  return { platform, stop };
}

function createDomains(platform: Platform) {
  const conditionalAccess = createConditionalAccess(platform);
  const access = createAccess(platform, {
    ask: createAskForToken(platform, conditionalAccess.gate),
    publish: (ids, tx) => publishPeople(platform, ids, tx),
    sight: () => Promise.resolve([]),
    fault: () => undefined,
  });
  const identity = createIdentity(platform, { ...conditionalAccess, access });
  return {
    access,
    conditionalAccess,
    identity,
    openid: createOpenId(platform, { ...conditionalAccess, effective: access.effective }),
  };
}
type Domains = ReturnType<typeof createDomains>;

async function startHttp(platform: Platform, { access, conditionalAccess, identity, openid }: Domains, port: number) {
  const tls = await loadTls(platform.config, platform.clock);
  const many = 1_000_000;
  const http = await createHttpServer({
    requireWholeIncident: () => Promise.resolve(),
    ...platform,
    tls,
    publicUrl: publicUrlOf(platform.config),
    trustedProxies: [],
    drainTime: 100,
    portalFolder: platform.config.dataDir,
    rateLimits: { signIn: many, door: many, other: many },
    checkAnswers: true,
    noteUse: access.uses.note,
    authenticator: {
      session: identity.callerOfSession,
      token: async (token, from) =>
        (await access.callerOfToken(token, from)) ?? openid.callerOfAccessToken(token, from),
      certificate: access.callerOfCertificate,
      sharedKey: access.callerOfSharedKey,
      signers: access.signers,
    },
  });
  http.bind(sessionRoutes, identity.handlers);
  http.bind(termsOfUseRoutes, identity.terms);
  http.bind(directoryRoutes, identity.directory);
  http.bind(ldapRoutes, identity.ldap);
  http.bind(federationRoutes, identity.federation.handlers);
  http.bind(graphFederationRoutes, identity.federation.graph, graphError);
  http.bind(graphConditionalAccessRoutes, conditionalAccess.graph, graphError);
  http.bind(applicationRoutes, openid.handlers);
  http.bind(graphApplicationRoutes, openid.graph, graphError);
  http.bind(interactionRoutes, openid.interactions);
  http.bind(samlRoutes, openid.saml);
  http.mount(openid.mounted, openid.handle);
  await http.listen({ host: '127.0.0.1', port });
  setDefaultCACertificates([...getCACertificates('default'), tls.authority]);
  return http;
}

/** What sign-ins to applications need of the server, at its own issuer's address: PostgreSQL, HTTPS, identity, access, the provider. No lake. */
export async function startOpenIdServer({ second = false } = {}): Promise<OpenIdServer> {
  const port = await freePort();
  const issuer = `https://localhost:${port}`;
  const { platform, stop } = await startPlatform(issuer, second);
  const { database } = platform;
  const domains = createDomains(platform);
  const http = await startHttp(platform, domains, port);
  await domains.openid.start?.();
  const secrets = new Map<string, string>();
  const person = async (name: string, role: RoleName | '' = ''): Promise<Person> => {
    const made = await makePerson(platform, name, role);
    secrets.set(made.person.userPrincipalName, made.secret);
    return made.person;
  };
  const { id, userPrincipalName } = await person('anna', 'Security Administrator');
  return {
    platform,
    issuer,
    domains,
    admin: { id, name: userPrincipalName },
    person,
    browser: () => new Browser(issuer, platform, secrets),
    token: async (...scopes) => {
      const secret = `sp_${newSecret()}`;
      await database.execute(
        `INSERT INTO api_tokens (id, token_hash, name, scopes, created_by, created_at, expires_at) VALUES ($1, $2, 'test', $3, 'anna', now(), now() + interval '1 day')`,
        [randomUUID(), hashSecret(secret), scopes],
      );
      return secret;
    },
    rows: async (table) =>
      (
        await database.query<{ row: Record<string, unknown> }>(
          'SELECT row FROM lake_outbox WHERE lake_table = $1 ORDER BY id',
          [table],
        )
      ).map(({ row }) => row),
    stop: async () => {
      await domains.openid.stop?.();
      await http.close();
      await stop();
    },
  };
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** Keeps cookies as a browser does, and follows redirections only when told to. */
export class Browser {
  readonly #issuer: string;
  readonly #platform: Platform;
  readonly #secrets: ReadonlyMap<string, string>;
  cookies: Cookie[] = [];

  constructor(issuer: string, platform: Platform, secrets: ReadonlyMap<string, string>) {
    this.#issuer = issuer;
    this.#platform = platform;
    this.#secrets = secrets;
  }

  async fetch(
    address: string | URL,
    options: { form?: Record<string, string>; json?: unknown } = {},
  ): Promise<Response> {
    const url = new URL(address, this.#issuer);
    const sent = this.cookies.filter(({ path }) => url.pathname.startsWith(path));
    const { form, json } = options;
    const answer = await fetch(url, {
      method: form || json !== undefined ? 'POST' : 'GET',
      redirect: 'manual',
      headers: {
        'user-agent': 'Mozilla/5.0 (Windows NT 10.0) test',
        accept: 'text/html',
        cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; '),
        ...(form || json !== undefined ? { origin: this.#issuer } : {}),
        ...(json === undefined ? {} : { 'x-sallyport-csrf': '1', 'content-type': 'application/json' }),
      },
      ...(form ? { body: new URLSearchParams(form) } : {}),
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    for (const line of answer.headers.getSetCookie()) this.#keep(line, url);
    return answer;
  }

  #keep(line: string, url: URL): void {
    const [pair = '', ...attributes] = line.split(/;\s*/);
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? url.pathname;
    const gone = value === '' || attributes.some((one) => /^expires=Thu, 01 Jan 1970/i.test(one));
    this.cookies = this.cookies.filter((cookie) => cookie.name !== name || cookie.path !== path);
    if (!gone) this.cookies.push({ name, value, path });
  }

  async signIn({ userPrincipalName }: Pick<Person, 'userPrincipalName'>): Promise<void> {
    // The same half minute has one code, which is good once.
    await this.#platform.database.execute('UPDATE passwords SET totp_last_step = 0');
    const totpCode = codeAt(this.#secrets.get(userPrincipalName) ?? '', new Date());
    const answer = await this.fetch('/api/signin/password', { json: { userPrincipalName, password: testPassword, totpCode } }); // prettier-ignore
    if (!answer.ok) throw new Error(`no sign-in: ${await answer.text()}`);
  }

  async details(uid: string): Promise<Interaction> {
    const answer = await this.fetch(`/openid/interaction/${uid}/details`);
    if (!answer.ok) throw new Error(`no interaction: ${await answer.text()}`);
    return (await answer.json()) as Interaction;
  }

  async answer(uid: string, answer: 'continue' | 'accept' | 'cancel'): Promise<string> {
    const response = await this.fetch(`/openid/interaction/${uid}/answer`, { json: { answer } });
    if (!response.ok) throw new Error(`no answer taken: ${await response.text()}`);
    return ((await response.json()) as { location: string }).location;
  }

  /** Goes where an application sends it, signs in as `person` and agrees where that is asked for. Answers where it comes out, and what was asked. */
  async visit(address: string | URL, person?: Pick<Person, 'userPrincipalName'>): Promise<Visit> {
    const asked: Interaction['needs'][] = [];
    let next = new URL(address, this.#issuer).href;
    for (let step = 0; step < 12; step += 1) {
      const uid = /\/openid\/interaction\/([\w-]+)$/.exec(next)?.[1];
      if (uid !== undefined) {
        const { needs } = await this.details(uid);
        asked.push(needs);
        if (needs === 'signIn' && !person) return { url: new URL(next), asked, response: undefined };
        if (needs === 'signIn' && person) await this.signIn(person);
        next = await this.answer(uid, needs === 'consent' || needs === 'terms' ? 'accept' : 'continue');
        continue;
      }
      if (!next.startsWith(this.#issuer)) return { url: new URL(next), asked, response: undefined };
      const response = await this.fetch(next);
      const location = response.headers.get('location');
      if (location === null) return { url: new URL(next), asked, response };
      next = new URL(location, next).href;
    }
    throw new Error('the browser goes round and round');
  }
}

/** Makes terms of use, and a policy that demands them of a person for an application. Answers what takes the policy away. */
export async function demandTerms(
  server: OpenIdServer,
  { displayName, personId, appId }: { readonly displayName: string; readonly personId: string; readonly appId: string },
): Promise<() => Promise<void>> {
  const { domains, issuer, admin } = server;
  const files = [
    { fileName: 'rules.md', language: 'en', fileData: { data: Buffer.from('# Be kind').toString('base64') } },
  ];
  const by = { ...admin, ipAddress: '192.0.2.1', requestId: randomUUID() };
  const { id } = await domains.conditionalAccess.terms.add({ displayName, files }, by);
  const headers = {
    authorization: `Bearer ${await server.token('conditionalAccess.manage')}`,
    'content-type': 'application/json',
  };
  const policies = `${issuer}/v1.0/identity/conditionalAccess/policies`;
  const body = JSON.stringify({
    displayName,
    state: 'enabled',
    conditions: { users: { includeUsers: [personId] }, applications: { includeApplications: [appId] } },
    grantControls: { operator: 'OR', termsOfUse: [id] },
  });
  const made = await fetch(policies, { method: 'POST', headers, body });
  if (!made.ok) throw new Error(await made.text());
  const policy = (await made.json()) as { id: string };
  return async () => void (await fetch(`${policies}/${policy.id}`, { method: 'DELETE', headers }));
}

export interface Visit {
  readonly url: URL;
  readonly asked: readonly Interaction['needs'][];
  /** The page that it ends at, when that is the provider's. */
  readonly response: Response | undefined;
}

/** An application as its developer sees it. */
export interface TestApplication {
  readonly application: ApplicationRow;
  readonly appId: string;
  readonly secret: string;
  readonly config: oidc.Configuration;
}

/** Registers an application, with a secret unless it is public, and finds the provider by discovery. */
export async function register(
  { platform, admin, issuer }: OpenIdServer,
  body: Record<string, unknown>,
  password: NewPassword = {},
): Promise<TestApplication> {
  const commands = createApplicationCommands(platform);
  const by = { ...admin, ipAddress: '192.0.2.1', requestId: randomUUID() };
  const application = await commands.add(body, by, true);
  const { appId, id } = application;
  const isPublic = 'spa' in body || 'publicClient' in body || body['isFallbackPublicClient'] === true;
  const secret = isPublic
    ? ''
    : (await commands.addPassword({ by: 'id', value: id }, password, by, { ...by, grants: [] })).secretText;
  const authentication = isPublic ? oidc.None() : oidc.ClientSecretBasic(secret);
  const config = await oidc.discovery(new URL(issuer), appId, undefined, authentication);
  return { application, appId, secret, config };
}

/** A request for a code, as openid-client makes it. */
export async function codeRequest(
  { config }: Pick<TestApplication, 'config'>,
  redirectUri: string,
  more: Record<string, string> = {},
) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...more,
  });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
  return { url, checks };
}
