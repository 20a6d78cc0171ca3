import { SallyportError, type dataCollectionRuleRoutes, type ResourceGroup } from '@sallyport/contracts';
import { checkEtag, etagOf, ifMatch, readBody, sendArm } from '../../platform/arm/index.ts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import type { OwnSources } from '../editor/own-sources.ts';
import { filesOf, immutableIdOf, RuleBody, RuleName, ruleOf, sourceIdOf, type StoredRule } from './rule.ts';

/**
 * Data collection rules of Azure Resource Manager, for its unmodified clients. Each is a source made here, and has its versions there.
 * https://learn.microsoft.com/rest/api/monitor/data-collection-rules
 */
export function dataCollectionRuleHandlers(own: OwnSources, url: string): Handlers<typeof dataCollectionRuleRoutes> {
  const resource = ({ name, body }: StoredRule, group: ResourceGroup): object => ({
    id: `/subscriptions/${group.subscriptionId}/resourceGroups/${group.resourceGroupName}/providers/Microsoft.Insights/dataCollectionRules/${name}`,
    name,
    type: 'Microsoft.Insights/dataCollectionRules',
    location: body.location ?? 'local',
    ...(body.kind ? { kind: body.kind } : {}),
    ...(body.tags ? { tags: body.tags } : {}),
    etag: etagOf({ name, body }),
    properties: {
      ...body.properties,
      immutableId: immutableIdOf(name),
      provisioningState: 'Succeeded',
      endpoints: { logsIngestion: url },
    },
  });
  const all = async (): Promise<StoredRule[]> =>
    (await own.folders()).flatMap(({ files }) => ruleOf(files) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const get = async (name: string) => {
    const found = await own.folder(sourceIdOf(name));
    const rule = found && ruleOf(found.files);
    return rule && { rule, version: found.version };
  };
  return {
    armListDataCollectionRules: async (_, { params, reply }) => {
      const group = { ...params, resourceGroupName: 'sallyport' };
      return sendArm(reply, 200, { value: (await all()).map((rule) => resource(rule, group)) });
    },
    armListDataCollectionRulesOfGroup: async (_, { params, reply }) =>
      sendArm(reply, 200, { value: (await all()).map((rule) => resource(rule, params)) }),
    armGetDataCollectionRule: async (_, { params, reply }) => {
      const found = await get(params.dataCollectionRuleName);
      if (!found) throw notFound(params.dataCollectionRuleName);
      return sendArm(reply, 200, resource(found.rule, params));
    },
    armPutDataCollectionRule: async (context, { params, body, request, reply }) => {
      const before = await get(params.dataCollectionRuleName);
      if (before) checkEtag(before.rule, ifMatch(request));
      const rule = {
        // What it was first called: names differ by more than letters' case.
        name: before?.rule.name ?? readBody(RuleName, params.dataCollectionRuleName),
        body: readBody(RuleBody, body),
      };
      context.audit({ target: `data collection rule ${rule.name}`, details: { before: before?.version ?? null } });
      await own.save(
        {
          id: sourceIdOf(rule.name),
          files: filesOf(rule),
          version: before?.version ?? null,
          replaceShipped: false,
          note: 'put as a data collection rule',
        },
        requireCaller(context).name,
        { who: requireCaller(context).name, signal: context.signal },
      );
      return sendArm(reply, before ? 200 : 201, resource(rule, params));
    },
    armDeleteDataCollectionRule: async (context, { params: { dataCollectionRuleName: name }, reply }) => {
      context.audit({ target: `data collection rule ${name}` });
      if (!(await get(name))) return sendArm(reply, 204);
      await own.remove(sourceIdOf(name));
      return sendArm(reply, 200);
    },
  };
}

const notFound = (name: string): SallyportError =>
  new SallyportError('NotFound', `Data collection rule with name '${name}' was not found`);
