import { randomUUID } from 'node:crypto';
import {
  KnownAlertRuleKind,
  SecurityInsights,
  type AlertRuleTemplateUnion,
  type ScheduledAlertRule,
  type ScheduledAlertRuleTemplate,
} from '@azure/arm-securityinsight';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { credentialOf, startFaceServer, type FaceServer } from '../../hunting/faces/testing.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: FaceServer;
let client: SecurityInsights;
const where = ['any-group', 'main'] as const;

beforeAll(async () => {
  server = await startFaceServer();
  const { secret } = await server.admin.createToken({
    body: { name: 'rules', scopes: ['securityData.read', 'detectionTuning.manage'] },
  });
  client = new SecurityInsights(credentialOf(secret), randomUUID(), { endpoint: server.url });
}, 240_000);
afterAll(() => server.stop());

const rule: ScheduledAlertRule = {
  kind: 'Scheduled',
  displayName: '[Many] failed sign-ins',
  description: 'Of one account',
  severity: 'Medium',
  enabled: true,
  query: 'SecurityEvent\n| where EventID == 4625\n| summarize Failures = count() by Account',
  queryFrequency: 'PT1H',
  queryPeriod: 'P1D',
  triggerOperator: 'GreaterThan',
  triggerThreshold: 3,
  suppressionEnabled: false,
  suppressionDuration: 'PT5H',
  tactics: ['CredentialAccess'],
  techniques: ['T1110'],
  entityMappings: [{ entityType: 'Account', fieldMappings: [{ identifier: 'FullName', columnName: 'Account' }] }],
  eventGroupingSettings: { aggregationKind: 'AlertPerResult' },
};

describe('the client of Microsoft Sentinel', () => {
  it('lists every rule that there is, in pages', async () => {
    const ids: (string | undefined)[] = [];
    for await (const { name, kind } of client.alertRules.list(...where)) {
      expect(Object.values<string>(KnownAlertRuleKind)).toContain(kind);
      ids.push(name);
    }
    const { rules } = await server.admin.listRules({});
    // Anomalies are no alert rules there, but settings.
    const known = rules.filter(({ kind }) => kind !== 'Anomaly').map(({ id }) => id);
    expect(ids).toHaveLength(known.length);
    expect(new Set(ids)).toEqual(new Set(known));
  });

  it('lists the templates that ship, in pages, and makes a rule of one', async () => {
    const templates: AlertRuleTemplateUnion[] = [];
    let pages = 0;
    for await (const page of client.alertRuleTemplates.list(...where).byPage()) {
      templates.push(...page);
      pages++;
    }
    const { rules } = await server.admin.listRules({});
    const shipped = rules.filter(({ kind, origin }) => kind !== 'Anomaly' && origin === 'shipped');
    expect(pages).toBe(Math.ceil(shipped.length / 100));
    expect(new Set(templates.map(({ name }) => name))).toEqual(new Set(shipped.map(({ id }) => id)));
    expect(new Set(templates.map(({ kind }) => kind))).toEqual(new Set(shipped.map(({ kind }) => kind)));
    const needing = templates.find(
      (one): one is ScheduledAlertRuleTemplate => one.kind === 'Scheduled' && 'requiredDataConnectors' in one,
    );
    const template = await client.alertRuleTemplates.get(...where, needing?.name ?? '');
    expect(template).toEqual(needing);
    expect(template).toMatchObject({
      status: 'Available',
      alertRulesCreatedByTemplateCount: 1,
      queryFrequency: expect.stringMatching(/^P/) as string,
      version: expect.any(String) as string,
    });
    expect(template).not.toHaveProperty('enabled');
    const id = randomUUID();
    const own = { ...rule, alertRuleTemplateName: needing?.name ?? '' };
    expect(await client.alertRules.createOrUpdate(...where, id, own)).toMatchObject({
      alertRuleTemplateName: needing?.name,
    });
    expect(await client.alertRuleTemplates.get(...where, needing?.name ?? '')).toMatchObject({
      alertRulesCreatedByTemplateCount: 2,
    });
    await client.alertRules.delete(...where, id);
    await expect(client.alertRuleTemplates.get(...where, 'none')).rejects.toMatchObject({ statusCode: 404 });
  });

  it('makes, reads, changes and deletes a rule', async () => {
    const id = randomUUID();
    const made = await client.alertRules.createOrUpdate(...where, id, rule);
    expect(made).toMatchObject({ ...rule, name: id, templateVersion: expect.any(String) as string });
    expect((await server.admin.getRuleText({ params: { id } })).text).toContain('[Many] failed sign-ins');
    const changed = await client.alertRules.createOrUpdate(...where, id, { ...rule, enabled: false, severity: 'High' });
    expect(changed).toMatchObject({ severity: 'High', enabled: false });
    expect(await client.alertRules.get(...where, id)).toMatchObject({
      severity: 'High',
      enabled: false,
      etag: changed.etag,
    });
    const stale = client.alertRules.createOrUpdate(...where, id, { ...rule, etag: made.etag ?? '' });
    await expect(stale).rejects.toMatchObject({ statusCode: 409, code: 'Conflict' });
    await client.alertRules.delete(...where, id);
    await client.alertRules.delete(...where, id);
    await expect(client.alertRules.get(...where, id)).rejects.toMatchObject({ statusCode: 404 });
  });

  it('is told what is wrong', async () => {
    const put = (change: object) => client.alertRules.createOrUpdate(...where, randomUUID(), { ...rule, ...change });
    await expect(put({ query: 'Nonsense | where' })).rejects.toMatchObject({ statusCode: 400, code: 'BadRequest' });
    await expect(put({ query: 'x'.repeat(10_001) })).rejects.toMatchObject({ statusCode: 400 });
    await expect(put({ severity: 'Worst' })).rejects.toMatchObject({ statusCode: 400 });
    const [shipped] = (await server.admin.listRules({})).rules;
    await expect(client.alertRules.delete(...where, shipped?.id ?? '')).rejects.toMatchObject({ statusCode: 409 });
  });
});
