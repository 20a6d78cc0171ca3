import { SallyportError, type sentinelRuleRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import { checkEtag, etagOf, ifMatch, readBody, rootFor, sendArm } from '../../platform/arm/index.ts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import { nextLink, readListOptions } from '../../platform/odata/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { OwnRules } from '../own-rules.ts';
import { armProperties, escaped } from '../rules/export.ts';
import { readImport } from '../rules/import/read.ts';
import type { AnalyticsRule, RuleRegistry } from '../rules/index.ts';
import { isEnabled } from '../schedule.ts';
import { loadState, loadStates, type RuleState } from '../store.ts';

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
  properties: z.looseObject({ enabled: z.boolean() }),
});

interface Parts {
  readonly platform: Pick<Platform, 'database'>;
  readonly registry: RuleRegistry;
  readonly own: OwnRules;
  readonly isWorkspace: (name: string) => boolean;
}

export function alertRuleHandlers(parts: Parts): Handlers<typeof sentinelRuleRoutes> {
  const { platform, registry, own, isWorkspace } = parts;
  const stateOf = (rule: AnalyticsRule, state: RuleState | undefined): RuleFacts => {
    const { changedAt, version } = own.textOf(rule.id);
    return {
      rule,
      enabled: isEnabled(rule, state),
      changedAt,
      version,
      template: registry.originOf(rule.id).template?.id ?? registry.shippedRule(rule.id)?.id,
    };
  };
  const factsOf = async (id: string): Promise<RuleFacts | undefined> => {
    const rule = registry.rules().get(id);
    return rule && isAlertRule(rule) ? stateOf(rule, await loadState(platform.database, id)) : undefined;
  };
  const known = async (id: string): Promise<RuleFacts> => {
    const facts = await factsOf(id);
    if (!facts) throw new SallyportError('NotFound', `Alert rule '${id}' could not be found`);
    return facts;
  };

  return {
    sentinelListRules: async (_context, { params, query, request, reply }) => {
      const root = rootFor(params, isWorkspace);
      const [after] = readListOptions(query, ['$skiptoken']).after ?? [];
      const rules = [...registry.rules().values()]
        .filter((rule) => isAlertRule(rule) && (after === undefined || rule.id > after))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const states = await loadStates(platform.database);
      const page = rules.slice(0, pageSize);
      const last = rules.length > pageSize ? page.at(-1) : undefined;
      return sendArm(reply, 200, {
        value: page.map((rule) => ruleResource(stateOf(rule, states.get(rule.id)), root)),
        ...(last ? { nextLink: nextLink(request.url, request.host, [last.id]) } : {}),
      });
    },
    sentinelGetRule: async (_context, { params, reply }) => {
      const root = rootFor(params, isWorkspace);
      return sendArm(reply, 200, ruleResource(await known(params.ruleId), root));
    },
    sentinelPutRule: async (context, { params: { ruleId, ...workspace }, body, request, reply }) => {
      const root = rootFor(workspace, isWorkspace);
      const by = requireCaller(context).name;
      const { etag, kind, properties } = readBody(Body, body);
      const before = await factsOf(ruleId);
      context.audit({ target: `rule ${ruleId}`, details: { before: before?.version ?? null } });
      if (before) checkEtag(before, etag ?? ifMatch(request));
      const text = await yamlOf(ruleId, kind, properties);
      if (text !== before?.rule.yaml)
        await own.save(
          ruleId,
          { text, version: before?.version ?? null, note: 'by Azure Resource Manager’s interface' },
          by,
        );
      // A rule that was switched off before stays off in the lists of its states.
      await own.enable([ruleId], properties.enabled, by);
      const now = await known(ruleId);
      context.audit({ target: `rule ${ruleId}`, details: { before: before?.version ?? null, version: now.version } });
      return sendArm(reply, before ? 200 : 201, ruleResource(now, root));
    },
    sentinelDeleteRule: async (context, { params, request, reply }) => {
      rootFor(params, isWorkspace);
      const before = await factsOf(params.ruleId);
      if (!before) return sendArm(reply, 204);
      checkEtag(before, ifMatch(request));
      context.audit({ target: `rule ${params.ruleId}` });
      if ((await own.remove([params.ruleId])) === 0)
        throw new SallyportError('Conflict', 'this rule ships with Sallyport: it can be disabled, not deleted');
      return sendArm(reply, 200);
    },
  };
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
