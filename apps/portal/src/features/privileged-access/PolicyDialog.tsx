import { Checkbox, Field, Input, Select } from '@fluentui/react-components';
import {
  parseDuration,
  type EnabledRule,
  type PolicyRule,
  type PrivilegedPolicy,
  type RuleId,
  type SubjectSet,
} from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ChooseSeveral } from '../../shared/choices.tsx';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { visible } from '../../shared/text.ts';
import { duration } from '../../shared/time.ts';
import { ruleOf } from './policy.ts';
import { useDo } from './queries.ts';

const hoursOf = [0.5, 1, 2, 4, 8, 12, 24];
const daysOf = [15, 30, 90, 180, 365];
const factorNames: Readonly<Record<EnabledRule, string>> = {
  MultiFactorAuthentication: 'Multifactor authentication',
  Justification: 'Justification',
  Ticketing: 'Ticket',
};
const factors = ['MultiFactorAuthentication', 'Justification', 'Ticketing'] as const;
const userIdOf = (subject: SubjectSet): string[] => ('userId' in subject ? [subject.userId] : []);

/** Every setting of a role that is set often, in one form; the mails of an event are three rules of their own. */
export function PolicyDialog({ policy, onClose }: { policy: PrivilegedPolicy; onClose: () => void }): ReactElement {
  const [rules, setRules] = useState<Readonly<Partial<Record<RuleId, PolicyRule>>>>({});
  const now = (id: RuleId): PolicyRule | undefined => rules[id] ?? ruleOf(policy, id);
  const set = (id: RuleId, rule: PolicyRule): void => setRules((before) => ({ ...before, [id]: rule }));
  const save = useDo(
    async () => {
      for (const { id } of policy.rules) {
        const rule = rules[id];
        if (rule) await client.updatePrivilegedPolicyRule({ params: { policyId: policy.id, ruleId: id }, body: rule });
      }
    },
    `Settings of ${policy.targetName} changed`,
    onClose,
  );
  return (
    <FormDialog
      title={`Settings of ${visible(policy.targetName)}`}
      submit="Save"
      wide
      ready={Object.keys(rules).length > 0}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <FieldPair>
        <Longest
          rule={now('Expiration_EndUser_Assignment')}
          onChange={(rule) => set('Expiration_EndUser_Assignment', rule)}
        />
        <Asks
          rule={now('Enablement_EndUser_Assignment')}
          label="An activation asks for"
          factors={factors}
          onChange={(rule) => set('Enablement_EndUser_Assignment', rule)}
        />
      </FieldPair>
      <Context
        rule={now('AuthenticationContext_EndUser_Assignment')}
        onChange={(rule) => set('AuthenticationContext_EndUser_Assignment', rule)}
      />
      <Approval
        rule={now('Approval_EndUser_Assignment')}
        onChange={(rule) => set('Approval_EndUser_Assignment', rule)}
      />
      <FieldPair>
        <Lasts
          label="An eligibility"
          rule={now('Expiration_Admin_Eligibility')}
          onChange={(rule) => set('Expiration_Admin_Eligibility', rule)}
        />
        <Lasts
          label="An active assignment"
          rule={now('Expiration_Admin_Assignment')}
          onChange={(rule) => set('Expiration_Admin_Assignment', rule)}
        />
      </FieldPair>
      <Asks
        rule={now('Enablement_Admin_Assignment')}
        label="An active assignment asks for"
        factors={['MultiFactorAuthentication', 'Justification']}
        onChange={(rule) => set('Enablement_Admin_Assignment', rule)}
      />
      <Mails
        rule={now('Notification_Admin_EndUser_Assignment')}
        onChange={(rule) => set('Notification_Admin_EndUser_Assignment', rule)}
      />
    </FormDialog>
  );
}

interface RuleProps {
  readonly rule: PolicyRule | undefined;
  readonly onChange: (rule: PolicyRule) => void;
}

