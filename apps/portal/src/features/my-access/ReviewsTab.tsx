import { Button, Checkbox, Field, makeStyles, Text, Textarea, tokens } from '@fluentui/react-components';
import { ClipboardTaskListLtrRegular } from '@fluentui/react-icons';
import type { ReviewResult, WaitingReview } from '@sallyport/contracts';
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
import { DecisionCard } from '../privileged-access/ReviewPanel.tsx';
import { Cards } from './Card.tsx';
import { reviewsQuery, useAccessChanged } from './queries.ts';

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
});
const titles: Readonly<Record<ReviewResult, string>> = { Approve: 'Keep', Deny: 'Remove', DontKnow: 'Don’t know' };

/** Access of oneself or others that one is asked about. */
export function ReviewsTab(): ReactElement {
  const { data, error, refetch } = useQuery(reviewsQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading" />;
  if (data.reviews.length === 0)
    return (
      <EmptyState icon={<ClipboardTaskListLtrRegular />} title="Nothing to review">
        When a review asks you whether access is still needed, it is listed here.
      </EmptyState>
    );
  return (
    <>
      {data.reviews.map((review) => (
        <Review key={review.reviewId} review={review} />
      ))}
    </>
  );
}

function Review({ review }: { review: WaitingReview }): ReactElement {
  const styles = useStyles();
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const [deciding, decide] = useState<{ readonly result: ReviewResult; readonly ids: readonly string[] }>();
  const several = review.decisions.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  const buttons = (ids: readonly string[]): ReactElement => (
    <>
      <Button size="small" appearance="primary" onClick={() => decide({ result: 'Approve', ids })}>
        Keep…
      </Button>
      <Button size="small" onClick={() => decide({ result: 'Deny', ids })}>
        Remove…
      </Button>
      <Button size="small" appearance="subtle" onClick={() => decide({ result: 'DontKnow', ids })}>
        Don’t know…
      </Button>
    </>
  );
  return (
    <Section title={visible(review.displayName)}>
      <span>
        Ends <RelativeTime at={review.stageEndsAt} />
      </span>
      {several.length > 1 && (
        <div className={styles.bar} role="toolbar" aria-label="Selected">
          <Text weight="semibold">{several.length} selected</Text>
          {buttons(several)}
        </div>
      )}
      <Cards label={visible(review.displayName)}>
        {review.decisions.map((decision) => (
          <DecisionCard
            key={decision.id}
            decision={decision}
            before={
              <Checkbox
                aria-label={`Select ${visible(decision.holding.principal.displayName)}`}
                checked={chosen.has(decision.id)}
                onChange={(_, { checked }) =>
                  choose(new Set(checked ? [...chosen, decision.id] : [...chosen].filter((id) => id !== decision.id)))
                }
              />
            }
            actions={buttons([decision.id])}
          />
        ))}
      </Cards>
      {deciding && (
        <DecideDialog
          {...deciding}
          needed={review.justificationRequired}
          onClose={() => {
            decide(undefined);
            choose(new Set());
          }}
        />
      )}
    </Section>
  );
}

function DecideDialog({
  result,
  ids,
  needed,
  onClose,
}: {
  result: ReviewResult;
  ids: readonly string[];
  needed: boolean;
  onClose: () => void;
}): ReactElement {
  const [justification, setJustification] = useState('');
  const changed = useAccessChanged();
  const notify = useNotify();
  const decide = useMutation({
    mutationFn: () =>
      client.decideReviews({ body: { decisionIds: [...ids], result, justification: justification.trim() } }),
    onSuccess: ({ decided }) => {
      changed();
      notify.done(`Decided on ${plural(decided, 'assignment')}`);
      onClose();
    },
  });
  return (
    <FormDialog
      title={ids.length === 1 ? titles[result] : `${titles[result]}: ${plural(ids.length, 'assignment')}`}
      submit={titles[result]}
      ready={!needed || justification.trim() !== ''}
      busy={decide.isPending}
      error={decide.error}
      failed="Nothing was decided"
      onSubmit={() => decide.mutate()}
      onClose={onClose}
    >
      <Field label="Justification" required={needed}>
        <Textarea value={justification} maxLength={2_048} onChange={(_, data) => setJustification(data.value)} />
      </Field>
    </FormDialog>
  );
}
