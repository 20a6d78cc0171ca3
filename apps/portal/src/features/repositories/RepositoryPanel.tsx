import { makeStyles, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { ArrowSyncRegular, EditRegular } from '@fluentui/react-icons';
import type { Repository, RepositoryItem, RuleProblem } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { repositoryQuery } from './queries.ts';
import { RepositoryDialog } from './RepositoryDialog.tsx';

const useStyles = makeStyles({
  problems: { display: 'flex', height: '220px', minHeight: 0 },
  items: { display: 'flex', height: '320px', minHeight: 0 },
});

const problemColumns: readonly GridColumn<RuleProblem>[] = [
  {
    id: 'level',
    header: 'Kind',
    min: 96,
    cell: ({ level }) => (
      <Status tone={level === 'error' ? 'bad' : 'waiting'}>{level === 'error' ? 'Error' : 'Note'}</Status>
    ),
  },
  { id: 'path', header: 'File', min: 140, grow: 1, cell: ({ path, line }) => visible(`${path}:${line}`) },
  { id: 'message', header: 'What', min: 160, grow: 2, cell: ({ message }) => visible(message) },
];

const kinds = { rule: 'Rule', hunting: 'Hunting query', watchlist: 'Watchlist' } as const;
const itemColumns: readonly GridColumn<RepositoryItem>[] = [
  { id: 'kind', header: 'Kind', min: 112, cell: ({ kind }) => kinds[kind] },
  {
    id: 'name',
    header: 'Name',
    min: 160,
    grow: 2,
    cell: ({ kind, id, name }) =>
      kind === 'rule' ? (
        <TextLink to="/rules/$id" params={{ id }} tabIndex={-1}>
          {visible(name)}
        </TextLink>
      ) : kind === 'watchlist' ? (
        <TextLink to="/watchlists/$alias" params={{ alias: id }} tabIndex={-1}>
          {visible(name)}
        </TextLink>
      ) : (
        visible(name)
      ),
  },
  { id: 'path', header: 'File', min: 140, grow: 2, drop: 1, cell: ({ path }) => visible(path) },
  { id: 'at', header: 'Changed', min: 96, cell: ({ changedAt }) => <RelativeTime at={changedAt} /> },
];

function Actions(props: {
  repository: Repository;
  allowed: { readonly hosts: readonly string[]; readonly folders: readonly string[] };
  onClose: () => void;
}): ReactElement {
  const why = useRefusal('syncRepository', 'updateRepository', 'deleteRepository');
  const { repository } = props;
  const notify = useNotify();
  const queries = useQueryClient();
  const [editing, setEditing] = useState(false);
  const params = { id: repository.id };
  const over = (): void => void queries.invalidateQueries({ queryKey: ['repositories'] });
  const sync = useMutation({
    mutationFn: () => client.syncRepository({ params }),
    onSuccess: () => {
      over();
      notify.done(`${visible(repository.name)} is looked at now`);
    },
    onError: (error) => notify.failed('It was not looked at', error),
  });
  const enable = useMutation({
    mutationFn: (enabled: boolean) => client.updateRepository({ params, body: { enabled } }),
    onSuccess: over,
    onError: (error) => notify.failed('It was not changed', error),
  });
  const remove = useMutation({
    mutationFn: (content: 'keep' | 'remove') => client.deleteRepository({ params, query: { content } }),
    onSuccess: ({ removed }) => {
      void queries.invalidateQueries({
        queryKey: ['repositories'],
        predicate: ({ queryKey }) => queryKey[1] !== repository.id,
      });
      notify.done(`${visible(repository.name)} is removed${removed > 0 ? `, with ${plural(removed, 'item')}` : ''}`);
      props.onClose();
    },
    onError: (error) => notify.failed('It was not removed', error),
  });
  return (
    <>
      {editing && (
        <RepositoryDialog
          repository={repository}
          allowed={props.allowed}
          onClose={() => setEditing(false)}
          onDone={() => setEditing(false)}
        />
      )}
      <RefusableSwitch
        why={why}
        label={repository.enabled ? 'On' : 'Off'}
        checked={repository.enabled}
        disabled={enable.isPending}
        onChange={(_, { checked }) => enable.mutate(checked)}
      />
      <RefusableButton
        why={why}
        size="small"
        icon={<ArrowSyncRegular />}
        disabled={sync.isPending || repository.syncing}
        onClick={() => sync.mutate()}
      >
        Look now
      </RefusableButton>
      <RefusableButton why={why} size="small" icon={<EditRegular />} onClick={() => setEditing(true)}>
        Change
      </RefusableButton>
      <ConfirmAction
        why={why}
        label="Remove"
        title={`Look at “${visible(repository.name)}” no more?`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate('keep')}
      >
        What came from it stays, as if it had been made here.
      </ConfirmAction>
      <ConfirmAction
        why={why}
        label="Remove with content"
        title={`Remove “${visible(repository.name)}” and what came from it?`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate('remove')}
      >
        {plural(repository.items, 'item')} are removed: rules with their versions, hunting queries, and watchlists with
        their items. There is no way back.
      </ConfirmAction>
    </>
  );
}

/** One repository: where it is, how the last look went, what came from it. */
export function RepositoryPanel(props: {
  id: string;
  allowed: { readonly hosts: readonly string[]; readonly folders: readonly string[] };
  onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(repositoryQuery(props.id));
  const last = data?.last;
  return (
    <SidePanel
      label="Repository"
      title={data ? visible(data.name) : 'Repository'}
      onClose={props.onClose}
      footer={data && <Actions repository={data} allowed={props.allowed} onClose={props.onClose} />}
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading the repository" />}
      {data && (
        <>
          {last?.error && (
            <MessageBar intent="error" layout="multiline">
              <MessageBarBody>{visible(last.error)}. What came from it before stays.</MessageBarBody>
            </MessageBar>
          )}
          <Facts
            facts={[
              [data.kind === 'git' ? 'Address' : 'Folder', visible(data.location)],
              ['Branch', data.kind === 'git' ? visible(data.branch) || 'the repository’s own' : undefined],
              ['Folder in it', data.folder === '' ? undefined : visible(data.folder)],
              ['Commit', last && last.commit !== '' ? visible(last.commit.slice(0, 12)) : undefined],
              ['Last look', last ? <RelativeTime key="at" at={last.at} /> : 'none yet'],
              [
                'It brought',
                last
                  ? `${count(last.added)} new, ${count(last.updated)} changed, ${count(last.removed)} removed, ${count(last.unchanged)} as before; ${plural(last.files, 'file')} in ${last.seconds} s`
                  : undefined,
              ],
              ['Next look', data.enabled ? <RelativeTime key="next" at={data.nextSyncAt} /> : 'it is off'],
            ]}
          />
          {last && last.problems.length > 0 && (
            <Section title={`Errors and notes (${last.problems.length})`}>
              <div className={styles.problems}>
                <Grid
                  label="Errors and notes"
                  rows={last.problems}
                  columns={problemColumns}
                  rowId={({ path, line, message }) => `${path}:${line} ${message}`}
                />
              </div>
            </Section>
          )}
          <Section title={`Content (${data.content.length})`}>
            <div className={styles.items}>
              <Grid
                label="Content"
                rows={data.content}
                columns={itemColumns}
                rowId={({ kind, id }) => `${kind} ${id}`}
              />
            </div>
          </Section>
        </>
      )}
    </SidePanel>
  );
}
