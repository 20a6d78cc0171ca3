import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '@sallyport/contracts';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../testing.ts';

let test: TestServer;
let admin: Client;

beforeAll(async () => {
  test = await startTestServer();
  admin = test.browser();
  await makeAdministrator(test, admin);
}, 120_000);
afterAll(() => test.stop());

const text = (change: { id?: string; query?: string; name?: string } = {}): string => `# kept as it is
id: ${change.id ?? 'own-1'}
name: ${change.name ?? 'Log cleared'}
kind: Scheduled
severity: High
queryFrequency: 5m
queryPeriod: 5m
triggerOperator: gt
triggerThreshold: 0
query: |
  SecurityEvent
  | where EventID == 1102
  ${change.query ?? '| project TimeGenerated, Computer'}
`;
const save = (id: string, body: string, version: number | null) =>
  admin.saveRule({ params: { id }, body: { text: body, version, note: 'test' } });
const rules = () => test.server.domains.detection.rules.rules;
const listed = async (id: string) => (await admin.listRules()).rules.find((rule) => rule.id === id);
const sigma = `title: Odd
id: 11111111-1111-4111-8111-111111111111
logsource: { category: process_creation, product: windows }
detection:
  selection: { Image|endswith: '\\odd.exe' }
  condition: selection
level: high
`;

it('a rule is checked, saved, in use at once, kept in versions, and removed', async () => {
  const wrong = text({ query: '| where Nonsense == 1' });
  expect((await admin.checkRule({ body: { text: wrong } })).problems).toMatchObject([
    { line: 13, code: 'InvalidQuery', message: expect.stringContaining('Nonsense') },
  ]);
  expect((await admin.checkRule({ body: { text: 'a: 1' } })).problems).toMatchObject([{ level: 'error' }]);
  expect(await errorOf(save('own-1', wrong, null))).toMatchObject({ code: 'BadRequest', target: 'line 13' });
  expect(await errorOf(save('other', text(), null))).toMatchObject({ code: 'BadRequest', target: 'body.text' });

  expect(await save('own-1', text(), null)).toMatchObject({ version: 1, origin: 'own', template: null, text: text() });
  expect(await listed('own-1')).toMatchObject({ origin: 'own', enabled: true, tables: ['SecurityEvent'] });
  expect(await errorOf(save('own-1', text(), null))).toMatchObject({ code: 'Conflict' });

  const at = new Date('2026-01-01T00:03:00Z');
  await test.platform.lake.insertRows('SecurityEvent', [{ TimeGenerated: at, EventID: 1102, Computer: 'dc01' }]);
  const { detection } = test.server.domains;
  const outcome = await detection.sweep({ rules: rules().filter(({ id }) => id === 'own-1') });
  expect(outcome).toMatchObject({ alerts: 1 });

  expect(await save('own-1', text({ name: 'Other' }), 1)).toMatchObject({ version: 2 });
  expect(await errorOf(save('own-1', text(), 1))).toMatchObject({ code: 'Conflict' });
  const params = { id: 'own-1' };
  expect(await admin.revertRule({ params, body: { version: 1 } })).toMatchObject({ version: 3, text: text() });
  expect((await admin.listRuleVersions({ params })).versions.map(({ version, note }) => [version, note])).toEqual([
    [3, 'back to version 1'],
    [2, 'test'],
    [1, 'test'],
  ]);
  expect((await admin.getRuleVersion({ params: { id: 'own-1', version: 2 } })).text).toContain('Other');

  await admin.changeRules({ body: { ids: ['own-1'], action: 'disable' } });
  expect(await listed('own-1')).toMatchObject({ enabled: false });
  await admin.deleteRule({ params });
  expect(rules().some(({ id }) => id === 'own-1')).toBe(false);
  expect(await errorOf(admin.deleteRule({ params }))).toMatchObject({ code: 'NotFound' });
  const audited = (await test.platform.audit.newest(50)).map(({ operation, target }) => `${operation} ${target}`);
  for (const one of ['saveRule rule own-1', 'revertRule rule own-1', 'changeRules 1 rules', 'deleteRule rule own-1'])
    expect(audited).toContain(one);
}, 120_000);

