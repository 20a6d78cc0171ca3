import { makeStyles, tokens } from '@fluentui/react-components';
import type { Anomaly, EntityKind } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { NamedEntity } from '../../shared/EntityLink.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { kqlString } from '../../shared/kql.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { elide, visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { nameOf, reasonFacts } from './reasons.ts';
import { Score } from './Score.tsx';

const useStyles = makeStyles({
  text: { margin: 0, overflowWrap: 'anywhere' },
  reason: {
    borderLeft: `${tokens.strokeWidthThicker} solid ${tokens.colorBrandStroke2}`,
    paddingLeft: tokens.spacingHorizontalS,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
  },
  links: { display: 'flex', gap: tokens.spacingHorizontalM, flexWrap: 'wrap' },
});

const VALUE_MAX = 300;

/** One anomaly: what happened, and each number of the baseline that it differs from. */
export function AnomalyPanel({ anomaly, onClose }: { anomaly: Anomaly; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const row = `Anomalies | where Id == ${kqlString(anomaly.id)}`;
  const activity = `BehaviorAnalytics\n| where UserPrincipalName =~ ${kqlString(anomaly.user)}\n| sort by InvestigationPriority desc`;
  const hunt = (query: string, label: string): ReactElement => (
    <TextLink to="/hunting" search={{ range: '30d' }} hash={`query=${encodeFragment(query)}`}>
      {label}
    </TextLink>
  );
  const entity = (kind: EntityKind, name: string) =>
    name === '' ? undefined : <NamedEntity kind={kind} name={name} />;
  return (
    <SidePanel label="Anomaly" title={visible(anomaly.name)} onClose={onClose}>
      <p className={styles.text}>
        <bdi>{visible(anomaly.description)}</bdi>
      </p>
      <Facts
        facts={[
          ['Score', <Score key="score" score={anomaly.score} />],
          ['From', anomaly.startTime ? <RelativeTime key="from" at={anomaly.startTime} /> : undefined],
          ['To', anomaly.endTime ? <RelativeTime key="to" at={anomaly.endTime} /> : undefined],
          ['User', entity('Account', anomaly.user)],
          ['Address', entity('IP', anomaly.sourceIp)],
          ['Country', anomaly.country === '' ? undefined : visible(anomaly.country)],
          ['Device', entity('Host', anomaly.sourceDevice)],
          ['Target address', entity('IP', anomaly.destinationIp)],
          ['Target device', entity('Host', anomaly.destinationDevice)],
          ['Tactics', words(visible(anomaly.tactics))],
          ['Techniques', visible(anomaly.techniques)],
          ['Status', visible(anomaly.status)],
        ]}
      />
      <Section title={`Why (${anomaly.reasons.length})`}>
        {anomaly.reasons.map((reason, index) => (
          <div key={index} className={styles.reason}>
            <strong>{words(visible(nameOf(reason)))}</strong>
            <Facts
              facts={reasonFacts(reason).map(([name, value]) => [
                name,
                <bdi key={name}>{visible(elide(value, VALUE_MAX))}</bdi>,
              ])}
            />
          </div>
        ))}
      </Section>
      <Section title="Found with">
        <Facts
          facts={Object.entries(anomaly.parameters).map(([name, value]) => [words(visible(name)), String(value)])}
        />
      </Section>
      <div className={styles.links}>
        {hunt(row, 'Show row')}
        {anomaly.user !== '' && hunt(activity, 'Activities of the user')}
        <TextLink to="/anomalies" search={{ tab: 'rules', selected: anomaly.templateId }}>
          Tune the rule
        </TextLink>
      </div>
    </SidePanel>
  );
}
