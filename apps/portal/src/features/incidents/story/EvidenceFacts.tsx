import { makeStyles, Text, tokens } from '@fluentui/react-components';
import type { Evidence, IncidentStory } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Copyable } from '../../../shared/Copyable.tsx';
import { Facts } from '../../../shared/Facts.tsx';
import { plural } from '../../../shared/numbers.ts';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { SeverityIcon } from '../../../shared/Severity.tsx';
import { TextLink } from '../../../shared/TextLink.tsx';
import { visible, words } from '../../../shared/text.ts';
import { StateMark, VerdictMark } from './StateMark.tsx';

const ALERTS_SHOWN = 50;

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, minWidth: 0 },
  name: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', minWidth: 0 },
  muted: { color: tokens.colorNeutralForeground3 },
});

/** Alerts as links, the first fifty. */
export function AlertLinks({ number, alerts }: { number: number; alerts: IncidentStory['alerts'] }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.list}>
      {alerts.slice(0, ALERTS_SHOWN).map((alert) => (
        <span key={alert.id} className={styles.line}>
          <SeverityIcon severity={alert.severity} />
          <TextLink
            className={styles.name}
            to="/incidents/$number"
            params={{ number: String(number) }}
            search={{ tab: 'alerts', alert: alert.id }}
          >
            {visible(alert.name)}
          </TextLink>
        </span>
      ))}
      {alerts.length > ALERTS_SHOWN && (
        <Text size={200} className={styles.muted}>
          and {plural(alerts.length - ALERTS_SHOWN, 'other', 'others')}
        </Text>
      )}
    </div>
  );
}

/** All that an incident says of one entity. */
export function EvidenceFacts(props: { number: number; story: IncidentStory; evidence: Evidence }): ReactElement {
  const { number, story, evidence } = props;
  const { entity } = evidence;
  const alerts = story.alerts.filter((alert) => alert.entityIds.includes(entity.id));
  return (
    <>
      <Facts
        facts={[
          ['Kind', words(entity.kind)],
          [
            'Also named',
            evidence.aliases.length > 0 ? visible(evidence.aliases.map(({ name }) => name).join(', ')) : undefined,
          ],
          ['State', <StateMark key="s" state={evidence.state} />],
          ['Verdict', <VerdictMark key="v" verdict={evidence.verdict} />],
          ['Why', evidence.verdictReason === '' ? undefined : visible(evidence.verdictReason, { lines: true })],
          ['Set by', evidence.verdictBy === null ? undefined : visible(evidence.verdictBy)],
          ['Remediation', evidence.remediation === 'none' ? 'Nothing was done' : words(evidence.remediation)],
          ['Roles', evidence.roles.map(words).join(', ')],
          ['Risk', evidence.isAsset ? `${evidence.risk.level}. ${evidence.risk.reasons.join(' ')}` : undefined],
          ['First seen', <RelativeTime key="f" at={evidence.firstSeenAt} form="exact" />],
          ['Last seen', <RelativeTime key="l" at={evidence.lastSeenAt} form="exact" />],
          ['Joins alerts', entity.strong ? 'Yes, by a strong identifier' : 'No: its identifiers are weak'],
        ]}
      />
      <Section title="Identifiers">
        <Facts
          facts={Object.entries(entity.identifiers).map(([name, value]) => [
            words(visible(name)),
            <Copyable key={name} text={value} label={name} length={200} />,
          ])}
        />
      </Section>
      <Section title={plural(alerts.length, 'alert')}>
        <AlertLinks number={number} alerts={alerts} />
      </Section>
    </>
  );
}
