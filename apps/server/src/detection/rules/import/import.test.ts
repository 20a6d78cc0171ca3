import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { shippedRules } from '../../index.ts';
import { exportArm, exportYaml, sentinelFields } from '../export.ts';
import { loadRules, parseRule, type AnalyticsRule } from '../index.ts';
import { yamlOf } from '../yaml.ts';
import { armGuid, ArmError, ArmResolver } from './arm-expressions.ts';
import { readImport } from './read.ts';
import { unpack } from './unpack.ts';

const suite = fileURLToPath(new URL('../../../../../../../shared/suites/sentinel/content', import.meta.url));
const one = async (path: string, value: unknown) =>
  readImport([{ path, text: typeof value === 'string' ? value : JSON.stringify(value, null, 2) }]);

/** A rule without what tells where it came from. */
const meaning = (rule: AnalyticsRule) => ({
  ...rule,
  yaml: '',
  path: '',
  techniques: rule.techniques.toSorted(),
});

const properties = {
  displayName: 'Log cleared',
  description: 'Somebody clears it',
  severity: 'High',
  enabled: true,
  query: "SecurityEvent\n| where EventID == 1102 and Computer !in (dynamic(['a']))",
  queryFrequency: 'PT5M',
  queryPeriod: 'PT5M',
  triggerOperator: 'GreaterThan',
  triggerThreshold: 0,
  suppressionDuration: 'PT1H',
  suppressionEnabled: false,
  tactics: ['DefenseEvasion'],
  techniques: ['T1070'],
  entityMappings: [{ entityType: 'Host', fieldMappings: [{ identifier: 'FullName', columnName: 'Computer' }] }],
};

describe('ARM templates', () => {
  it('gives the rules of a deployment template', async () => {
    const { found, problems } = await one('azuredeploy.json', {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      parameters: { workspace: { type: 'string' }, prefix: { type: 'string', defaultValue: 'Ours' } },
      variables: { title: "[concat(parameters('prefix'), ': it''s ', toLower('CLEARED'))]" },
      resources: [
        {
          type: 'Microsoft.OperationalInsights/workspaces/providers/alertRules',
          name: "[concat(parameters('workspace'),'/Microsoft.SecurityInsights/rule-1')]",
          kind: 'Scheduled',
          properties: { ...properties, displayName: "[variables('title')]" },
        },
        {
          type: 'Microsoft.OperationalInsights/workspaces/providers/alertRules',
          name: 'w/Microsoft.SecurityInsights/rule-2',
          kind: 'Scheduled',
          properties: { ...properties, displayName: 'Second', severity: 'Grave' },
        },
      ],
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      id: 'rule-1',
      form: 'arm',
      rules: [{ name: "Ours: it's cleared", kind: 'Scheduled' }],
    });
    expect(found[0]!.rules[0]).toMatchObject({ queryFrequency: 300, techniques: ['T1070'], query: properties.query });
    expect(problems).toMatchObject([
      { path: 'azuredeploy.json', line: 56, message: expect.stringMatching(/^Second: severity: expected one of/) },
    ]);
  });

  it('gives the rules of a solution package', async () => {
    const { found, problems } = await one('mainTemplate.json', {
      parameters: { workspace: { type: 'string', defaultValue: '' } },
      variables: {
        analyticRuleObject1: {
          analyticRuleVersion1: '2.0.1',
          _analyticRulecontentId1: 'c0ffee00-0000-4000-8000-000000000001',
          analyticRuleId1: "[resourceId('Microsoft.SecurityInsights/AlertRuleTemplates', 'c0ffee00')]",
          unknown: "[reference('nothing').x]",
        },
      },
      resources: [
        {
          type: 'Microsoft.OperationalInsights/workspaces/providers/contentTemplates',
          name: "[variables('analyticRuleObject1').analyticRuleId1]",
          properties: {
            version: "[variables('analyticRuleObject1').analyticRuleVersion1]",
            mainTemplate: {
              parameters: {},
              variables: {},
              resources: [
                {
                  type: 'Microsoft.SecurityInsights/AlertRuleTemplates',
                  name: "[variables('analyticRuleObject1')._analyticRulecontentId1]",
                  kind: 'Scheduled',
                  properties: { ...properties, enabled: false, odd: "[reference('nothing')]", query: '[[a]\n| take 1' },
                },
                { type: 'Microsoft.OperationalInsights/workspaces/providers/metadata', properties: {} },
              ],
            },
          },
        },
      ],
    });
    expect(problems).toEqual([]);
    expect(found).toMatchObject([
      { id: 'c0ffee00-0000-4000-8000-000000000001', rules: [{ version: '2.0.1', enabled: false }] },
    ]);
    expect(found[0]!.rules[0]!.query).toBe('[a]\n| take 1');
    expect(found[0]!.warnings).toMatchObject([{ message: expect.stringContaining('odd is left out') }]);
  });

  it('resolves what can be known, and ends', () => {
    const resolver = (variables: Record<string, string>) =>
      new ArmResolver({ parameters: new Map(), variables: new Map(Object.entries(variables)) });
    const { resolve } = {
      resolve: (text: string) => resolver({ a: "[variables('b')]", b: "[variables('a')]" }).resolve(text),
    };
    expect(resolve("[format('{0}-{1}', 'x', if(equals(1, 2), 'y', 'z'))]")).toBe('x-z');
    expect(resolve("[split('a,b,c', ',')[1]]")).toBe('b');
    expect(resolve("[concat('[', 'x', ']')]")).toBe('[x]');
    expect(resolve("[replace('it''s', '''', '\"')]")).toBe('it"s');
    expect(armGuid(['a', 'b'])).toMatch(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab]/);
    for (const wrong of ["[variables('a')]", '[nothing()]', "[concat('a']", "[concat('a') b]", "[variables('none')]"])
      expect(() => resolve(wrong)).toThrow(ArmError);
  });
});

