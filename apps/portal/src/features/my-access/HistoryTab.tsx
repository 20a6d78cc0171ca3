import { HistoryRegular, ShieldTaskRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { Timeline } from '../../shared/Timeline.tsx';
import { historyQuery } from './queries.ts';

/** What was done by and to oneself; it stays when access is over. */
export function HistoryTab(): ReactElement {
  const { data, error, refetch } = useQuery(historyQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading" />;
  if (data.entries.length === 0) return <EmptyState icon={<HistoryRegular />} title="Nothing yet" />;
  return (
    <Timeline
      label="My audit"
      items={data.entries.map((entry, i) => ({
        id: `${entry.at} ${i}`,
        at: entry.at,
        icon: <ShieldTaskRegular />,
        title: entry.activity,
        body: [visible(entry.target), `by ${visible(entry.actor)}`].join(' · '),
      }))}
    />
  );
}
