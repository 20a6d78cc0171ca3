import { makeStyles, Text, tokens } from '@fluentui/react-components';
import type { Incident, SimilarIncident } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { visible, words } from '../../shared/text.ts';
import { IncidentStatusLabel, Owner } from './IncidentState.tsx';
import { similarQuery } from './queries.ts';

const useStyles = makeStyles({
  list: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
  },
  item: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXXS, overflowWrap: 'anywhere' },
  facts: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  muted: { color: tokens.colorNeutralForeground3 },
  reasons: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
});

/** Incidents like this one, why they are, and how they ended. */
export function SimilarTab({ incident }: { incident: Incident }): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(similarQuery(incident.number, incident.lastUpdatedAt));
  if (error && !data)
    return <ErrorState error={error} title="Similar incidents could not be found" onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Looking for similar incidents" />;
  if (data.incidents.length === 0)
    return (
      <EmptyState title="No similar incidents">
        No other incident shares enough of its rules, entities and techniques with this one.
      </EmptyState>
    );
  return (
    <Section title="Similar incidents" card>
      <ol className={styles.list}>
        {data.incidents.map((one) => (
          <Similar key={one.number} one={one} />
        ))}
      </ol>
    </Section>
  );
}

function Similar({ one }: { one: SimilarIncident }): ReactElement {
  const styles = useStyles();
  return (
    <li className={styles.item}>
      <span>
        <TextLink to="/incidents/$number" params={{ number: String(one.number) }}>
          {`${one.number} · ${visible(one.title)}`}
        </TextLink>
      </span>
      <span className={styles.facts}>
        <Severity severity={one.severity} />
        <IncidentStatusLabel status={one.status} />
        <Owner owner={one.owner} />
        <RelativeTime at={one.createdAt} />
        <Text size={200} className={styles.muted}>
          {Math.round(one.similarity * 100)} % alike
        </Text>
      </span>
      {one.status === 'Closed' && (
        <Text size={300}>
          Closed as {one.classification ? words(one.classification).toLowerCase() : 'nothing'}
          {one.determination ? `, ${words(one.determination).toLowerCase()}` : ''} <RelativeTime at={one.closedAt} />
          {one.classificationComment === '' ? '' : `: ${visible(one.classificationComment)}`}
        </Text>
      )}
      <ul className={styles.reasons}>
        {one.reasons.map((reason) => (
          <li key={reason}>
            <Text size={200}>{visible(reason)}</Text>
          </li>
        ))}
      </ul>
    </li>
  );
}
