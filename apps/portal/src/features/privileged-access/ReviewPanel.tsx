import type { ReviewDecision } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { Status, type Tone } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { Card, Cards } from '../my-access/Card.tsx';
import { reviewQuery, useDo } from './queries.ts';
import { RunState } from './RunState.tsx';

const notResponded = {
  noChange: 'stays',
  remove: 'is removed',
  approve: 'is approved',
  recommendation: 'follows the recommendation',
} as const;

/** A review: how it runs, what was decided, and what its end did. */
export function ReviewPanel({ id, onClose }: { id: string; onClose: () => void }): ReactElement {
  const { data, error, refetch } = useQuery(reviewQuery(id));
  const why = useRefusal('stopAccessReview', 'applyAccessReview', 'remindAccessReview', 'deleteAccessReview');
  const notify = useNotify();
  const failed = { onError: (failure: unknown) => notify.failed('Nothing was changed', failure) };
  const stop = useDo(() => client.stopAccessReview({ params: { id } }), 'The review has ended');
  const remind = useDo(
    () => client.remindAccessReview({ params: { id } }),
    'Those who have not decided yet are reminded',
  );
  const apply = useDo(
    () => client.applyAccessReview({ params: { id } }),
    ({ removed, kept }) => `${removed} removed, ${kept} kept`,
  );
  const remove = useDo(() => client.deleteAccessReview({ params: { id } }), 'The review was deleted', onClose);
  const run = data?.review.runs[0];
  return (
    <SidePanel
      label="Access review"
      title={visible(data?.review.settings.displayName ?? '')}
      onClose={onClose}
      footer={
        data && (
          <>
            {run && run.endedAt === null && run.decided < run.total && (
              <RefusableButton
                why={why}
                size="small"
                disabled={remind.isPending}
                onClick={() => remind.mutate(undefined, failed)}
              >
                Send reminder
              </RefusableButton>
            )}
            {run && run.endedAt === null && (
              <ConfirmAction
                why={why}
                label="End now"
                title="End the review now?"
                onConfirm={() => stop.mutate(undefined, failed)}
              >
                What is decided stands, and nobody decides any more.
              </ConfirmAction>
            )}
            {run && run.endedAt !== null && run.appliedAt === null && (
              <RefusableButton
                why={why}
                size="small"
                appearance="primary"
                onClick={() => apply.mutate(undefined, failed)}
              >
                Apply
              </RefusableButton>
            )}
            <ConfirmAction
              why={why}
              label="Delete"
              title="Delete the review?"
              onConfirm={() => remove.mutate(undefined, failed)}
            >
              Its runs and decisions go too; the audit stays.
            </ConfirmAction>
          </>
        )
      }
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading" />}
      {data && (
        <>
          <Facts
            facts={[
              ['State', <RunState key="state" review={data.review} />],
              ['Of', visible(data.review.targetNames.join(', '))],
              ['Purpose', visible(data.review.settings.descriptionForAdmins) || undefined],
              ['Tells reviewers', visible(data.review.settings.descriptionForReviewers) || undefined],
              ['Mails', data.review.settings.mails ? undefined : 'only reminders'],
              ['Repeats', data.review.settings.recurrence],
              ['Not answered', notResponded[data.review.settings.ifNotResponded]],
              ['Applied', data.review.settings.autoApply ? 'by itself' : 'by hand'],
              [
                'Until',
                run ? <RelativeTime key="until" at={run.endedAt ?? run.stageEndsAt} form="exact" /> : undefined,
              ],
            ]}
          />
          <Section title={`Decisions (${data.decisions.length})`}>
            <Cards label="Decisions">
              {data.decisions.map((decision) => (
                <DecisionCard key={decision.id} decision={decision} />
              ))}
            </Cards>
          </Section>
        </>
      )}
    </SidePanel>
  );
}

const states: Readonly<Record<ReviewDecision['decision'], readonly [Tone, string]>> = {
  NotReviewed: ['waiting', 'Not decided'],
  Approve: ['good', 'Approved'],
  Deny: ['bad', 'Denied'],
  DontKnow: ['off', 'Not known'],
};
const outcomes = { kept: 'kept', removed: 'removed', failed: 'could not be removed', gone: 'was gone' } as const;

export function DecisionCard({
  decision,
  before,
  actions,
}: {
  decision: ReviewDecision;
  before?: ReactElement;
  actions?: ReactElement;
}): ReactElement {
  const { holding, outcome } = decision;
  const [tone, text] = states[decision.decision];
  return (
    <Card
      before={before}
      title={
        <>
          <bdi>{visible(holding.principal.displayName)}</bdi>: {visible(holding.targetName)}
        </>
      }
      lines={[
        `${holding.kind === 'eligible' ? 'Eligible' : 'Active'} · ${decision.basis} · ${decision.recommendation === 'Approve' ? 'keep' : 'removal'} recommended`,
        ...(decision.reviewedBy === null
          ? []
          : [
              `by ${visible(decision.reviewedBy)}${decision.justification === '' ? '' : `: ${visible(decision.justification)}`}`,
            ]),
        ...(outcome === '' ? [] : [`At the end: ${outcomes[outcome]}`]),
      ]}
      state={<Status tone={tone}>{text}</Status>}
      actions={actions}
    />
  );
}
