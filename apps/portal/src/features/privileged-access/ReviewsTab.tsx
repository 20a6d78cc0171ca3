import { ClipboardTaskListLtrRegular } from '@fluentui/react-icons';
import type { AccessReview } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import type { TabProps } from './index.ts';
import { reviewsQuery } from './queries.ts';
import { ReviewDialog } from './ReviewDialog.tsx';
import { ReviewPanel } from './ReviewPanel.tsx';
import { RunState } from './RunState.tsx';
import { useTabStyles } from './styles.ts';

const columns: readonly GridColumn<AccessReview>[] = [
  { id: 'name', header: 'Review', min: 200, grow: 2, cell: ({ settings }) => visible(settings.displayName) },
  { id: 'of', header: 'Of', min: 180, grow: 2, drop: 1, cell: ({ targetNames }) => visible(targetNames.join(', ')) },
  { id: 'state', header: 'State', min: 130, cell: (review) => <RunState review={review} /> },
  { id: 'done', header: 'Decided', min: 90, align: 'end', cell: ({ runs: [run] }) => (run ? `${run.decided} of ${run.total}` : '–') }, // prettier-ignore
  {
    id: 'until',
    header: 'Until',
    min: 120,
    drop: 2,
    cell: ({ runs: [run] }) => <RelativeTime at={run?.endedAt ?? run?.stageEndsAt ?? null} />,
  },
  { id: 'next', header: 'Next', min: 120, drop: 3, cell: ({ nextAt }) => <RelativeTime at={nextAt} /> },
];

/** Reviews of who holds what. */
export function ReviewsTab({ search, set }: TabProps): ReactElement {
  const styles = useTabStyles();
  const { data, error, refetch } = useQuery(reviewsQuery);
  const why = useRefusal('createAccessReview');
  const [making, setMaking] = useState(false);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading" />;
  const open = data.reviews.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined });
  return (
    <>
      <FilterBar
        filters={[]}
        end={
          <RefusableButton appearance="primary" why={why} onClick={() => setMaking(true)}>
            New review…
          </RefusableButton>
        }
      />
      <div className={styles.split}>
        <Grid
          label="Access reviews"
          rows={data.reviews}
          columns={columns}
          rowId={({ id }) => id}
          openId={open?.id}
          onOpen={({ id }) => set({ selected: id })}
          onClose={close}
          empty={
            <EmptyState icon={<ClipboardTaskListLtrRegular />} title="No reviews">
              A review asks people, their managers or others whether access is still needed, and removes what is not.
            </EmptyState>
          }
        />
        {open && <ReviewPanel id={open.id} onClose={close} />}
      </div>
      {making && <ReviewDialog onClose={() => setMaking(false)} />}
    </>
  );
}