it('reads custom detections of Defender', async () => {
  const detection = {
    '@odata.type': '#microsoft.graph.security.detectionRule',
    id: '7506',
    displayName: 'Odd process',
    isEnabled: true,
    detectorId: '67895317-b2a8-4ac3-8f8b-fa6b7765f2fe',
    schedule: { period: '3H' },
    queryCondition: { queryText: "DeviceProcessEvents | where FileName == 'odd.exe'" },
    detectionAction: {
      alertTemplate: {
        title: 'Odd process on {{DeviceName}}',
        description: 'It ran',
        severity: 'low',
        category: 'Credential Access',
        mitreTechniques: ['T1003'],
        impactedAssets: [{ identifier: 'deviceId' }, { identifier: 'initiatingProcessAccountSid' }],
      },
      responseActions: [{ '@odata.type': '#microsoft.graph.security.isolateDeviceResponseAction' }],
    },
  };
  const near = { ...detection, detectorId: 'near', schedule: { period: '0' } };
  const { found, problems } = await one('rules.json', {
    value: [detection, near, { queryCondition: {}, displayName: 'Bad' }],
  });
  expect(found).toMatchObject([
    {
      id: '67895317-b2a8-4ac3-8f8b-fa6b7765f2fe',
      form: 'defender',
      rules: [{ severity: 'Low', queryFrequency: 10_800, queryPeriod: 43_200, tactics: ['CredentialAccess'] }],
    },
    { id: 'near', rules: [{ kind: 'NRT' }] },
  ]);
  expect(found[0]!.rules[0]!.entityMappings).toEqual([
    { kind: 'Host', columns: [{ identifier: 'AzureID', column: 'DeviceId' }] },
    { kind: 'Account', columns: [{ identifier: 'Sid', column: 'InitiatingProcessAccountSid' }] },
  ]);
  expect(problems).toMatchObject([{ message: expect.stringContaining('queryText') }]);
});

it('reads zips in zips, and stops nothing for one bad file', async () => {
  const rule = yamlOf({
    id: 'a',
    name: 'A',
    severity: 'Low',
    query: 'Syslog',
    queryFrequency: '1h',
    queryPeriod: '1h',
  });
  const sigma = `title: S\nid: 11111111-1111-4111-8111-111111111111\nlogsource: { category: process_creation, product: windows }\ndetection:\n  s: { Image|endswith: odd.exe }\n  condition: s\nlevel: high\n`;
  const inner = zipSync({
    'rules/a.yaml': strToU8(rule),
    'again.yaml': strToU8(rule),
    '__MACOSX/x.yaml': strToU8('x'),
  });
  const zip = zipSync({
    'Package/1.0.0.zip': inner,
    'bad.json': strToU8('{"a": 1,\n nope'),
    'read.me': strToU8('hello'),
    's.yml': strToU8(sigma),
    'hunt.yaml': strToU8('id: h\nname: H\nquery: Syslog\n'),
  });
  const files = unpack([{ path: 'all.zip', zip: Buffer.from(zip).toString('base64') }]);
  const { found, problems, skipped } = await readImport(files);
  expect(found.map(({ id, form }) => [id, form])).toEqual([
    ['a', 'sentinel'],
    ['11111111-1111-4111-8111-111111111111', 'sigma'],
  ]);
  expect(problems).toMatchObject([{ path: 'all.zip/bad.json', line: 2 }]);
  expect(skipped.map(({ reason }) => reason).toSorted()).toMatchObject([
    expect.stringContaining('hunting'),
    expect.stringContaining('the same as'),
  ]);
  expect(() => unpack([{ path: 'x.zip', zip: Buffer.from('no zip').toString('base64') }])).toThrow('no zip');
});

it('reads several rules in one file', async () => {
  const rule = (id: string, severity = 'Low') =>
    yamlOf({ id, name: id, severity, query: 'Syslog', queryFrequency: '1h', queryPeriod: '1h' });
  const { found, problems } = await one('all.yaml', [rule('a'), rule('b'), rule('c', 'Grave')].join('\n---\n'));
  expect(found.map(({ id, line }) => [id, line])).toEqual([
    ['a', 1],
    ['b', 9],
  ]);
  expect(problems).toMatchObject([{ line: 19, message: expect.stringContaining('severity') }]);
});

async function roundTrips(rules: readonly AnalyticsRule[]): Promise<void> {
  const { found, problems } = await one('rules.json', exportArm(rules));
  expect(problems).toEqual([]);
  expect(found.map(({ rules: [rule] }) => meaning(rule!))).toEqual(rules.map(meaning));
  for (const rule of rules) {
    expect(meaning(parseRule(yamlOf(sentinelFields(rule)), 'x').rule!)).toEqual(meaning(rule));
    expect(meaning(parseRule(exportYaml(rule, 'sentinel'), 'x').rule!)).toEqual(meaning(rule));
  }
}

describe('export', () => {
  it('of every shipped rule comes back as it was', async () => {
    const { rules } = await loadRules([shippedRules]);
    expect(rules.length).toBeGreaterThan(100);
    await roundTrips(rules);
  }, 120_000);

  it.runIf(existsSync(suite))(
    'of the community’s rules comes back as it was',
    async () => {
      const paths = (await readdir(suite, { recursive: true })).filter((path) => /\.(ya?ml|json)$/i.test(path));
      const files = await Promise.all(
        paths.map(async (path) => ({ path, text: await readFile(join(suite, path), 'utf8') })),
      );
      const { found } = await readImport(files);
      expect(found.length).toBeGreaterThan(500);
      await roundTrips(found.flatMap(({ rules }) => rules));
    },
    300_000,
  );
});
