import { z } from 'zod';
import { route } from '../route.ts';
import { sentinelRoot, sentinelQuery, SentinelWorkspace } from './sentinel.ts';

const params = SentinelWorkspace.extend({ ruleId: z.string().min(1).max(128) });
const read = { method: 'GET', permission: 'securityData.read', query: sentinelQuery, response: 'raw' } as const;
const change = { permission: 'detectionTuning.manage', query: sentinelQuery, params, response: 'raw' } as const;

/** Sentinel's analytics rules and their templates, of Azure Resource Manager's `Microsoft.SecurityInsights`. */
export const sentinelRuleRoutes = {
  sentinelListRules: route({
    ...read,
    path: `${sentinelRoot}/alertRules`,
    summary: 'Sentinel: analytics rules, in pages',
    params: SentinelWorkspace,
  }),
  sentinelGetRule: route({
    ...read,
    path: `${sentinelRoot}/alertRules/:ruleId`,
    summary: 'Sentinel: one analytics rule',
    params,
  }),
  sentinelPutRule: route({
    ...change,
    method: 'PUT',
    path: `${sentinelRoot}/alertRules/:ruleId`,
    summary: 'Sentinel: make an analytics rule, or change one',
    body: z.record(z.string().max(128), z.unknown()),
  }),
  sentinelDeleteRule: route({
    ...change,
    method: 'DELETE',
    path: `${sentinelRoot}/alertRules/:ruleId`,
    summary: 'Sentinel: delete an analytics rule that people have made',
  }),
  sentinelListRuleTemplates: route({
    ...read,
    path: `${sentinelRoot}/alertRuleTemplates`,
    summary: 'Sentinel: templates of analytics rules, in pages',
    params: SentinelWorkspace,
  }),
  sentinelGetRuleTemplate: route({
    ...read,
    path: `${sentinelRoot}/alertRuleTemplates/:templateId`,
    summary: 'Sentinel: one template of analytics rules',
    params: SentinelWorkspace.extend({ templateId: z.string().min(1).max(128) }),
  }),
} as const;
