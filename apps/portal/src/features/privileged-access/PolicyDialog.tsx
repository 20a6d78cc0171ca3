import { Checkbox, Field, Input, Select } from '@fluentui/react-components';
import {
  parseDuration,
  type EnabledRule,
  type PolicyRule,
  type PrivilegedPolicy,
  type RuleId,
} from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ChooseSeveral } from '../../shared/choices.tsx';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible } from '../../shared/text.ts';
import { duration } from '../../shared/time.ts';
import { ApprovalFields } from './ApprovalFields.tsx';
import { MailFields } from './MailFields.tsx';
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

const parts = [
  { id: 'activation', label: 'Activation' },
  { id: 'assignment', label: 'Assignment' },
  { id: 'mails', label: 'Mails' },
] as const;

/** All that a role, a group's membership or a role of a cloud asks of those who activate and assign it. */
export function PolicyDialog({ policy, onClose }: { policy: PrivilegedPolicy; onClose: () => void }): ReactElement {
  const [rules, setRules] = useState<Readonly<Partial<Record<RuleId, PolicyRule>>>>({});
  const now = (id: RuleId): PolicyRule | undefined => rules[id] ?? ruleOf(policy, id);
  const set = (id: RuleId, rule: PolicyRule): void => setRules((before) => ({ ...before, [id]: rule }));
  const bound = (id: RuleId): RuleProps => ({ rule: now(id), onChange: (rule) => set(id, rule) });
  const [part, show] = useState<(typeof parts)[number]['id']>('activation');
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
      <Tabs tabs={parts} value={part} onChange={show} />
      {part === 'activation' && (
        <>
          <FieldPair>
            <Longest {...bound('Expiration_EndUser_Assignment')} />
            <Asks {...bound('Enablement_EndUser_Assignment')} label="An activation asks for" factors={factors} />
          </FieldPair>
          <Context {...bound('AuthenticationContext_EndUser_Assignment')} />
          <ApprovalFields {...bound('Approval_EndUser_Assignment')} />
        </>
      )}
      {part === 'assignment' && (
        <FieldPair>
          <Lasts label="An eligibility" {...bound('Expiration_Admin_Eligibility')} />
          <Asks
            {...bound('Enablement_Admin_Eligibility')}
            label="An eligibility asks for"
            factors={['MultiFactorAuthentication', 'Justification']}
          />
          <Lasts label="An active assignment" {...bound('Expiration_Admin_Assignment')} />
          <Asks
            {...bound('Enablement_Admin_Assignment')}
            label="An active assignment asks for"
            factors={['MultiFactorAuthentication', 'Justification']}
          />
        </FieldPair>
      )}
      {part === 'mails' && <MailFields ruleOf={now} onChange={set} />}
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
