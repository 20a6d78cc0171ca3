import { Checkbox, Input, makeStyles, Select, tokens } from '@fluentui/react-components';
import { NotificationLevel, type NotificationRule, type PolicyRule, type RuleId } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';

type Event = 'Admin_Eligibility' | 'Admin_Assignment' | 'EndUser_Assignment';
type Recipient = 'Admin' | 'Requestor' | 'Approver';
const events: readonly (readonly [Event, string])[] = [
  ['Admin_Eligibility', 'Somebody is made eligible'],
  ['Admin_Assignment', 'Somebody is made active'],
  ['EndUser_Assignment', 'Somebody activates'],
];
const recipients: readonly (readonly [Recipient, string])[] = [
  ['Admin', 'Administrators'],
  ['Requestor', 'Whom it is about'],
  ['Approver', 'Approvers'],
];
const levels: Readonly<Record<NotificationRule['notificationLevel'], string>> = {
  All: 'All',
  Critical: 'Critical only',
  None: 'None',
};

const useStyles = makeStyles({
  table: { borderCollapse: 'collapse', width: '100%' },
  head: {
    textAlign: 'start',
    fontWeight: tokens.fontWeightRegular,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalXS}`,
  },
  event: {
    textAlign: 'start',
    fontWeight: tokens.fontWeightSemibold,
    paddingTop: tokens.spacingVerticalM,
  },
  cell: { padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalXS}`, textAlign: 'start', fontWeight: tokens.fontWeightRegular }, // prettier-ignore
  level: { minWidth: '110px' },
  addresses: { width: '100%', minWidth: '160px' },
});

/** Who is told of what: the nine rules of a policy about mails. */
export function MailFields({
  ruleOf,
  onChange,
}: {
  ruleOf: (id: RuleId) => PolicyRule | undefined;
  onChange: (id: RuleId, rule: PolicyRule) => void;
}): ReactElement {
  const styles = useStyles();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {['Who', 'Mails', 'By default', 'More addresses, separated by ;'].map((name) => (
            <th key={name} scope="col" className={styles.head}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      {events.map(([event, title]) => (
        <tbody key={event}>
          <tr>
            <th scope="rowgroup" colSpan={4} className={styles.event}>
              {title}
            </th>
          </tr>
          {recipients.map(([recipient, who]) => {
            const id: RuleId = `Notification_${recipient}_${event}`;
            return <Mail key={id} who={who} title={title} rule={ruleOf(id)} onChange={(rule) => onChange(id, rule)} />;
          })}
        </tbody>
      ))}
    </table>
  );
}

function Mail(props: {
  who: string;
  title: string;
  rule: PolicyRule | undefined;
  onChange: (rule: PolicyRule) => void;
}): ReactElement | null {
  const styles = useStyles();
  const { who, title, rule, onChange } = props;
  const [text, setText] = useState<string>();
  if (!rule || !('notificationLevel' in rule)) return null;
  const of = `${title}, ${who.toLowerCase()}`;
  const isOff = rule.notificationLevel === 'None';
  return (
    <tr>
      <th scope="row" className={styles.cell}>
        {who}
      </th>
      <td className={styles.cell}>
        <Select
          size="small"
          className={styles.level}
          aria-label={`Mails: ${of}`}
          value={rule.notificationLevel}
          onChange={(_, { value }) =>
            onChange({ ...rule, notificationLevel: NotificationLevel.options.find((one) => one === value) ?? 'All' })
          }
        >
          {NotificationLevel.options.map((one) => (
            <option key={one} value={one}>
              {levels[one]}
            </option>
          ))}
        </Select>
      </td>
      <td className={styles.cell}>
        <Checkbox
          aria-label={`By default: ${of}`}
          disabled={isOff}
          checked={rule.isDefaultRecipientsEnabled}
          onChange={(_, { checked }) => onChange({ ...rule, isDefaultRecipientsEnabled: checked === true })}
        />
      </td>
      <td className={styles.cell}>
        <Input
          size="small"
          className={styles.addresses}
          aria-label={`More addresses: ${of}`}
          disabled={isOff}
          value={text ?? rule.notificationRecipients.join('; ')}
          onChange={(_, { value }) => {
            setText(value);
            const found = value.split(';').map((one) => one.trim());
            onChange({ ...rule, notificationRecipients: found.filter((one) => one !== '') });
          }}
        />
      </td>
    </tr>
  );
}
