import { sign } from '@octokit/webhooks-methods';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDoorServer, type DoorServer } from '../testing/door-server.ts';

let server: DoorServer;
let key: string;
beforeAll(async () => {
  server = await startDoorServer();
  key = (await server.admin.createToken({ body: { name: 'github', scopes: ['data.ingest'] } })).sharedKey ?? '';
  await server.admin.createToken({ body: { name: 'reads', scopes: ['data.read'] } });
}, 120_000);
afterAll(() => server.stop());

const post = (name: string, body: string, headers: Record<string, string>) =>
  server.call('POST', `/webhooks/${name}`, { body, headers: { 'content-type': 'application/json', ...headers } });

/** As GitHub sends it, signed by GitHub's own library. */
const deliver = async (body: string, delivery: string, name = 'github', secret = key) =>
  post(name, body, {
    'x-github-event': 'push',
    'x-github-delivery': delivery,
    'x-hub-signature-256': await sign(secret, body),
  });

const events = (where: string) =>
  server.rows(`SELECT Source, SourceType, Door, Event FROM GenericEvents_CL WHERE ${where} ORDER BY Event`);

describe('a webhook', () => {
  it('of GitHub is stored with the name and kind of its event, once for each delivery', async () => {
    const body = '{"ref":"refs/heads/main","commits":[{"id":"a1"}]}';
    for (let attempt = 0; attempt < 3; attempt++)
      expect(await deliver(body, 'd-1')).toMatchObject({ status: 200, body: { accepted: 1 } });
    expect(await deliver(body, 'd-2')).toMatchObject({ status: 200 });
    const row = ['github', 'push', 'webhook', body];
    expect(await events(`Event LIKE '%heads/main%'`)).toEqual([row, row]);
  });

  it('may be a form, an array, or for a stream', async () => {
    const form = new URLSearchParams({ payload: '{"form":1}' }).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-hub-signature-256': await sign(key, form),
    };
    expect((await post('github', form, headers)).status).toBe(200);
    expect((await deliver('[{"many":1},{"many":2}]', 'd-3')).body).toEqual({ accepted: 2 });
    const row = '{"Computer":"hooked"}';
    const signature = await sign(key, row);
    expect((await post('github?stream=Microsoft-Syslog', row, { 'x-hub-signature-256': signature })).status).toBe(200);
    expect((await post('github?stream=Custom-Nothing', row, { 'x-hub-signature-256': signature })).status).toBe(404);
    expect(await server.rows(`SELECT count() FROM Syslog WHERE Computer = 'hooked'`)).toEqual([[1]]);
    expect(await events(`Event LIKE '%form%' OR Event LIKE '%many%'`)).toHaveLength(3);
  });

  it('may bring a token in place of a signature', async () => {
    expect((await post('any', '{"bearer":1}', { authorization: `Bearer ${server.token}` })).status).toBe(200);
  });

  it('with another signature, key or name, or with none, is refused, and nothing of it is stored', async () => {
    const body = '{"forged":true}';
    const statuses = [
      await deliver(body, 'f-1', 'github', 'another key'),
      await deliver(body, 'f-2', 'sender'),
      await deliver(body, 'f-3', 'nobody'),
      await deliver(body, 'f-4', 'reads'),
      await post('github', body, { 'x-hub-signature-256': await sign(key, `${body} `) }),
      await post('github', body, { 'x-hub-signature-256': 'sha256=00' }),
      await post('github', body, {}),
    ].map(({ status }) => status);
    expect(statuses).toEqual(statuses.map(() => 401));
    expect(await events(`Event LIKE '%forged%'`)).toEqual([]);
  });

  it('that is not JSON is refused', async () => {
    expect(await deliver('not json', 'b-1')).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
  });
});
