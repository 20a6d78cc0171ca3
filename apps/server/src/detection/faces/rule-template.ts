import { parse } from 'yaml';
import { z } from 'zod';
import { armProperties } from '../rules/export.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { hasOwnQuery, isByArrival } from '../rules/kinds.ts';

const Connectors = z.looseObject({
  requiredDataConnectors: z
    .array(z.looseObject({ connectorId: z.string(), dataTypes: z.array(z.string()).default([]) }))
    .catch([]),
});
const connectors = new WeakMap<AnalyticsRule, z.infer<typeof Connectors>['requiredDataConnectors']>();

/** What the rule's author says it needs. */
function connectorsOf(rule: AnalyticsRule) {
  const known = connectors.get(rule);
  if (known) return known;
  const read = Connectors.safeParse(parse(rule.yaml)).data?.requiredDataConnectors ?? [];
  connectors.set(rule, read);
  return read;
}

/** What a rule has and a template of it has not. */
const ofRules = ['enabled', 'suppressionEnabled', 'suppressionDuration', 'suppressionFields', 'incidentConfiguration'];
const ofSchedules = ['queryFrequency', 'queryPeriod', 'triggerOperator', 'triggerThreshold'];

/**
 * A rule that ships as a template of Azure Resource Manager's `Microsoft.SecurityInsights`. `made`: how many rules there are of it.
 * https://learn.microsoft.com/rest/api/securityinsights/alert-rule-templates
 */
export function templateResource(rule: AnalyticsRule, made: number, root: string) {
  const { templateVersion, ...properties } = armProperties(rule);
  const isScheduled = !isByArrival(rule.kind) && !hasOwnQuery(rule.kind);
  const left = new Set([...ofRules, ...(isScheduled ? [] : ofSchedules)]);
  return {
    id: `${root}/AlertRuleTemplates/${rule.id}`,
    name: rule.id,
    type: 'Microsoft.SecurityInsights/AlertRuleTemplates',
    kind: rule.kind,
    properties: {
      ...Object.fromEntries(Object.entries(properties).filter(([name]) => !left.has(name))),
      version: templateVersion,
      requiredDataConnectors: connectorsOf(rule),
      // Of kinds without a query of their author's there is one rule each, and it is there.
      status: hasOwnQuery(rule.kind) ? 'Installed' : 'Available',
      alertRulesCreatedByTemplateCount: made,
    },
  };
}
