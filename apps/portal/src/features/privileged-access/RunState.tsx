import type { AccessReview } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Status } from '../../shared/Status.tsx';

/** How far the newest run of a review is. */
export function RunState({ review }: { review: AccessReview }): ReactElement {
  const [run] = review.runs;
  if (!run) return <Status tone="waiting">Planned</Status>;
  if (run.appliedAt !== null) return <Status tone="good">Applied</Status>;
  if (run.endedAt !== null) return <Status tone="off">Ended</Status>;
  return <Status tone="working">{`Stage ${run.stage} of ${review.settings.stages.length}`}</Status>;
}
