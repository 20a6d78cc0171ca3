import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, Text, tokens } from '@fluentui/react-components';
import type { ConditionalAccessPolicy, PolicyState } from '@sallyport/contracts/conditional-access';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { ChangeView, EffectView } from './EffectView.tsx';
import { updatePolicy } from './graph.ts';
import { accessKey } from './queries.ts';

const useStyles = makeStyles({
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, minHeight: '120px' },
});
const DAYS = 7;

const questions: Readonly<Record<PolicyState, string>> = {
  enabled: 'Turn on',
  enabledForReportingButNotEnforced: 'Only report',
  disabled: 'Turn off',
};
const notes: Readonly<Record<Exclude<PolicyState, 'enabled'>, string>> = {
  enabledForReportingButNotEnforced:
    'It is decided on at every sign-in and changes nothing: what it would have done is in the sign-in logs.',
  disabled: 'It is not decided on any more. It is kept as it is.',
};

/** What is known of a policy before it is on: whom it meets, and whether its author is one of them. */
export function Forecast({ policy }: { policy: Record<string, unknown> }): ReactElement {
  const styles = useStyles();
  const measured = useQuery({
    queryKey: [...accessKey, 'preview', policy],
    queryFn: ({ signal }) => client.previewPolicy({ signal, body: { policy, days: DAYS } }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [own] = measured.data?.policies ?? [];
  return (
    <div className={styles.part}>
      {measured.error && (
        <ErrorState error={measured.error} title="It could not be measured" onRetry={() => void measured.refetch()} />
      )}
      {measured.isLoading && <Loading rows={4} label="Measuring it on the sign-ins of the last 7 days" />}
      {measured.data && own && (
        <>
          <ChangeView effect={measured.data} />
          <EffectView effect={measured.data} policy={own} />
        </>
      )}
    </div>
  );
}

export type Author = {
  readonly decision: string;
  readonly required: readonly string[];
  readonly emergencyAccess: boolean;
} | null;

/** Whether it could lock out whoever is writing it. */
export function LockoutWarning({ author, on }: { author: Author; on: boolean }): ReactElement | null {
  if (!author || (author.decision === 'allow' && !author.emergencyAccess)) return null;
  if (author.emergencyAccess)
    return (
      <MessageBar intent="info" layout="multiline">
        <MessageBarBody>You are an emergency account: no policy holds for you.</MessageBarBody>
      </MessageBar>
    );
  return (
    <MessageBar intent="warning" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{on ? 'This locks you out' : 'Turned on, this would lock you out'}</MessageBarTitle>
        {author.decision === 'block'
          ? 'Your next sign-in, from where you are and as you signed in now, would be blocked. Exclude yourself, or an emergency account that you can use.'
          : `Your next sign-in, as you signed in now, would need ${visible(author.required.join(' and '))}.`}
      </MessageBarBody>
    </MessageBar>
  );
}

/** Asks before a policy's state changes, and says what that will do. */
export function StateDialog(props: {
  policy: ConditionalAccessPolicy;
  state: PolicyState;
  onClose: () => void;
}): ReactElement {
  const { policy, state } = props;
  const queries = useQueryClient();
  const notify = useNotify();
  const on = state === 'enabled';
  const next: Record<string, unknown> = { ...policy, state };
  const check = useQuery({
    queryKey: [...accessKey, 'check', next],
    queryFn: ({ signal }) => client.checkPolicy({ signal, body: { policy: next } }),
    enabled: on,
  });
  const save = useMutation({
    mutationFn: () => updatePolicy(policy.id, { state }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: accessKey });
      notify.done(`${visible(policy.displayName)}: ${questions[state].toLowerCase()}`);
      props.onClose();
    },
  });
  return (
    <FormDialog
      title={`${questions[state]}: ${visible(policy.displayName)}`}
      submit={questions[state]}
      ready
      busy={save.isPending}
      error={save.error}
      failed="Nothing was changed"
      wide={on}
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      {on ? (
        <>
          <Text>It holds from the next sign-in on. On the sign-ins of the last 7 days:</Text>
          <Forecast policy={next} />
          <LockoutWarning author={check.data?.author ?? null} on={false} />
        </>
      ) : (
        <Text>{notes[state === 'disabled' ? 'disabled' : 'enabledForReportingButNotEnforced']}</Text>
      )}
    </FormDialog>
  );
}
