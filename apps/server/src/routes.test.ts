import { readFileSync } from 'node:fs';
import {
  errorCodes,
  permissionsOfBuiltIn,
  routes,
  type GrantedPermission,
  type Permission,
  type RouteDefinition,
} from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAdministrator, startTestServer, type TestServer } from './testing.ts';

let test: TestServer;
/** Session cookies of people, by role; bearer tokens by their only scope. */
const cookies = new Map<string, string>();
const tokens = new Map<GrantedPermission, string>();
const all: [string, RouteDefinition][] = Object.entries(routes);
const open = all.filter(([, { permission }]) => permission === 'public');
const guarded = all.filter(([, { permission }]) => permission !== 'public');

beforeAll(async () => {
  test = await startTestServer();
  const browser = test.browser({ onCookie: (cookie) => cookies.set('Global Administrator', cookie) });
  await makeAdministrator(test, browser);
  for (const scope of permissionsOfBuiltIn('Global Administrator')) {
    const { secret } = await browser.createToken({ body: { name: `only ${scope}`, scopes: [scope] } });
    tokens.set(scope, secret);
  }
});
afterAll(() => test.stop());

/** The status that a call gets. Its parameters are made up: what is asked is who may call, not what comes of it. */
async function statusOf(route: RouteDefinition, headers: Record<string, string>): Promise<number> {
  const response = await test.server.http.app.inject({
    method: route.method,
    url: route.path.replaceAll(/:\w+/g, '00000000-0000-4000-8000-000000000000'),
    headers: { host: 'localhost:8443', 'x-sallyport-csrf': '1', ...headers },
    ...(route.body === undefined ? {} : { payload: {} }),
  });
  return response.statusCode;
}

/** Some doors say 403 where others say 401, as the products that they stand for do. */
const refused = [errorCodes.Unauthenticated, errorCodes.Forbidden] as const;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const another = (permission: Permission) => [...tokens].find(([scope]) => scope !== permission)![1];

describe('every route', () => {
  it.each(all)('%s has a handler', (_name, { method, path }) => {
    expect(test.server.http.app.hasRoute({ method, url: path })).toBe(true);
  });

  it.each(guarded)('%s is refused without a credential', async (_name, route) => {
    expect(refused).toContain(await statusOf(route, {}));
  });

  it.each(open)('%s is open without a credential', async (_name, route) => {
    expect(refused).not.toContain(await statusOf(route, {}));
  });

  it.each(all)('%s is refused with a token that is no good', async (_name, route) => {
    expect(refused).toContain(await statusOf(route, bearer('sp_no-such-token')));
  });

  it.each(guarded)('%s is refused with another permission than its own', async (_name, route) => {
    expect(await statusOf(route, bearer(another(route.permission)))).toBe(errorCodes.Forbidden);
  });

  it.each(guarded.filter(([name]) => name !== 'signOut'))('%s is open to its own permission', async (_name, route) => {
    const own =
      route.permission === 'public' || route.permission === 'signedIn' ? undefined : tokens.get(route.permission);
    const headers = own === undefined ? { cookie: cookies.get('Global Administrator')! } : bearer(own);
    expect(refused).not.toContain(await statusOf(route, headers));
  });
});

/** Paths of Fastify's own list of routes: a tree, where each line goes on after the line above that is one step less indented. */
function boundPaths(tree: string): string[] {
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent, part, methods] = /^((?:[│ ] {3})*)[├└]── (\S+)( \(.*\))?$/.exec(line) ?? [];
    if (indent === undefined || part === undefined) return [];
    const depth = indent.length / 4;
    above.splice(depth, above.length, part);
    return methods === undefined ? [] : [above.join('')];
  });
}

describe('no other route', () => {
  it('is bound beneath /api', () => {
    const known = new Set(all.map(([, { path }]) => path));
    const bound = boundPaths(test.server.http.app.printRoutes({ commonPrefix: false }));
    expect(bound).toContain('/api/me/sessions/:id');
    expect(bound.filter((path) => path.startsWith('/api') && !known.has(path))).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  it('lists every error code with its status, and no other', () => {
    const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const listed = [...text.matchAll(/^\| `(\w+)` +\| (\d{3}) +\|/gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);
    expect(Object.fromEntries(listed)).toEqual(errorCodes);
  });
});
