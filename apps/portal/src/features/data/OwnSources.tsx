import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import type { OwnSourceInfo } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { ErrorState } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { ownSourcesQuery } from '../sources/queries.ts';
import { startAnew } from '../sources/store.ts';

const [ROW_PX, ROWS_SHOWN_MAX] = [36, 5];

const useStyles = makeStyles({
  grid: { display: 'flex', flexDirection: 'column', flexShrink: 0 },
  actions: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
});

function stateOf(source: OwnSourceInfo): ReactElement {
  const [problem] = source.problems;
  if (problem !== undefined) return <Status tone="bad">{visible(problem)}</Status>;
  if (!source.enabled) return <Status tone="off">Switched off</Status>;
  if (source.suspendedUntil !== null)
    return (
      <Status tone="bad">
        Too slow; tried again <RelativeTime at={source.suspendedUntil} />
      </Status>
    );
  if (source.shippedChanged) return <Status tone="waiting">The shipped one has changed</Status>;
  return <Status tone="good">In use</Status>;
}

/** Sources that were made here, and the door to the editor. */
export function OwnSources(): ReactElement {
  const styles = useStyles();
  const why = useRefusal('setOwnSource', 'deleteOwnSource');
  const queries = useQueryClient();
  const notify = useNotify();
  const navigate = useNavigate();
  const { data, error } = useQuery(ownSourcesQuery);
  const settled = {
    onError: (failure: unknown) => notify.failed('The source could not be changed', failure),
    onSettled: async () => {
      for (const key of ['ownSources', 'sources', 'streams']) await queries.invalidateQueries({ queryKey: [key] });
    },
  };
  const enable = useMutation({
    mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) =>
      client.setOwnSource({ params: { id }, body: { enabled } }),
    ...settled,
  });
  const remove = useMutation({
    mutationFn: (id: string) => client.deleteOwnSource({ params: { id } }),
    onSuccess: () => startAnew(),
    ...settled,
  });
  const columns: readonly GridColumn<OwnSourceInfo>[] = [
    {
      id: 'name',
      header: 'Source',
      min: 200,
      grow: 2,
      cell: ({ id, name }) => (
        <TextLink to="/source-editor" search={{ source: id }}>
          {visible(name)}
        </TextLink>
      ),
    },
    { id: 'tables', header: 'Writes to', min: 140, grow: 1, drop: 2, cell: ({ tables }) => visible(tables.join(', ')) },
    { id: 'state', header: 'State', min: 240, grow: 2, cell: stateOf },
    { id: 'version', header: 'Version', min: 80, align: 'end', cell: ({ version }) => version },
    { id: 'at', header: 'Changed', min: 104, drop: 1, cell: ({ changedAt }) => <RelativeTime at={changedAt} /> },
    { id: 'by', header: 'By', min: 140, grow: 1, drop: 3, cell: ({ changedBy }) => visible(changedBy) },
    {
      id: 'do',
      header: '',
      min: 240,
      cell: ({ id, name, enabled, replacesShipped }) => (
        <span className={styles.actions}>
          <RefusableSwitch
            checked={enabled}
            why={why}
            disabled={enable.isPending}
            aria-label={`Use ${visible(name)}`}
            onChange={(_, { checked }) => enable.mutate({ id, enabled: checked })}
          />
          <Button
            size="small"
            appearance="subtle"
            as="a"
            href={`/api/own-sources/${encodeURIComponent(id)}/export`}
            download={`${id}.zip`}
          >
            Export
          </Button>
          <ConfirmAction
            why={why}
            label="Delete"
            title={`Delete the source “${visible(name)}”?`}
            onConfirm={() => remove.mutate(id)}
          >
            All its versions are removed; export it first to keep them. Rows that it brought stay. What its senders send
            from then on is kept as refused lines
            {replacesShipped ? ', and the shipped source of that id is used again' : ''}.
          </ConfirmAction>
        </span>
      ),
    },
  ];
  return (
    <Section
      title="Made here"
      actions={
        <RefusableButton
          why={why}
          size="small"
          appearance="primary"
          icon={<AddRegular />}
          onClick={() => {
            startAnew();
            void navigate({ to: '/source-editor' });
          }}
        >
          New source
        </RefusableButton>
      }
    >
      {error && <ErrorState error={error} />}
      {data && data.length > 0 && (
        <div
          className={styles.grid}
          style={{ height: `${ROW_PX * (Math.min(data.length, ROWS_SHOWN_MAX) + 1) + 2}px` }}
        >
          <Grid label="Sources made here" rows={data} columns={columns} rowId={({ id }) => id} />
        </div>
      )}
    </Section>
  );
}
