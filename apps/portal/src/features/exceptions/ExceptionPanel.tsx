import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { EditRegular } from '@fluentui/react-icons';
import type { Exception, ExceptionHit } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { prose, visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { ExceptionDialog } from './ExceptionDialog.tsx';
import { ExceptionState, placeOf } from './ExceptionState.tsx';
import { SampleTable } from './PreviewFacts.tsx';
import { exceptionQuery } from './queries.ts';

const useStyles = makeStyles({
  grid: { display: 'flex', height: '220px', minHeight: 0 },
  rule: { display: 'flex', gap: tokens.spacingHorizontalS },
});

const columns: readonly GridColumn<ExceptionHit>[] = [
  { id: 'at', header: 'When', min: 100, cell: ({ at }) => <RelativeTime at={at} /> },
  { id: 'rule', header: 'Rule', min: 120, grow: 1, cell: ({ ruleName }) => visible(ruleName) },
  { id: 'rows', header: 'Rows', min: 60, align: 'end', cell: ({ rows }) => count(rows) },
  { id: 'alerts', header: 'Alerts', min: 64, align: 'end', cell: ({ alerts }) => count(alerts) },
];

function Actions({ exception, onClose }: { exception: Exception; onClose: () => void }): ReactElement {
  const why = useRefusal('updateException', 'deleteException');
  const notify = useNotify();
  const queries = useQueryClient();
  const [editing, setEditing] = useState(false);
  const over = (): void => void queries.invalidateQueries({ queryKey: ['exceptions'] });
  const params = { id: exception.id };
  const enable = useMutation({
    mutationFn: (enabled: boolean) => client.updateException({ params, body: { enabled } }),
    onSuccess: over,
    onError: (error) => notify.failed('The exception was not changed', error),
  });
  const remove = useMutation({
    mutationFn: () => client.deleteException({ params }),
    onSuccess: () => {
      // What is gone is not asked for again.
      void queries.invalidateQueries({
        queryKey: ['exceptions'],
        predicate: ({ queryKey }) => queryKey[1] !== exception.id,
      });
      notify.done(`${visible(exception.name)} is deleted`);
      onClose();
    },
    onError: (error) => notify.failed('The exception was not deleted', error),
  });
  return (
    <>
      {editing && (
        <ExceptionDialog
          exception={exception}
          draft={{
            scope: exception.scope,
            target: exception.target ?? '',
            ...(exception.targetName === null ? {} : { targetName: exception.targetName }),
          }}
          onClose={() => setEditing(false)}
        />
      )}
      <RefusableSwitch
        why={why}
        label={exception.enabled ? 'On' : 'Off'}
        checked={exception.enabled}
        disabled={enable.isPending}
        onChange={(_, { checked }) => enable.mutate(checked)}
      />
      <RefusableButton why={why} size="small" icon={<EditRegular />} onClick={() => setEditing(true)}>
        Change
      </RefusableButton>
      <ConfirmAction
        why={why}
        label="Delete"
        title={`Delete the exception “${visible(exception.name)}”?`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        Rows that it left out raise alerts again from the next run on. The record of what it left out goes with it.
      </ConfirmAction>
    </>
  );
}

/** One exception, and what it left out. */
export function ExceptionPanel({ id, onClose }: { id: string; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(exceptionQuery(id));
  const sample = data?.recent.find((hit) => hit.sample.length > 0)?.sample ?? [];
  return (
    <SidePanel
      label="Exception"
      title={data ? visible(data.name) : 'Exception'}
      onClose={onClose}
      footer={data && <Actions exception={data} onClose={onClose} />}
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading the exception" />}
      {data && (
        <>
          <CodeBlock text={data.condition} label="condition" kql />
          <Facts
            facts={[
              ['State', <ExceptionState key="s" state={data.state} />],
              [
                'Applies to',
                data.scope === 'rule' && data.target !== null ? (
                  <TextLink key="r" to="/rules/$id" params={{ id: data.target }}>
                    {visible(placeOf(data))}
                  </TextLink>
                ) : (
                  visible(placeOf(data))
                ),
              ],
              ['Reason', prose(data.reason)],
              ['Owner', visible(data.owner)],
              ['Ends', data.expiresAt === null ? 'never' : <RelativeTime key="e" at={data.expiresAt} />],
              ['Made by', visible(data.createdBy)],
              ['Changed', <RelativeTime key="c" at={data.updatedAt} />],
              ['Left out', `${plural(data.hits.alerts, 'alert')}, ${plural(data.hits.rows, 'row')} in 90 days`],
            ]}
          />
          <Section title="What it left out">
            <div className={styles.grid}>
              <Grid
                label="Runs in which it left something out"
                rows={data.recent}
                columns={columns}
                rowId={({ at, ruleId, windowTo }) => `${at} ${ruleId} ${windowTo}`}
                empty={<EmptyState title="Nothing yet" />}
              />
            </div>
            {sample.length > 0 && (
              <>
                <Text size={200}>Rows of the last such run</Text>
                <SampleTable sample={sample} label="Rows that it left out last" />
              </>
            )}
          </Section>
        </>
      )}
    </SidePanel>
  );
}
