import { RuleId, SallyportError, type graphPrivilegedAccessRoutes, type PrivilegedTarget } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Queryable } from '../../../platform/database/index.ts';
import type { Handlers, RequestContext } from '../../../platform/http/index.ts';
import { metadataOf, readListOptions, selected, type Filter, type RawQuery } from '../../../platform/odata/index.ts';
import type { Platform } from '../../../platform/types.ts';
import { managerOf } from '../../caller.ts';
import { targetOfPolicy, type Policies, type Policy } from '../../policies.ts';
import { allRoles } from '../../roles.ts';
import { isUuid } from '../../store.ts';
import { nameOfTarget } from '../../targets.ts';
import { equalities } from './filters.ts';
import { policyAssignmentForm, policyAssignmentId, policyForm, ruleForm } from './forms.ts';

interface Reading {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
}
interface Named extends Reading {
  readonly params: { readonly id: string };
}
type Answer = Promise<Record<string, unknown>>;
type PolicyRoutes = Pick<
  typeof graphPrivilegedAccessRoutes,
  | 'graphListRolePolicies'
  | 'graphGetRolePolicy'
  | 'graphListRolePolicyRules'
  | 'graphGetRolePolicyRule'
  | 'graphUpdateRolePolicyRule'
  | 'graphListRolePolicyAssignments'
  | 'graphGetRolePolicyAssignment'
>;

const root = 'policies/roleManagementPolicies';

export interface PolicyParts {
  readonly platform: Pick<Platform, 'database'>;
  readonly policies: Policies;
  readonly tenantId: string;
}

