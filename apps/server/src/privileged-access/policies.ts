import {
  parseDuration,
  PolicyRule,
  RuleId,
  ruleTypePrefix,
  SallyportError,
  type ApprovalSettings,
  type EnabledRule,
  type ExpirationRule,
  type NotificationRule,
  type PrivilegedTarget,
} from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { badRequest } from '../platform/errors.ts';
import type { Platform } from '../platform/types.ts';
import { recordActivity } from './activities.ts';
import type { Author } from './types.ts';

/** What a policy that nobody has changed says. https://learn.microsoft.com/graph/api/policyroot-list-rolemanagementpolicies */
const expiration = (isExpirationRequired: boolean, maximumDuration: string): PolicyRule => ({
  '@odata.type': `${ruleTypePrefix}ExpirationRule`,
  isExpirationRequired,
  maximumDuration,
});
const enablement = (...enabledRules: EnabledRule[]): PolicyRule => ({
  '@odata.type': `${ruleTypePrefix}EnablementRule`,
  enabledRules,
});
const notification = (recipientType: NotificationRule['recipientType']): PolicyRule => ({
  '@odata.type': `${ruleTypePrefix}NotificationRule`,
  notificationType: 'Email',
  recipientType,
  notificationLevel: 'All',
  isDefaultRecipientsEnabled: true,
  notificationRecipients: [],
});
const defaults: Readonly<Record<RuleId, PolicyRule>> = {
  Expiration_Admin_Eligibility: expiration(false, 'P365D'),
  Enablement_Admin_Eligibility: enablement(),
  Notification_Admin_Admin_Eligibility: notification('Admin'),
  Notification_Requestor_Admin_Eligibility: notification('Requestor'),
  Notification_Approver_Admin_Eligibility: notification('Approver'),
  Expiration_Admin_Assignment: expiration(false, 'P180D'),
  Enablement_Admin_Assignment: enablement('Justification'),
  Notification_Admin_Admin_Assignment: notification('Admin'),
  Notification_Requestor_Admin_Assignment: notification('Requestor'),
  Notification_Approver_Admin_Assignment: notification('Approver'),
  Expiration_EndUser_Assignment: expiration(true, 'PT8H'),
  Enablement_EndUser_Assignment: enablement('MultiFactorAuthentication', 'Justification'),
  AuthenticationContext_EndUser_Assignment: {
    '@odata.type': `${ruleTypePrefix}AuthenticationContextRule`,
    isEnabled: false,
    claimValue: null,
  },
  Approval_EndUser_Assignment: {
    '@odata.type': `${ruleTypePrefix}ApprovalRule`,
    setting: {
      isApprovalRequired: false,
      isApprovalRequiredForExtension: false,
      isRequestorJustificationRequired: true,
      approvalMode: 'SingleStage',
      approvalStages: [
        {
          approvalStageTimeOutInDays: 1,
          isApproverJustificationRequired: true,
          escalationTimeInMinutes: 0,
          isEscalationEnabled: false,
          primaryApprovers: [],
          escalationApprovers: [],
        },
      ],
    },
  },
  Notification_Admin_EndUser_Assignment: notification('Admin'),
  Notification_Requestor_EndUser_Assignment: notification('Requestor'),
  Notification_Approver_EndUser_Assignment: notification('Approver'),
};
/** As Microsoft's portal has it. */
const activationMaxSeconds = 24 * 3_600;

/** `Directory` is Graph's for all roles together, which has no policy of its own here. */
export type PolicyScopeType = 'DirectoryRole' | 'Group' | 'Application' | 'CloudRole';
const scopeTypes = {
  role: 'DirectoryRole',
  group: 'Group',
  application: 'Application',
  cloudRole: 'CloudRole',
} as const;

/** Where a rule applies: in its id. */
export function targetOfRule(id: RuleId) {
  const parts = id.split('_');
  return {
    caller: parts.at(-2) ?? '',
    operations: ['all'],
    level: parts.at(-1) ?? '',
    inheritableSettings: [],
    enforcedSettings: [],
  };
}

