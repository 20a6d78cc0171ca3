import { SallyportError, type sentinelRuleRoutes } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { checkEtag, etagOf, ifMatch, readBody, sendArm, workspaceFor } from '../../platform/arm/index.ts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import { nextLink, readListOptions, type RawQuery } from '../../platform/odata/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Workspace } from '../../platform/workspaces/index.ts';
import type { OwnRules } from '../own-rules.ts';
import { armProperties, escaped } from '../rules/export.ts';
import { readImport } from '../rules/import/read.ts';
import { inWorkspace, type AnalyticsRule, type RuleRegistry } from '../rules/index.ts';
import { isEnabledHere } from '../schedule.ts';
import { loadStates, type RuleState } from '../store.ts';
import { templateResource } from './rule-template.ts';

/**
 * Analytics rules of Azure Resource Manager's `Microsoft.SecurityInsights`, for the unmodified clients of Microsoft Sentinel.
 * https://learn.microsoft.com/rest/api/securityinsights/alert-rules
 */

const pageSize = 100;
/** Sentinel's own where a rule has no suppression: its clients need one. */
const suppressionDefault = 'PT5H';

const Body = z.object({
  etag: z.string().max(256).nullish(),
  kind: z.string().max(64),
  properties: z.looseObject({ enabled: z.boolean(), alertRuleTemplateName: z.string().max(128).nullish() }),
});

interface Parts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'workspaces'>;
  readonly registry: RuleRegistry;
  readonly own: OwnRules;
}

export function alertRuleHandlers(parts: Parts): Handlers<typeof sentinelRuleRoutes> {
  const { platform, registry, own } = parts;
  const { workspaces } = platform;
  /** Rules are of all workspaces, and each says whether they run there. */
  const stateOf = (rule: AnalyticsRule, states: ReadonlyMap<string, RuleState>, at: Workspace): RuleFacts => {
    const { changedAt, version } = own.textOf(rule.id);
    return {
      rule,
      enabled: isEnabledHere(ruleIn(rule, at), states),
      changedAt,
      version,
      template: registry.originOf(rule.id).template?.id ?? registry.shippedRule(rule.id)?.id,
    };
  };
  const ruleIn = (rule: AnalyticsRule, at: Workspace): AnalyticsRule =>
    workspaces.isFirst(at.id) ? rule : inWorkspace(rule, at.id);
  const factsOf = async (id: string, at: Workspace): Promise<RuleFacts | undefined> => {
    const rule = registry.rules().get(id);
    return rule && isAlertRule(rule) ? stateOf(rule, await loadStates(platform.database), at) : undefined;
  };
  const known = async (id: string, at: Workspace): Promise<RuleFacts> => {
    const facts = await factsOf(id, at);
    if (!facts) throw new SallyportError('NotFound', `Alert rule '${id}' could not be found`);
    return facts;
  };

  return {
    sentinelListRules: async (_context, { params, query, request, reply }) => {
      const { root, workspace } = workspaceFor(params, workspaces);
      const { page, next } = pageOf(registry.rules().values(), query, request);
      const states = await loadStates(platform.database);
      return sendArm(reply, 200, {
        value: page.map((rule) => ruleResource(stateOf(rule, states, workspace), root)),
        ...next,
      });
    },
    sentinelListRuleTemplates: (_context, { params, query, request, reply }) => {
      const { root } = workspaceFor(params, workspaces);
      const { page, next } = pageOf(registry.shipped.rules, query, request);
      const made = madeOf(registry);
      return Promise.resolve(
        sendArm(reply, 200, {
          value: page.map((rule) => templateResource(rule, made.get(rule.id) ?? 0, root)),
          ...next,
        }),
      );
    },
    sentinelGetRuleTemplate: (_context, { params: { templateId, ...workspace }, reply }) => {
      const { root } = workspaceFor(workspace, workspaces);
      const rule = registry.shippedRule(templateId);
      if (!rule || !isAlertRule(rule))
        throw new SallyportError('NotFound', `Alert rule template '${templateId}' could not be found`);
      return Promise.resolve(sendArm(reply, 200, templateResource(rule, madeOf(registry).get(rule.id) ?? 0, root)));
    },
    sentinelGetRule: async (_context, { params, reply }) => {
      const { root, workspace } = workspaceFor(params, workspaces);
      return sendArm(reply, 200, ruleResource(await known(params.ruleId, workspace), root));
    },
    sentinelPutRule: async (context, { params: { ruleId, ...place }, body, request, reply }) => {
      const { root, workspace } = workspaceFor(place, workspaces);
      const by = requireCaller(context).name;
      const { etag, kind, properties } = readBody(Body, body);
      const before = await factsOf(ruleId, workspace);
      context.audit({ target: `rule ${ruleId}`, details: { before: before?.version ?? null } });
      if (before) checkEtag(before, etag ?? ifMatch(request));
      const text = await yamlOf(ruleId, kind, properties);
      const template = registry.shippedRule(properties.alertRuleTemplateName ?? '');
      if (text !== before?.rule.yaml)
        await own.save(
          ruleId,
          {
            text,
            version: before?.version ?? null,
            note: 'by Azure Resource Manager’s interface',
            ...(template ? { templateId: template.id } : {}),
          },
          by,
        );
      // A rule that was switched off before stays off in the lists of its states.
      await own.enable([ruleId], properties.enabled, by, workspaces.isFirst(workspace.id) ? undefined : workspace.id);
      const now = await known(ruleId, workspace);
      context.audit({ target: `rule ${ruleId}`, details: { before: before?.version ?? null, version: now.version } });
      return sendArm(reply, before ? 200 : 201, ruleResource(now, root));
    },
    sentinelDeleteRule: async (context, { params, request, reply }) => {
      const { workspace } = workspaceFor(params, workspaces);
      const before = await factsOf(params.ruleId, workspace);
      if (!before) return sendArm(reply, 204);
      checkEtag(before, ifMatch(request));
      context.audit({ target: `rule ${params.ruleId}` });
      if ((await own.remove([params.ruleId])) === 0)
        throw new SallyportError('Conflict', 'this rule ships with Sallyport: it can be disabled, not deleted');
      return sendArm(reply, 200);
    },
  };
}