export function graphPolicyHandlers({
  platform: { database },
  policies,
  tenantId,
}: PolicyParts): Handlers<PolicyRoutes> {
  const find = async (id: string): Promise<Policy> => {
    const target = targetOfPolicy(id, tenantId);
    if (target && (await nameOfTarget(target, database)) !== undefined) return policies.one(target, database);
    throw new SallyportError('NotFound', `there is no policy ${id.slice(0, 200)}`);
  };
  /** Graph demands a filter to one scope. */
  const asked = async (filter: Filter | undefined): Promise<Policy[]> => {
    const wanted = equalities(filter);
    const { scopeId, scopeType } = wanted;
    if (scopeId === undefined || scopeType === undefined)
      throw new SallyportError('BadRequest', 'The MissingParameters: `$filter` by `scopeId` and `scopeType` is needed');
    const targets = await targetsOf(database, scopeId, scopeType);
    const all = await policies.of(targets, database);
    return all.filter(({ target }) => {
      const role = target.type === 'role' ? target.id : target.access;
      return wanted['roleDefinitionId'] === undefined || wanted['roleDefinitionId'].toLowerCase() === role;
    });
  };
  const withRules = (policy: Policy, expand: readonly string[]): object => ({
    ...policyForm(policy),
    ...Object.fromEntries(
      (['rules', 'effectiveRules'] as const)
        .filter((name) => expand.some((one) => one === '*' || one.split('(')[0] === name))
        .map((name) => [name, rulesOf(policy, expand)]),
    ),
  });

  return {
    graphListRolePolicies: async (_context: RequestContext, { query, request }: Reading): Answer => {
      const options = readListOptions(query, ['$filter', '$select', '$expand']);
      const found = await asked(options.filter);
      return {
        '@odata.context': metadataOf(request, root),
        value: found.map((policy) => ({
          ...selected(policyForm(policy), options),
          ...pick(withRules(policy, options.expand), ['rules', 'effectiveRules']),
        })),
      };
    },
    graphGetRolePolicy: async (_context: RequestContext, { params, query, request }: Named): Answer => {
      const options = readListOptions(query, ['$select', '$expand']);
      const policy = await find(params.id);
      return { '@odata.context': metadataOf(request, `${root}/$entity`), ...selected(withRules(policy, options.expand), options) }; // prettier-ignore
    },
    graphListRolePolicyRules: async (_context: RequestContext, { params, query, request }: Named): Answer => {
      const options = readListOptions(query, ['$select']);
      const policy = await find(params.id);
      return {
        '@odata.context': metadataOf(request, `${root}('${policy.id}')/rules`),
        value: RuleId.options.map((id) => selected(ruleForm(id, policy.rules[id]), options)),
      };
    },
    graphGetRolePolicyRule: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const policy = await find(params.id);
      const id = RuleId.safeParse(params.ruleId);
      if (!id.success) throw new SallyportError('NotFound', `there is no rule ${params.ruleId}`);
      return {
        '@odata.context': metadataOf(request, `${root}('${policy.id}')/rules/$entity`),
        ...selected(ruleForm(id.data, policy.rules[id.data]), options),
      };
    },
    graphUpdateRolePolicyRule: async (
      context: RequestContext,
      {
        params,
        body,
        reply,
      }: { params: { id: string; ruleId: string }; body: Record<string, unknown>; reply: FastifyReply },
    ) => {
      const policy = await find(params.id);
      const asker = await managerOf(database, context);
      const { id: _id, target: _target, ...rule } = body;
      await database.transaction((tx) => policies.change(policy.target, params.ruleId, rule, asker, tx));
      context.audit({ target: `${policy.id} ${params.ruleId}` });
      return reply.code(204).send();
    },
    graphListRolePolicyAssignments: async (_context: RequestContext, { query, request }: Reading): Answer => {
      const options = readListOptions(query, ['$filter', '$select', '$expand']);
      const found = await asked(options.filter);
      return {
        '@odata.context': metadataOf(request, 'policies/roleManagementPolicyAssignments'),
        value: found.map((policy) => ({
          ...selected(policyAssignmentForm(policy), options),
          ...expandedPolicy(policy, options.expand, withRules),
        })),
      };
    },
    graphGetRolePolicyAssignment: async (_context: RequestContext, { params, query, request }: Named): Answer => {
      const options = readListOptions(query, ['$select', '$expand']);
      const policy = await find(params.id.slice(0, params.id.lastIndexOf('_')));
      if (policyAssignmentId(policy).toLowerCase() !== params.id.toLowerCase())
        throw new SallyportError('NotFound', `there is no policy assignment ${params.id.slice(0, 200)}`);
      return {
        '@odata.context': metadataOf(request, 'policies/roleManagementPolicyAssignments/$entity'),
        ...selected(policyAssignmentForm(policy), options),
        ...expandedPolicy(policy, options.expand, withRules),
      };
    },
  };
}

/** `policy`, and `policy($expand=rules)`. */
const expandedPolicy = (
  policy: Policy,
  expand: readonly string[],
  withRules: (policy: Policy, expand: readonly string[]) => object,
): object => {
  const one = expand.find((part) => /^policy\b/.test(part));
  return one === undefined ? {} : { policy: withRules(policy, /\$expand=rules/.test(one) ? ['rules'] : []) };
};

/** `rules`, and `rules($select=id)`. */
function rulesOf(policy: Policy, expand: readonly string[]): object[] {
  const inner = expand.map((part) => /^(?:rules|effectiveRules)\(\$select=([\w,]+)\)?/.exec(part)?.[1]).find(Boolean);
  const select = inner?.split(',');
  return RuleId.options.map((id) => selected(ruleForm(id, policy.rules[id]), { select }));
}

const pick = (object: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));

async function targetsOf(db: Queryable, scopeId: string, scopeType: string): Promise<PrivilegedTarget[]> {
  if (scopeId === '/' && /^directory(role)?$/i.test(scopeType))
    return (await allRoles(db)).map(({ id }) => ({ type: 'role', id, access: '' }));
  const group: PrivilegedTarget = { type: 'group', id: scopeId.toLowerCase(), access: 'member' };
  if (/^group$/i.test(scopeType) && isUuid(scopeId) && (await nameOfTarget(group, db)) !== undefined)
    return [group, { ...group, access: 'owner' }];
  throw new SallyportError('BadRequest', 'Invalid filter clause: there is no such scope');
}
