import { parseDuration, type PolicyRule, type PrivilegedPolicy, type RuleId } from '@sallyport/contracts';
import { plural } from '../../shared/numbers.ts';
import { duration } from '../../shared/time.ts';

export const ruleOf = ({ rules }: PrivilegedPolicy, id: RuleId): PolicyRule | undefined =>
  rules.find((one) => one.id === id)?.rule;

const names: Readonly<Record<string, string>> = {
  MultiFactorAuthentication: 'multifactor authentication',
  Justification: 'justification',
  Ticketing: 'ticket',
};
const asked = (rule: PolicyRule | undefined): string[] =>
  rule && 'enabledRules' in rule ? rule.enabledRules.map((one) => names[one] ?? one) : [];
const expiration = (rule: PolicyRule | undefined): { readonly required: boolean; readonly text: string } =>
  rule && 'maximumDuration' in rule
    ? { required: rule.isExpirationRequired, text: duration(parseDuration(rule.maximumDuration) ?? 0) }
    : { required: false, text: '' };

/** A policy in words. */
export function factsOfPolicy(policy: PrivilegedPolicy) {
  const approval = ruleOf(policy, 'Approval_EndUser_Assignment');
  const context = ruleOf(policy, 'AuthenticationContext_EndUser_Assignment');
  const setting = approval && 'setting' in approval ? approval.setting : undefined;
  const needs = setting?.isApprovalRequired === true && setting.approvalMode !== 'NoApproval';
  const stages = setting?.approvalStages ?? [];
  const by = stages.map(({ primaryApprovers }) =>
    primaryApprovers.length === 0 ? 'who manages authorization' : plural(primaryApprovers.length, 'approver'),
  );
  return {
    longest: expiration(ruleOf(policy, 'Expiration_EndUser_Assignment')).text,
    asks: [
      ...asked(ruleOf(policy, 'Enablement_EndUser_Assignment')),
      ...(context && 'claimValue' in context && context.isEnabled ? [`context ${context.claimValue ?? ''}`] : []),
    ],
    approval: needs,
    stages:
      setting?.approvalMode === 'SingleStage' ? (by[0] ?? '') : `${setting?.approvalMode ?? ''}: ${by.join(', ')}`,
    lasts: (level: 'Eligibility' | 'Assignment'): string => {
      const { required, text } = expiration(ruleOf(policy, `Expiration_Admin_${level}`));
      return required ? `at most ${text}` : 'without an end';
    },
    assignAsks: (level: 'Eligibility' | 'Assignment'): string =>
      asked(ruleOf(policy, `Enablement_Admin_${level}`)).join(', ') || 'Nothing',
  };
}