/** A page of the rules in order of their ids, and the link to the next. */
function pageOf(
  rules: Iterable<AnalyticsRule>,
  query: RawQuery,
  request: FastifyRequest,
): { readonly page: readonly AnalyticsRule[]; readonly next: { readonly nextLink?: string } } {
  const [after] = readListOptions(query, ['$skiptoken']).after ?? [];
  const left = [...rules]
    .filter((rule) => isAlertRule(rule) && (after === undefined || rule.id > after))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const page = left.slice(0, pageSize);
  const last = left.length > pageSize ? page.at(-1) : undefined;
  return { page, next: last ? { nextLink: nextLink(request.url, request.host, [last.id]) } : {} };
}

/** How many rules there are of each template: it itself runs as a rule, or people's text in its place does, and people's copies beside it. */
function madeOf(registry: RuleRegistry): ReadonlyMap<string, number> {
  const made = new Map<string, number>();
  for (const { id } of registry.rules().values()) {
    const template = registry.originOf(id).template?.id ?? registry.shippedRule(id)?.id;
    if (template !== undefined) made.set(template, (made.get(template) ?? 0) + 1);
  }
  return made;
}

/** Anomalies are settings beside them. */
const isAlertRule = ({ kind }: AnalyticsRule): boolean => kind !== 'Anomaly';

interface RuleFacts {
  readonly rule: AnalyticsRule;
  readonly enabled: boolean;
  readonly changedAt: string | null;
  /** Of people's own text. */
  readonly version: number | null;
  readonly template: string | undefined;
}

function ruleResource(facts: RuleFacts, root: string) {
  const { rule, enabled, changedAt, template } = facts;
  return {
    id: `${root}/alertRules/${rule.id}`,
    name: rule.id,
    etag: etagOf(facts),
    type: 'Microsoft.SecurityInsights/alertRules',
    kind: rule.kind,
    properties: {
      suppressionDuration: suppressionDefault,
      ...armProperties(rule),
      enabled,
      ...(template === undefined ? {} : { alertRuleTemplateName: template }),
      ...(changedAt === null ? {} : { lastModifiedUtc: changedAt }),
    },
  };
}

/** What the interface's object says, as a text of Sentinel's YAML. Throws BadRequest with what is wrong. */
async function yamlOf(id: string, kind: string, properties: Readonly<Record<string, unknown>>): Promise<string> {
  const given = Object.entries(properties).filter(([, value]) => value !== null);
  const resource = {
    name: id,
    type: 'Microsoft.SecurityInsights/alertRules',
    kind,
    properties: escaped(Object.fromEntries(given)),
  };
  const { found, problems, skipped } = await readImport([{ path: 'rule.json', text: JSON.stringify(resource) }]);
  const [rule] = found;
  const [wrong] = [
    ...problems.filter(({ level }) => level === 'error'),
    ...(rule?.warnings ?? []).filter(({ level }) => level === 'error'),
  ];
  if (rule && !wrong && rule.id === id) return rule.text;
  throw new SallyportError(
    'BadRequest',
    wrong?.message ?? skipped[0]?.reason ?? `a rule of the kind \`${kind}\` is not known here`,
  );
}
