import type { ParameterDefinition } from './schema.ts';
import type { ParameterOption } from './parameters.ts';

const subscription = '/subscriptions/00000000-0000-0000-0000-000000000000';
const option = (value: string, label: string): readonly ParameterOption[] => [{ value, label, selected: true }];
/** Microsoft's number of Azure Resource Graph among the kinds of queries. */
const RESOURCE_GRAPH = 1;
const [RESOURCES, SUBSCRIPTIONS] = [5, 6];

/**
 * What a picker of Azure's subscriptions or workspaces offers: there is one of each, and it is chosen. Undefined: the parameter asks for neither. `workspace`: the name of this one.
 */
export function resourceOptions(
  { type, query, queryType }: ParameterDefinition,
  workspace: string,
): readonly ParameterOption[] | undefined {
  const asked = queryType === RESOURCE_GRAPH ? (query ?? '') : '';
  if (type === SUBSCRIPTIONS) return option(subscription, 'All subscriptions');
  const asksWorkspaces = /microsoft\.operationalinsights\/workspaces/i.test(asked);
  if (asksWorkspaces || (type === RESOURCES && asked === ''))
    return option(
      `${subscription}/resourceGroups/sallyport/providers/Microsoft.OperationalInsights/workspaces/${workspace}`,
      workspace,
    );
  if (/microsoft\.resources\/subscriptions\b|\bsubscriptionId\b/i.test(asked))
    return option(subscription, 'All subscriptions');
  return type === RESOURCES || asked !== '' ? [] : undefined;
}

const resource = /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+)(?:\/.*\/([^/]+))?)?$/i;

/** A part of a resource's id: `{Workspace:name}`. Undefined: it is no such id, or no such part. */
export function resourcePart(id: string, part: string): string | undefined {
  const [, subscriptionId, group, name] = resource.exec(id) ?? [];
  if (subscriptionId === undefined) return undefined;
  switch (part.toLowerCase()) {
    case 'name':
      return name ?? group ?? subscriptionId;
    case 'resourcegroup':
      return group ?? '';
    case 'subscription':
    case 'subscriptionid':
    case 'subid':
      return subscriptionId;
    default:
      return undefined;
  }
}
