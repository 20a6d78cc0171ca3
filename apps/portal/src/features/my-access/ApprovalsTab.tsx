import { Button, Checkbox, Field, makeStyles, Text, Textarea, tokens } from '@fluentui/react-components';
import { CheckmarkCircleRegular } from '@fluentui/react-icons';
import type { PrivilegedRequest } from '@sallyport/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { plural } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { Card, Cards } from './Card.tsx';
import { Delegations } from './Delegations.tsx';
import { approvalsQuery, useAccessChanged } from './queries.ts';
import { actionText, RequestState } from './RequestState.tsx';
import { Asked, decisionLines } from './RequestsTab.tsx';

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
});

interface Deciding {
  readonly result: 'Approve' | 'Deny';
  readonly requests: readonly PrivilegedRequest[];
}

/** What waits for one's decision. Made for a telephone, too. */
export function ApprovalsTab(): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(approvalsQuery);
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const [deciding, decide] = useState<Deciding>();
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading" />;
  const several = data.waiting.filter(({ id }) => chosen.has(id));
  const buttons = (requests: readonly PrivilegedRequest[], size: 'small' | 'medium'): ReactElement => (
    <>
      <Button size={size} appearance="primary" onClick={() => decide({ result: 'Approve', requests })}>
        Approve…
      </Button>
      <Button size={size} onClick={() => decide({ result: 'Deny', requests })}>
        Deny…
      </Button>
    </>
  );
  return (
    <div className={styles.root}>
      <Section title={`Waiting for you (${data.waiting.length})`}>
        {data.waiting.length === 0 && (
          <EmptyState icon={<CheckmarkCircleRegular />} title="Nothing waits for you">
            Requests come here when a role’s settings name you as an approver, or name nobody and you manage
            authorization.
          </EmptyState>
        )}
        {several.length > 1 && (
          <div className={styles.bar} role="toolbar" aria-label="Selected">
            <Text weight="semibold">{plural(several.length, 'request')} selected</Text>
            {buttons(several, 'small')}
          </div>
        )}
        <Cards label="Waiting for you">
          {data.waiting.map((request) => (
            <Card
              key={request.id}
              before={
                <Checkbox
                  aria-label={`Select the request of ${visible(request.principal.displayName)}`}
                  checked={chosen.has(request.id)}
                  onChange={(_, { checked }) =>
                    choose(new Set(checked ? [...chosen, request.id] : [...chosen].filter((id) => id !== request.id)))
                  }
                />
              }
              title={
                <>
                  <bdi>{visible(request.principal.displayName)}</bdi>: {actionText(request)}{' '}
                  {visible(request.targetName)}
                </>
              }
              lines={[<Asked key="asked" request={request} />, ...waitLines(request), ...decisionLines(request)]}
              actions={buttons([request], 'medium')}
            />
          ))}
        </Cards>
      </Section>
      <Delegations />
      {data.decided.length > 0 && (
        <Section title="Decided by you">
          <Cards label="Decided by you">
            {data.decided.map((request) => (
              <Card
                key={request.id}
                title={
                  <>
                    <bdi>{visible(request.principal.displayName)}</bdi>: {actionText(request)}{' '}
                    {visible(request.targetName)}
                  </>
                }
                lines={[<Asked key="asked" request={request} />, ...decisionLines(request)]}
                state={<RequestState status={request.status} />}
              />
            ))}
          </Cards>
        </Section>
      )}
      {deciding && (
        <DecideDialog
          {...deciding}
          onClose={() => {
            decide(undefined);
            choose(new Set());
          }}
        />
      )}
    </div>
  );
}

const wanted = ({ expiration }: PrivilegedRequest): string =>
  ({
    noExpiration: 'Without an end',
    afterDateTime: 'endDateTime' in expiration ? `Until ${expiration.endDateTime}` : '',
    afterDuration: 'duration' in expiration ? `For ${expiration.duration.replace(/^PT?/, '').toLowerCase()}` : '',
  })[expiration.type];

function waitLines(request: PrivilegedRequest): ReactElement[] {
  const open = request.steps.find(({ status }) => status === 'InProgress');
  return [
    <span key="wait">
      {wanted(request)}
      {request.startAt !== null && (
        <>
          {' '}
          from <RelativeTime at={request.startAt} />
        </>
      )}
      {open && open.expiresAt !== null && (
        <>
          {' '}
          · is denied by itself <RelativeTime at={open.expiresAt} />
        </>
      )}
    </span>,
  ];
}

function DecideDialog({ result, requests, onClose }: Deciding & { onClose: () => void }): ReactElement {
  const [justification, setJustification] = useState('');
  const changed = useAccessChanged();
  const notify = useNotify();
  const needed = requests.some(({ steps }) =>
    steps.some(({ status, isJustificationRequired }) => status === 'InProgress' && isJustificationRequired),
  );
  const decide = useMutation({
    mutationFn: () =>
      client.decideApprovals({
        body: { requestIds: requests.map(({ id }) => id), result, justification: justification.trim() },
      }),
    onSuccess: ({ results }) => {
      changed();
      const problems = results.filter(({ problem }) => problem !== '');
      const word = result === 'Approve' ? 'approved' : 'denied';
      if (problems.length < results.length)
        notify.done(`${plural(results.length - problems.length, 'request')} ${word}`);
      for (const { problem } of problems) notify.failed('A request was not decided on', new Error(problem));
      onClose();
    },
  });
  const [first] = requests;
  const of = requests.length === 1 && first ? `the request of ${visible(first.principal.displayName)}` : plural(requests.length, 'request'); // prettier-ignore
  return (
    <FormDialog
      title={`${result} ${of}`}
      submit={result}
      ready={!needed || justification.trim() !== ''}
      busy={decide.isPending}
      error={decide.error}
      failed="Nothing was decided"
      onSubmit={() => decide.mutate()}
      onClose={onClose}
    >
      <Field label="Justification" required={needed} hint="The person who asked reads it">
        <Textarea value={justification} maxLength={2_048} onChange={(_, data) => setJustification(data.value)} />
      </Field>
    </FormDialog>
  );
}