/** Of roles `DirectoryRole_<tenant>_<role>`, of groups `Group_<group>_<access>`, as Graph composes them; of roles of clouds `CloudRole_<tenant>_<role>`. */
export const policyIdOf = ({ type, id, access }: PrivilegedTarget, tenantId: string): string =>
  type === 'role' || type === 'cloudRole'
    ? `${scopeTypes[type]}_${tenantId}_${id}`
    : `${scopeTypes[type]}_${id}_${access}`;

/** What a policy's id is of; undefined for an id that is none. Whether the target exists is another question. */
export function targetOfPolicy(policyId: string, tenantId: string): PrivilegedTarget | undefined {
  const [, kind, first, second] =
    /^(DirectoryRole|Group|Application|CloudRole)_([0-9a-f-]{36})_([0-9a-f-]{36}|member|owner)$/.exec(policyId) ?? [];
  if (first === undefined || second === undefined) return undefined;
  if (kind === 'DirectoryRole' || kind === 'CloudRole') {
    const type = kind === 'CloudRole' ? 'cloudRole' : 'role';
    return first === tenantId ? { type, id: second, access: '' } : undefined;
  }
  return { type: kind === 'Group' ? 'group' : 'application', id: first, access: second };
}

interface RuleRow {
  readonly policy_id: string;
  readonly rule_id: string;
  readonly body: unknown;
  readonly modified_at: Date;
  readonly modified_by_id: string;
  readonly modified_by: string;
}

/** The 17 rules of a policy, each read by its kind. */
export interface Policy {
  readonly id: string;
  readonly target: PrivilegedTarget;
  readonly scopeId: string;
  readonly scopeType: PolicyScopeType;
  readonly modified: { readonly at: Date; readonly byId: string; readonly by: string } | undefined;
  readonly rules: Readonly<Record<RuleId, PolicyRule>>;
}

export const expirationOf = (
  policy: Policy,
  id: 'Expiration_Admin_Eligibility' | 'Expiration_Admin_Assignment' | 'Expiration_EndUser_Assignment',
): Omit<ExpirationRule, '@odata.type'> => {
  const rule = policy.rules[id];
  return 'maximumDuration' in rule ? rule : { isExpirationRequired: true, maximumDuration: 'PT1H' };
};
export const enabledRulesOf = (
  policy: Policy,
  id: 'Enablement_Admin_Eligibility' | 'Enablement_Admin_Assignment' | 'Enablement_EndUser_Assignment',
): readonly EnabledRule[] => {
  const rule = policy.rules[id];
  return 'enabledRules' in rule ? rule.enabledRules : [];
};
export const approvalOf = (policy: Policy): ApprovalSettings | undefined => {
  const rule = policy.rules.Approval_EndUser_Assignment;
  return 'setting' in rule ? rule.setting : undefined;
};
/** The context that an activation asks for; undefined: none. */
export const contextOf = (policy: Policy): string | undefined => {
  const rule = policy.rules.AuthenticationContext_EndUser_Assignment;
  return 'claimValue' in rule && rule.isEnabled ? (rule.claimValue ?? undefined) : undefined;
};

