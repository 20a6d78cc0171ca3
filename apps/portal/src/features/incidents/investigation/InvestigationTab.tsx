import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { PlayRegular, StopRegular } from '@fluentui/react-icons';
import type { Incident, Investigation } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Facts } from '../../../shared/Facts.tsx';
import { plural } from '../../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../../shared/Refusable.tsx';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { Status } from '../../../shared/Status.tsx';
import { visible } from '../../../shared/text.ts';
import { states } from '../../investigations/index.ts';
import { Actions } from './Actions.tsx';
import { EvidenceList } from './EvidenceList.tsx';
import { Log } from './Log.tsx';
import { investigationQuery, isUnderWay, useInvestigation } from './queries.ts';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    paddingRight: tokens.spacingHorizontalS,
  },
});

/** What the automated investigation of an incident did, found and proposes. */
export function InvestigationTab({ incident }: { incident: Incident }): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(investigationQuery(incident.number));
  const why = useRefusal('startInvestigation', 'stopInvestigation');
  const { start, stop } = useInvestigation(incident.number);
  if (error && data === undefined)
    return <ErrorState error={error} title="The investigation could not be loaded" onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={8} label="Loading the investigation" />;
  const investigate = !isUnderWay(data) && (
    <RefusableButton
      why={why}
      size="small"
      appearance={data ? 'secondary' : 'primary'}
      icon={<PlayRegular />}
      disabled={start.isPending}
      onClick={() => start.mutate(undefined)}
    >
      {data ? 'Investigate again' : 'Investigate'}
    </RefusableButton>
  );
  if (data === null)
    return (
      <EmptyState title="Not investigated" action={investigate || undefined}>
        No playbook is for these alerts by itself. Begun by hand, all playbooks ask that know what the alerts name.
      </EmptyState>
    );
  return (
    <div className={styles.root}>
      <Section
        title="Automated investigation"
        card
        actions={
          isUnderWay(data) ? (
            <RefusableButton
              why={why}
              size="small"
              icon={<StopRegular />}
              disabled={stop.isPending}
              onClick={() => stop.mutate(data.id)}
            >
              End it
            </RefusableButton>
          ) : (
            investigate
          )
        }
      >
        <Summary investigation={data} />
      </Section>
      <Actions number={incident.number} actions={data.actions} />
      <EvidenceList evidence={data.evidence} total={data.evidenceCount} />
      <Log entries={data.log} />
    </div>
  );
}

function Summary({ investigation }: { investigation: Investigation }): ReactElement {
  const [name, tone] = states[investigation.state];
  return (
    <Facts
      facts={[
        [
          'State',
          <Status key="s" tone={tone}>
            {name}
          </Status>,
        ],
        [
          'Result',
          investigation.stateReason === '' ? undefined : <Text key="r">{visible(investigation.stateReason)}</Text>,
        ],
        [
          'Started',
          <span key="b">
            <RelativeTime at={investigation.startedAt} /> by {visible(investigation.startedBy)}
          </span>,
        ],
        ['Ended', investigation.endedAt === null ? undefined : <RelativeTime key="e" at={investigation.endedAt} />],
        ['Alerts', plural(investigation.alertCount, 'alert')],
        ['Playbooks', investigation.playbooks.map((name) => visible(name)).join(', ')],
        ['Asked', plural(investigation.queries, 'query', 'queries')],
      ]}
    />
  );
}
