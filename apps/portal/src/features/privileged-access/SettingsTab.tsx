import type { PrivilegedPolicy, RuleId } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { Facts } from '../../shared/Facts.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import type { TabProps } from './index.ts';
import { PolicyDialog } from './PolicyDialog.tsx';
import { factsOfPolicy, ruleOf } from './policy.ts';
import { policiesQuery } from './queries.ts';
import { useTabStyles } from './styles.ts';

const yes = (is: boolean): string => (is ? 'Yes' : 'No');
const columns: readonly GridColumn<PrivilegedPolicy>[] = [
  { id: 'role', header: 'Role', min: 200, grow: 2, cell: ({ targetName }) => visible(targetName) },
  { id: 'max', header: 'Longest activation', min: 140, cell: (row) => factsOfPolicy(row).longest },
  {
    id: 'asks',
    header: 'Asks for',
    min: 220,
    grow: 2,
    drop: 1,
    cell: (row) => factsOfPolicy(row).asks.join(', ') || 'Nothing',
  },
  { id: 'approval', header: 'Approval', min: 100, cell: (row) => yes(factsOfPolicy(row).approval) },
  { id: 'changed', header: 'Changed', min: 120, drop: 2, cell: ({ modifiedAt }) => <RelativeTime at={modifiedAt} /> },
];

/** What the roles ask of those who activate and assign them. */
export function SettingsTab({ search, set }: TabProps): ReactElement {
  const styles = useTabStyles();
  const { data, error, refetch } = useQuery(policiesQuery);
  const open = data?.policies.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={12} label="Loading" />;
  return (
    <div className={styles.split}>
      <Grid
        label="Role settings"
        rows={data.policies}
        columns={columns}
        rowId={({ id }) => id}
        openId={open?.id}
        onOpen={({ id }) => set({ selected: id })}
        onClose={close}
      />
      {open && <PolicyPanel policy={open} onClose={close} />}
    </div>
  );
}

const levels = { Eligibility: 'Eligible assignments', Assignment: 'Active assignments' } as const;

function PolicyPanel({ policy, onClose }: { policy: PrivilegedPolicy; onClose: () => void }): ReactElement {
  const why = useRefusal('updatePrivilegedPolicyRule');
  const [editing, setEditing] = useState(false);
  const facts = factsOfPolicy(policy);
  return (
    <SidePanel
      label="Role settings"
      title={visible(policy.targetName)}
      onClose={onClose}
      footer={
        <RefusableButton appearance="primary" why={why} onClick={() => setEditing(true)}>
          Change…
        </RefusableButton>
      }
    >
      <Section title="Activation">
        <Facts
          facts={[
            ['Longest', facts.longest],
            ['Asks for', facts.asks.join(', ') || 'Nothing'],
            ['Approval', facts.approval ? facts.stages : 'None'],
          ]}
        />
      </Section>
      {(['Eligibility', 'Assignment'] as const).map((level) => (
        <Section key={level} title={levels[level]}>
          <Facts
            facts={[
              ['May last', facts.lasts(level)],
              ['Asks for', facts.assignAsks(level)],
            ]}
          />
        </Section>
      ))}
      <Section title="Mails">
        <Facts facts={mailFacts(policy)} />
      </Section>
      {editing && <PolicyDialog policy={policy} onClose={() => setEditing(false)} />}
    </SidePanel>
  );
}

const mails: readonly (readonly [RuleId, string])[] = [
  ['Notification_Admin_EndUser_Assignment', 'Activated: administrators'],
  ['Notification_Requestor_EndUser_Assignment', 'Activated: whoever asks'],
  ['Notification_Approver_EndUser_Assignment', 'Activated: approvers'],
  ['Notification_Admin_Admin_Eligibility', 'Made eligible: administrators'],
  ['Notification_Requestor_Admin_Eligibility', 'Made eligible: who is assigned'],
  ['Notification_Admin_Admin_Assignment', 'Made active: administrators'],
  ['Notification_Requestor_Admin_Assignment', 'Made active: who is assigned'],
];
function mailFacts(policy: PrivilegedPolicy): (readonly [string, string])[] {
  return mails.map(([id, label]) => {
    const rule = ruleOf(policy, id);
    if (!rule || !('notificationLevel' in rule)) return [label, ''];
    const extra = rule.notificationRecipients.length;
    const who = rule.isDefaultRecipientsEnabled ? 'yes' : 'not by default';
    return [label, `${rule.notificationLevel === 'None' ? 'none' : rule.notificationLevel === 'Critical' ? 'critical only' : who}${extra > 0 ? `, and ${extra} more` : ''}`]; // prettier-ignore
  });
}