it('a changed copy stands in the place of a shipped rule, and learns when that one changes', async () => {
  const { id, yaml } = rules()[0]!;
  const params = { id };
  expect(await admin.getRuleText({ params })).toMatchObject({ origin: 'shipped', version: null, template: null });
  const mine = yaml.replace(/^name:.*$/m, 'name: Mine');
  expect(await save(id, mine, null)).toMatchObject({
    template: { id, before: yaml, now: yaml, updateAvailable: false },
  });
  expect(
    rules()
      .filter((rule) => rule.id === id)
      .map(({ name }) => name),
  ).toEqual(['Mine']);

  const older = async () => {
    await test.platform.database.execute(`UPDATE own_rules SET template_text = 'older' WHERE id = $1`, [id]);
    await test.platform.database.execute('UPDATE own_rules_revision SET revision = revision + 1');
    await admin.changeRules({ body: { ids: ['nothing'], action: 'delete' } });
  };
  await older();
  expect(await listed(id)).toMatchObject({ updateAvailable: true, name: 'Mine' });
  expect(await admin.settleRuleUpdate({ params, body: { choice: 'keep' } })).toMatchObject({ text: mine, version: 1 });
  expect(await listed(id)).toMatchObject({ updateAvailable: false });
  await older();
  expect(await admin.settleRuleUpdate({ params, body: { choice: 'apply' } })).toMatchObject({ text: yaml, version: 2 });
  await admin.deleteRule({ params });
  expect(await listed(id)).toMatchObject({ origin: 'shipped' });
}, 120_000);

it('files are previewed, brought, and taken along', async () => {
  const files = [
    { path: 'a.yaml', text: text({ id: 'a' }) },
    { path: 'b.yaml', text: text({ id: 'b', query: '| where Nonsense == 1' }) },
    { path: 's.yml', text: sigma },
    { path: 'bad.yaml', text: 'id: [\n' },
  ];
  const preview = await admin.importRules({ body: { files } });
  expect(preview.saved).toBe(0);
  expect(preview.rules.map(({ id, form, state }) => [id, form, state])).toEqual([
    ['a', 'sentinel', 'new'],
    ['b', 'sentinel', 'new'],
    ['11111111-1111-4111-8111-111111111111', 'sigma', 'new'],
  ]);
  expect(preview.rules[1]!.warnings).toMatchObject([{ path: 'b.yaml', line: 13, code: 'InvalidQuery' }]);
  expect(preview.problems.every(({ path, level }) => path === 'bad.yaml' && level === 'error')).toBe(true);
  expect(await admin.importRules({ body: { files, apply: true, only: ['a'] } })).toMatchObject({ saved: 1 });
  const again = await admin.importRules({ body: { files, apply: true } });
  expect(again).toMatchObject({ saved: 2, rules: [{ id: 'a', state: 'same' }, { id: 'b' }, {}] });
  expect(await listed('a')).toMatchObject({ enabled: true });
  expect(await listed('b')).toMatchObject({
    enabled: false,
    disabledReason: expect.stringContaining('did not compile'),
  });
  expect(rules().find(({ id }) => id.startsWith('1111'))).toMatchObject({ kind: 'NRT', severity: 'High' });

  const changed = [{ path: 'a.yaml', text: text({ id: 'a', name: 'New name' }) }];
  expect(await admin.importRules({ body: { files: changed, apply: true } })).toMatchObject({
    saved: 1,
    rules: [{ state: 'changed' }],
  });
  const ids = ['a', '11111111-1111-4111-8111-111111111111'];
  const yaml = await admin.exportRules({ body: { ids, format: 'yaml' } });
  expect(yaml.files.map(({ name }) => name)).toEqual(['a.yaml', '11111111-1111-4111-8111-111111111111.yaml']);
  expect(yaml.files[0]!.text).toBe(changed[0]!.text);
  const [arm] = (await admin.exportRules({ body: { ids, format: 'arm' } })).files;
  const back = await admin.importRules({ body: { files: [{ path: arm!.name, text: arm!.text }] } });
  expect(back).toMatchObject({
    problems: [],
    rules: [
      { form: 'arm', name: 'New name' },
      { form: 'arm', name: 'Odd' },
    ],
  });

  await admin.changeRules({ body: { ids: [...ids, 'b'], action: 'delete' } });
  expect(rules().some(({ id }) => ids.includes(id))).toBe(false);
}, 120_000);
