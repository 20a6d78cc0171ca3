import { createServer } from 'node:https';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { loadTls } from '../apps/server/src/platform/http/index.ts';
import { codeRequest, register, startOpenIdServer, type Browser } from '../apps/server/src/openid/testing.ts';

/**
 * Sign-ins to an application through Sallyport, over HTTPS on this machine, client and server in one process:
 * `full`: a new browser, password and code, authorisation code with PKCE, tokens; `single sign-on`: the same with a session that is there;
 * `revocation`: from the call that revokes a session until userinfo refuses its token, and until the application's logout address is called.
 *
 * node bench/openid.ts [--seconds 10] [--at-once 4] [--revocations 100]
 */
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    'at-once': { type: 'string', default: '4' },
    revocations: { type: 'string', default: '100' },
  },
});
const seconds = Number(options.seconds);
const atOnce = Number(options['at-once']);
const revocations = Number(options.revocations);
const callback = 'https://bench.contoso.com/callback';

const quantile = (sorted: readonly number[], q: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN) * 100) / 100;
const spread = (times: readonly number[]) => {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99), maxMs: quantile(sorted, 1) };
};

const server = await startOpenIdServer();
const heard = new Map<string, number>();
const { certificate, key } = await loadTls(server.platform.config, server.platform.clock);
const listener = createServer({ cert: certificate, key }, (request, response) => {
  let body = '';
  request.on('data', (part) => (body += String(part)));
  request.on('end', () => {
    const token = new URLSearchParams(body).get('logout_token') ?? '';
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string };
    heard.set(claims.sid, performance.now());
    response.writeHead(200).end();
  });
});
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
const address = listener.address();
const logoutUrl = `https://localhost:${typeof address === 'object' && address ? address.port : 0}/logout`;
const app = await register(server, { displayName: 'Bench', web: { redirectUris: [callback], logoutUrl } });
const people = await Promise.all(Array.from({ length: atOnce }, (_, i) => server.person(`bench${i}`)));

const signIn = async (browser: Browser, worker: number) => {
  const { url, checks } = await codeRequest(app, callback);
  const visit = await browser.visit(url, people[worker]);
  return oidc.authorizationCodeGrant(app.config, visit.url, checks);
};
/** Runs `work` by `atOnce` workers for the time that was given. */
const measure = async (work: (worker: number) => Promise<unknown>) => {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const run = async (worker: number) => {
    while (performance.now() - began < seconds * 1000) {
      const start = performance.now();
      await work(worker);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(people.map((_, worker) => run(worker)));
  const elapsed = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = Math.round((user + system) / 10 / times.length) / 100;
  return {
    count: times.length,
    perSecond: Math.round((times.length / elapsed) * 10) / 10,
    ...spread(times),
    cpuMsEach: cpuMs,
  };
};

const revoke = async () => {
  const browser = server.browser();
  const tokens = await signIn(browser, 0);
  const claims = tokens.claims();
  const sub = claims?.sub ?? '';
  const sid = z.string().parse(claims?.['sid']);
  const began = performance.now();
  await browser.fetch('/api/signout', { json: {} });
  let refused = false;
  while (!refused)
    refused = await oidc.fetchUserInfo(app.config, tokens.access_token, sub).then(
      () => false,
      () => true,
    );
  const refusedAfter = performance.now() - began;
  while (!heard.has(sid)) await server.platform.clock.sleep(2);
  return { refusedAfter, toldAfter: (heard.get(sid) ?? NaN) - began };
};

for (const [worker] of people.entries()) await signIn(server.browser(), worker);
const full = await measure((worker) => signIn(server.browser(), worker));
const browsers = people.map(() => server.browser());
const singleSignOn = await measure((worker) => signIn(browsers[worker]!, worker));
const ends = [];
for (let round = 0; round < revocations; round += 1) ends.push(await revoke());
console.log(
  JSON.stringify({
    cores: availableParallelism(),
    atOnce,
    full,
    singleSignOn,
    revocation: {
      count: ends.length,
      refused: spread(ends.map(({ refusedAfter }) => refusedAfter)),
      told: spread(ends.map(({ toldAfter }) => toldAfter)),
    },
  }),
);
await new Promise((resolve) => listener.close(resolve));
await server.stop();
process.exit(0);