function Longest({ rule, onChange }: RuleProps): ReactElement | null {
  if (!rule || !('maximumDuration' in rule)) return null;
  const seconds = parseDuration(rule.maximumDuration) ?? 0;
  const choices = [...new Set([...hoursOf.map((hours) => hours * 3_600), seconds])].toSorted((a, b) => a - b);
  return (
    <Field label="Longest activation">
      <Select
        value={String(seconds)}
        onChange={(_, { value }) => onChange({ ...rule, maximumDuration: `PT${Number(value) / 60}M` })}
      >
        {choices.map((one) => (
          <option key={one} value={one}>
            {duration(one)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

function Lasts({ label, rule, onChange }: RuleProps & { label: string }): ReactElement | null {
  if (!rule || !('maximumDuration' in rule)) return null;
  const days = Math.round((parseDuration(rule.maximumDuration) ?? 0) / 86_400);
  const value = rule.isExpirationRequired ? String(days) : 'none';
  return (
    <Field label={`${label} may last`}>
      <Select
        value={value}
        onChange={(_, data) =>
          onChange(
            data.value === 'none'
              ? { ...rule, isExpirationRequired: false }
              : { ...rule, isExpirationRequired: true, maximumDuration: `P${Number(data.value)}D` },
          )
        }
      >
        <option value="none">without an end</option>
        {[...new Set([...daysOf, days])]
          .toSorted((a, b) => a - b)
          .map((one) => (
            <option key={one} value={one}>
              at most {one} days
            </option>
          ))}
      </Select>
    </Field>
  );
}

function Asks({
  label,
  factors: all,
  rule,
  onChange,
}: RuleProps & { label: string; factors: readonly EnabledRule[] }): ReactElement | null {
  if (!rule || !('enabledRules' in rule)) return null;
  return (
    <ChooseSeveral
      label={label}
      none="Nothing"
      options={all}
      labelOf={(one) => factorNames[one]}
      values={rule.enabledRules}
      onChange={(enabledRules) => onChange({ ...rule, enabledRules })}
    />
  );
}

function Context({ rule, onChange }: RuleProps): ReactElement | null {
  if (!rule || !('claimValue' in rule)) return null;
  return (
    <FieldPair>
      <Checkbox
        label="Ask for an authentication context of Conditional Access"
        checked={rule.isEnabled}
        onChange={(_, { checked }) =>
          onChange({
            ...rule,
            isEnabled: checked === true,
            claimValue: checked === true ? (rule.claimValue ?? 'c1') : null,
          })
        }
      />
      {rule.isEnabled && (
        <Field label="Context" hint="c1 to c99">
          <Input
            value={rule.claimValue ?? ''}
            maxLength={3}
            onChange={(_, { value }) => onChange({ ...rule, claimValue: value })}
          />
        </Field>
      )}
    </FieldPair>
  );
}

function Approval({ rule, onChange }: RuleProps): ReactElement | null {
  const { data } = useQuery({
    queryKey: ['privileged-access', 'approvers'],
    queryFn: ({ signal }) => client.listDirectoryPeople({ signal, query: {} }),
  });
  if (!rule || !('setting' in rule)) return null;
  const { setting } = rule;
  const people = data?.people ?? [];
  const nameOf = (id: string): string => people.find((one) => one.id === id)?.userPrincipalName ?? id;
  const [first] = setting.approvalStages;
  const chosen = first?.primaryApprovers.flatMap(userIdOf) ?? [];
  return (
    <>
      <Checkbox
        label="Others approve each activation"
        checked={setting.isApprovalRequired}
        onChange={
          (_, { checked }) =>
          onChange({ ...rule, setting: { ...setting, isApprovalRequired: checked === true, approvalMode: setting.approvalMode === 'NoApproval' ? 'SingleStage' : setting.approvalMode } }) // prettier-ignore
        }
      />
      {setting.isApprovalRequired && (
        <ChooseSeveral
          label="Approvers"
          hint={
            setting.approvalStages.length > 1
              ? 'Of the first stage; the others stay as they are'
              : 'One of them decides'
          }
          none="Whoever manages authorization"
          options={[...new Set([...people.map(({ id }) => id), ...chosen])]}
          labelOf={nameOf}
          values={chosen}
          onChange={(ids) => {
            const [stage, ...others] = setting.approvalStages;
            if (!stage) return;
            const rest = stage.primaryApprovers.filter((one) => !('userId' in one));
            const named = ids.map((userId) => ({ '@odata.type': '#microsoft.graph.singleUser' as const, userId }));
            onChange({ ...rule, setting: { ...setting, approvalStages: [{ ...stage, primaryApprovers: [...rest, ...named] }, ...others] } }); // prettier-ignore
          }}
        />
      )}
    </>
  );
}

function Mails({ rule, onChange }: RuleProps): ReactElement | null {
  const [text, setText] = useState<string>();
  if (!rule || !('notificationLevel' in rule)) return null;
  return (
    <FieldPair>
      <Field label="Mails of activations to administrators">
        <Select
          value={rule.notificationLevel}
          onChange={(_, { value }) => onChange({ ...rule, notificationLevel: value === 'None' ? 'None' : value === 'Critical' ? 'Critical' : 'All' })} // prettier-ignore
        >
          <option value="All">All</option>
          <option value="Critical">Critical only</option>
          <option value="None">None</option>
        </Select>
      </Field>
      <Field label="More addresses" hint="Separated by ;">
        <Input
          value={text ?? rule.notificationRecipients.join('; ')}
          onChange={(_, { value }) => {
            setText(value);
            const found = value.split(';').map((one) => one.trim());
            onChange({ ...rule, notificationRecipients: found.filter((one) => one !== '') });
          }}
        />
      </Field>
    </FieldPair>
  );
}
