import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import type { RuleSummary } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { exportFiles } from './queries.ts';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalS,
  },
});

/** What may be done to all selected rules at once. */
export function RulesBulkBar(props: { rules: readonly RuleSummary[]; onClear: () => void }): ReactElement {
  const why = useRefusal('changeRules');
  const styles = useStyles();
  const notify = useNotify();
  const queries = useQueryClient();
  const ids = props.rules.map(({ id }) => id);
  const own = props.rules.filter(({ origin }) => origin === 'own').length;
  const change = useMutation({
    mutationFn: (action: 'enable' | 'disable' | 'delete') => client.changeRules({ body: { ids, action } }),
    onSuccess: ({ changed }, action) => {
      void queries.invalidateQueries({ queryKey: ['rules'] });
      void queries.invalidateQueries({ queryKey: ['rule'] });
      notify.done(`${plural(changed, 'rule')} ${{ enable: 'on', disable: 'off', delete: 'deleted' }[action]}`);
      props.onClear();
    },
    onError: (error) => notify.failed('The rules were not changed', error),
  });
  const take = useMutation({
    mutationFn: (format: 'yaml' | 'arm') => exportFiles(ids, format),
    onError: (error) => notify.failed('The rules were not exported', error),
  });
  const busy = change.isPending || take.isPending;
  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected rules">
      <Button
        size="small"
        appearance="subtle"
        icon={<DismissRegular />}
        aria-label="Clear the selection"
        onClick={props.onClear}
      />
      <Text weight="semibold">{plural(props.rules.length, 'rule')} selected</Text>
      <RefusableButton why={why} size="small" disabled={busy} onClick={() => change.mutate('enable')}>
        Switch on
      </RefusableButton>
      <RefusableButton why={why} size="small" disabled={busy} onClick={() => change.mutate('disable')}>
        Switch off
      </RefusableButton>
      <Button size="small" disabled={busy} onClick={() => take.mutate('yaml')}>
        Export YAML
      </Button>
      <Button size="small" disabled={busy} onClick={() => take.mutate('arm')}>
        Export ARM
      </Button>
      <ConfirmAction
        why={why}
        label="Delete"
        title={`Delete ${plural(own, 'rule')}?`}
        disabled={busy || own === 0}
        onConfirm={() => change.mutate('delete')}
      >
        Rules made or changed here go, with their versions; alerts stay. Where one stood in the place of a shipped rule,
        that is used again. Shipped rules are not deleted.
      </ConfirmAction>
    </div>
  );
}
