import { ShieldTaskRegular } from '@fluentui/react-icons';
import type { RiskSubjectKind } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { Facts } from '../../shared/Facts.tsx';
import { kqlString } from '../../shared/kql.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { Timeline } from '../../shared/Timeline.tsx';
import { DetectionCard } from './DetectionCard.tsx';
import { subjectQuery, useJudge } from './queries.ts';
import { detailText, Judge, Level, State, stateNames } from './Risk.tsx';

/** A risky user or workload identity: what was detected, why, and how the risk came about. */
export function SubjectPanel({
  kind,
  id,
  onClose,
}: {
  kind: RiskSubjectKind;
  id: string;
  onClose: () => void;
}): ReactElement {
  const { data, error, refetch } = useQuery(subjectQuery(kind, id));
  const judge = useJudge(kind);
  const label = kind === 'user' ? 'Risky user' : 'Risky workload identity';
  const name = data?.subject.displayName || data?.subject.name || id;
  const table = kind === 'user' ? 'AADUserRiskEvents' : 'AADServicePrincipalRiskEvents';
  const column = kind === 'user' ? 'UserId' : 'ServicePrincipalId';
  return (
    <SidePanel
      label={label}
      title={visible(name)}
      onClose={onClose}
      footer={
        data && (
          <Judge
            of={visible(name)}
            without={kind === 'user' ? [] : ['confirmSafe']}
            busy={judge.isPending}
            onJudge={(judgement) => judge.mutate({ ids: [id], judgement })}
          />
        )
      }
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading" />}
      {data && (
        <>
          <Facts
            facts={[
              ['Risk', <Level key="level" level={data.subject.riskLevel} />],
              ['State', <State key="state" state={data.subject.riskState} />],
              ['Why so', detailText(data.subject.riskDetail)],
              [kind === 'user' ? 'Account' : 'Application', <bdi key="name">{visible(data.subject.name)}</bdi>],
              ['Changed', <RelativeTime key="changed" at={data.subject.updatedAt} />],
            ]}
          />
          <Section title={`Detections (${data.detections.length})`}>
            {data.detections.map((detection) => (
              <DetectionCard key={detection.id} detection={detection} />
            ))}
          </Section>
          <Section title="History">
            <Timeline
              label="History"
              items={data.history.map((item) => ({
                id: item.id,
                at: item.at,
                icon: <ShieldTaskRegular />,
                title: `${stateNames[item.riskState]}, risk ${item.riskLevel}`,
                body: [
                  item.detections.map((name) => visible(name)).join(', '),
                  detailText(item.riskDetail),
                  `by ${visible(item.initiatedBy)}`,
                ]
                  .filter(Boolean)
                  .join(' · '),
              }))}
            />
          </Section>
          <TextLink
            to="/hunting"
            search={{ range: '30d' }}
            hash={`query=${encodeFragment(`${table}\n| where ${column} == ${kqlString(id)}\n| sort by TimeGenerated desc`)}`}
          >
            Show query
          </TextLink>
        </>
      )}
    </SidePanel>
  );
}
