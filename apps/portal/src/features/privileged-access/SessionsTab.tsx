import { Field, Textarea } from '@fluentui/react-components';
import { CodeRegular, ShieldKeyholeRegular, TaskListSquareLtrRegular } from '@fluentui/react-icons';
import type { PrivilegedDeed, PrivilegedSession } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { encodeFragment } from '../../shared/address.ts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { useNow } from '../../shared/hooks.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { Timeline } from '../../shared/Timeline.tsx';
import { Provisioning } from '../my-access/Provisioning.tsx';
import type { TabProps } from './index.ts';
import { sessionQuery, sessionsQuery, useDo } from './queries.ts';
import { useTabStyles } from './styles.ts';

const approvedBy = ({ approvals }: PrivilegedSession): string =>
  approvals.length === 0 ? 'Nobody had to' : approvals.map(({ by }) => visible(by)).join(', ');

const columns: readonly GridColumn<PrivilegedSession>[] = [
  { id: 'who', header: 'Who', min: 170, grow: 2, cell: ({ principal }) => <bdi>{visible(principal.displayName)}</bdi> },
  { id: 'what', header: 'What', min: 170, grow: 2, cell: ({ targetName }) => visible(targetName) },
  { id: 'since', header: 'Since', min: 120, cell: ({ startsAt }) => <RelativeTime at={startsAt} /> },
  { id: 'until', header: 'Until', min: 120, cell: ({ endsAt }) => <RelativeTime at={endsAt} /> },
  {
    id: 'why',
    header: 'Why',
    min: 160,
    grow: 2,
    drop: 1,
    cell: ({ justification, ticket }) => visible([ticket, justification].filter((text) => text !== '').join(': ')),
  },
  { id: 'by', header: 'Approved by', min: 150, grow: 1, drop: 2, cell: approvedBy },
];

/** Who has activated what, and what they do with it. */
export function SessionsTab({ search, set }: TabProps): ReactElement {
  const styles = useTabStyles();
  const { data, error, refetch } = useQuery(sessionsQuery);
  const close = (): void => set({ selected: undefined });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={12} label="Loading" />;
  return (
    <div className={styles.split}>
      <Grid
        label="Sessions"
        rows={data.sessions}
        columns={columns}
        rowId={({ id }) => id}
        openId={search.selected}
        onOpen={({ id }) => set({ selected: id })}
        onClose={close}
        empty={
          <EmptyState icon={<ShieldKeyholeRegular />} title="Nothing is activated now">
            What people activate stands here for as long as it lasts; afterwards it is in the audit and in the export.
          </EmptyState>
        }
      />
      {search.selected && <SessionPanel key={search.selected} id={search.selected} onClose={close} />}
    </div>
  );
}

function SessionPanel({ id, onClose }: { id: string; onClose: () => void }): ReactElement {
  const why = useRefusal('endPrivilegedSession');
  const { data, error, refetch } = useQuery(sessionQuery(id));
  const [ending, setEnding] = useState(false);
  const now = useNow();
  const isOver = data !== undefined && (data.session.removedAt !== null || new Date(data.session.endsAt ?? 0) <= now);
  return (
    <SidePanel
      label="Session"
      title={data ? `${visible(data.session.principal.displayName)}: ${visible(data.session.targetName)}` : 'Session'}
      onClose={onClose}
      footer={
        <RefusableButton why={why} disabled={!data || isOver} onClick={() => setEnding(true)}>
          End now…
        </RefusableButton>
      }
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={6} label="Loading" />}
      {data && <Session session={data.session} done={data.done} withQueries={data.withQueries} isOver={isOver} />}
      {ending && data && <EndDialog of={data.session} onClose={() => setEnding(false)} />}
    </SidePanel>
  );
}

function Session(props: {
  session: PrivilegedSession;
  done: readonly PrivilegedDeed[];
  withQueries: boolean;
  isOver: boolean;
}): ReactElement {
  const { session, done, withQueries, isOver } = props;
  const span = `TimeGenerated between (datetime(${session.startsAt}) .. datetime(${session.removedAt ?? session.endsAt ?? ''}))`;
  const query = `AuditLogs\n| where ${span} and Identity == ${JSON.stringify(session.principal.name)}\n| sort by TimeGenerated desc`;
  return (
    <>
      <Facts
        facts={[
          ['State', isOver ? <Status key="state" tone="off">Over</Status> : <Status key="state" tone="working">Activated</Status>], // prettier-ignore
          ['Who', <bdi key="who">{visible(session.principal.name)}</bdi>],
          ['What', visible(session.targetName)],
          ['Over', session.scopeId === '/' ? 'Everything' : visible(JSON.stringify(session.scope))],
          ['Since', <RelativeTime key="since" at={session.startsAt} form="exact" />],
          ['Until', <RelativeTime key="until" at={session.removedAt ?? session.endsAt} form="exact" />],
          ['In the cloud', session.provisioning ? <Provisioning key="cloud" of={session.provisioning} /> : undefined],
          ['Why', session.justification === '' ? undefined : visible(session.justification)],
          ['Ticket', session.ticket === '' ? undefined : visible(session.ticket)],
          ...session.approvals.map(
            ({ by, at, justification }, i) =>
              [
                i === 0 ? 'Approved by' : `and by (${i + 1})`,
                <span key={by}>
                  <bdi>{visible(by)}</bdi>, <RelativeTime at={at} />
                  {justification !== '' && `: ${visible(justification)}`}
                </span>,
              ] as const,
          ),
        ]}
      />
      <Section
        title={`Done meanwhile (${done.length})`}
        actions={
          <TextLink to="/hunting" search={{ range: '30d' }} hash={`query=${encodeFragment(query)}`}>
            Show query
          </TextLink>
        }
      >
        {!withQueries && <span>Queries are shown to those who may see security data.</span>}
        {done.length === 0 && <span>Nothing yet.</span>}
        <Timeline
          label="Done meanwhile"
          items={done.map(({ at, kind, operation, target, result }, i) => ({
            id: `${at} ${i}`,
            at,
            icon: kind === 'query' ? <CodeRegular /> : <TaskListSquareLtrRegular />,
            title: result === 'success' ? operation : `${operation} (${visible(result)})`,
            body: kind === 'query' ? <CodeBlock text={target} label="query" /> : <bdi>{visible(target)}</bdi>,
          }))}
        />
      </Section>
    </>
  );
}

function EndDialog({ of, onClose }: { of: PrivilegedSession; onClose: () => void }): ReactElement {
  const [justification, setJustification] = useState('');
  const end = useDo(
    () => client.endPrivilegedSession({ params: { id: of.id }, body: { justification: justification.trim() } }),
    'Ended',
    onClose,
  );
  return (
    <FormDialog
      title={`End ${visible(of.targetName)} of ${visible(of.principal.displayName)}?`}
      submit="End now"
      ready
      busy={end.isPending}
      error={end.error}
      failed="It was not ended"
      onSubmit={() => end.mutate(undefined)}
      onClose={onClose}
    >
      <span>It ends at once, in live sessions too. They stay eligible, and can activate it again.</span>
      <Field label="Justification">
        <Textarea value={justification} maxLength={2_048} onChange={(_, data) => setJustification(data.value)} />
      </Field>
    </FormDialog>
  );
}
