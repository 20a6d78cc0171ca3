import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  Text,
  tokens,
} from '@fluentui/react-components';
import type { RuleText } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { differenceOf } from './difference.ts';
import { ruleTextQuery, ruleVersionsQuery } from './queries.ts';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    flexGrow: 1,
    minHeight: 0,
    gap: tokens.spacingVerticalM,
    overflowY: 'auto',
  },
  grid: { display: 'flex', minHeight: '160px' },
});

/** The shipped rule that one was made from has changed: what, and whether to take it. */
export function UpdateBar({ rule }: { rule: RuleText }): ReactElement | null {
  const notify = useNotify();
  const queries = useQueryClient();
  const why = useRefusal('settleRuleUpdate');
  const [shown, setShown] = useState(false);
  const settle = useMutation({
    mutationFn: (choice: 'apply' | 'keep') => client.settleRuleUpdate({ params: { id: rule.id }, body: { choice } }),
    onSuccess: (_, choice) => {
      void queries.invalidateQueries({ queryKey: ['rule'] });
      void queries.invalidateQueries({ queryKey: ['rules'] });
      notify.done(choice === 'apply' ? 'What ships now is in use' : 'Your version stays in use');
    },
    onError: (error) => notify.failed('It was not changed', error),
  });
  const { template } = rule;
  if (!template?.updateAvailable || template.now === null) return null;
  return (
    <>
      <MessageBar intent="warning" layout="multiline">
        <MessageBarBody>The shipped rule that this one was made from has changed.</MessageBarBody>
        <MessageBarActions>
          <Button onClick={() => setShown((before) => !before)}>{shown ? 'Hide' : 'Show'} what changed</Button>

          <RefusableButton why={why} disabled={settle.isPending} onClick={() => settle.mutate('apply')}>
            Apply the update
          </RefusableButton>
          <RefusableButton why={why} disabled={settle.isPending} onClick={() => settle.mutate('keep')}>
            Keep this one
          </RefusableButton>
        </MessageBarActions>
      </MessageBar>
      {shown && <CodeBlock label="what changed" text={differenceOf(template.before, template.now)} />}
    </>
  );
}

interface Version {
  readonly version: number;
  readonly note: string;
  readonly savedAt: string;
  readonly savedBy: string;
}

/** Who saved what of a rule when, what it changed, and the way back. */
export function RuleVersions({ id }: { id: string }): ReactElement {
  const styles = useStyles();
  const notify = useNotify();
  const queries = useQueryClient();
  const why = useRefusal('revertRule');
  const [open, setOpen] = useState<number>();
  const text = useQuery(ruleTextQuery(id));
  const isOwn = text.data?.origin === 'own';
  const versions = useQuery({ ...ruleVersionsQuery(id), enabled: isOwn });
  const difference = useQuery({
    queryKey: ['rule', id, 'version', open],
    queryFn: async ({ signal }) => {
      const of = async (version: number) =>
        version < 1 ? '' : (await client.getRuleVersion({ signal, params: { id, version } })).text;
      const version = open ?? 1;
      const [before, after] = await Promise.all([of(version - 1).catch(() => ''), of(version)]);
      return differenceOf(before, after);
    },
    enabled: open !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const revert = useMutation({
    mutationFn: (version: number) => client.revertRule({ params: { id }, body: { version } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['rule'] });
      void queries.invalidateQueries({ queryKey: ['rules'] });
      notify.done('The earlier version is in use again');
    },
    onError: (error) => notify.failed('It was not changed', error),
  });
  const columns: readonly GridColumn<Version>[] = [
    { id: 'version', header: 'Version', min: 84, cell: ({ version }) => String(version) },
    { id: 'savedAt', header: 'Saved', min: 120, cell: ({ savedAt }) => <RelativeTime at={savedAt} /> },
    { id: 'savedBy', header: 'By', min: 160, grow: 1, cell: ({ savedBy }) => visible(savedBy) },
    { id: 'note', header: 'What changed', min: 200, grow: 2, cell: ({ note }) => visible(note) },
    {
      id: 'back',
      header: '',
      min: 100,
      cell: ({ version }) =>
        version !== text.data?.version ? (
          <RefusableButton
            why={why}
            size="small"
            appearance="subtle"
            disabled={revert.isPending}
            onClick={(event) => {
              event.stopPropagation();
              revert.mutate(version);
            }}
          >
            Go back
          </RefusableButton>
        ) : null,
    },
  ];
  if (text.data && !isOwn)
    return <EmptyState title="As it ships">A rule has versions once somebody has changed it here.</EmptyState>;
  const error = text.error ?? versions.error;
  return (
    <div className={styles.root}>
      {error && <ErrorState error={error} onRetry={() => void versions.refetch()} />}
      {!versions.data && !error && <Loading rows={4} label="Loading versions" />}
      {versions.data && (
        <div className={styles.grid}>
          <Grid
            label="Versions"
            rows={versions.data}
            columns={columns}
            rowId={({ version }) => String(version)}
            openId={open === undefined ? undefined : String(open)}
            onOpen={({ version }) => setOpen(version)}
          />
        </div>
      )}
      {open === undefined ? (
        <Text size={200}>Open a version to see what it changed.</Text>
      ) : (
        difference.data !== undefined && <CodeBlock label={`what version ${open} changed`} text={difference.data} />
      )}
    </div>
  );
}