export function createPolicies(
  { clock, audit }: Pick<Platform, 'clock' | 'audit'>,
  tenantId: string,
  nameOf: (target: PrivilegedTarget, db: Queryable) => Promise<string>,
) {
  const assembled = (target: PrivilegedTarget, rows: readonly RuleRow[]): Policy => {
    const id = policyIdOf(target, tenantId);
    const own = rows.filter((row) => row.policy_id === id);
    // A rule that can't be read any more is as it ships: stricter than none.
    const stored = own.flatMap((row): [RuleId, PolicyRule][] => {
      const rule = PolicyRule.safeParse(row.body);
      const ruleId = RuleId.safeParse(row.rule_id);
      return rule.success && ruleId.success ? [[ruleId.data, rule.data]] : [];
    });
    const newest = own.toSorted((a, b) => b.modified_at.getTime() - a.modified_at.getTime())[0];
    return {
      id,
      target,
      scopeId: target.type === 'role' ? '/' : target.id,
      scopeType: scopeTypes[target.type],
      modified: newest && { at: newest.modified_at, byId: newest.modified_by_id, by: newest.modified_by },
      rules: { ...defaults, ...Object.fromEntries(stored) },
    };
  };
  const of = async (targets: readonly PrivilegedTarget[], db: Queryable): Promise<Policy[]> => {
    const rows = await db.query<RuleRow>('SELECT * FROM privileged_policy_rules WHERE policy_id = ANY($1)', [
      targets.map((target) => policyIdOf(target, tenantId)),
    ]);
    return targets.map((target) => assembled(target, rows));
  };
  const one = async (target: PrivilegedTarget, db: Queryable): Promise<Policy> => {
    const [policy] = await of([target], db);
    if (!policy) throw new Error('a policy is there for every target');
    return policy;
  };
  return {
    of,
    one,
    /** Throws BadRequest for what is no rule of that kind. `input`: the rule, or what of it changes. */
    change: async (
      target: PrivilegedTarget,
      ruleId: string,
      input: Readonly<Record<string, unknown>>,
      by: Author,
      tx: Queryable,
    ): Promise<void> => {
      const known = RuleId.safeParse(ruleId);
      if (!known.success) throw new SallyportError('NotFound', `there is no rule ${ruleId.slice(0, 100)}`);
      const id = known.data;
      await tx.execute('LOCK TABLE privileged_policy_rules IN SHARE ROW EXCLUSIVE MODE');
      const before = (await one(target, tx)).rules[id];
      const type = input['@odata.type'];
      if (type !== before['@odata.type'])
        throw new SallyportError('BadRequest', `\`@odata.type\`: the rule ${id} is a ${before['@odata.type']}`);
      const parsed = PolicyRule.safeParse({ ...before, ...input });
      if (!parsed.success) throw badRequest('body', parsed.error);
      const rule = checkedRule(id, parsed.data);
      const policyId = policyIdOf(target, tenantId);
      await tx.execute(
        `INSERT INTO privileged_policy_rules (policy_id, rule_id, body, modified_at, modified_by_id, modified_by) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (policy_id, rule_id) DO UPDATE SET body = excluded.body, modified_at = excluded.modified_at,
           modified_by_id = excluded.modified_by_id, modified_by = excluded.modified_by`,
        [policyId, id, JSON.stringify(rule), clock.now(), by.id, by.name],
      );
      await recordActivity(
        audit,
        'Update role setting in PIM',
        {
          target: { ...target, name: await nameOf(target, tx) },
          modified: { displayName: id, oldValue: before, newValue: rule },
        },
        by,
        tx,
      );
    },
  };
}
export type Policies = ReturnType<typeof createPolicies>;

const refused = (path: string, message: string): SallyportError =>
  new SallyportError('BadRequest', `\`body.${path}\`: ${message}`, { target: `body.${path}` });

/** What goes beyond a rule's own shape. */
function checkedRule(id: RuleId, rule: PolicyRule): PolicyRule {
  if ('maximumDuration' in rule && id === 'Expiration_EndUser_Assignment') {
    if (!rule.isExpirationRequired) throw refused('isExpirationRequired', 'an activation ends');
    if ((parseDuration(rule.maximumDuration) ?? 0) > activationMaxSeconds)
      throw refused('maximumDuration', 'an activation lasts for 24 hours at most');
  }
  if ('enabledRules' in rule && id !== 'Enablement_EndUser_Assignment' && rule.enabledRules.includes('Ticketing'))
    throw refused('enabledRules', 'a ticket is asked for at activations only');
  if ('setting' in rule) {
    const { approvalMode, approvalStages, isApprovalRequired } = rule.setting;
    if (isApprovalRequired && approvalMode !== 'NoApproval' && approvalStages.length === 0)
      throw refused('setting.approvalStages', 'an approval has at least one stage');
    approvalStages.forEach((stage, i) => {
      if (stage.isEscalationEnabled && stage.escalationTimeInMinutes === 0)
        throw refused(`setting.approvalStages[${i}].escalationTimeInMinutes`, 'an escalation comes after a time');
    });
  }
  if ('recipientType' in rule && rule.recipientType !== id.split('_')[1])
    throw refused('recipientType', `the rule ${id} is for ${id.split('_')[1] ?? ''}`);
  return rule;
}
