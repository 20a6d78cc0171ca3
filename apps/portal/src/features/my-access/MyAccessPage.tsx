import { makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { AccessTab } from './AccessTab.tsx';
import { ApprovalsTab } from './ApprovalsTab.tsx';
import { GroupsTab } from './GroupsTab.tsx';
import { HistoryTab } from './HistoryTab.tsx';
import { approvalsQuery, reviewsQuery } from './queries.ts';
import { RequestsTab } from './RequestsTab.tsx';
import { ReviewsTab } from './ReviewsTab.tsx';

const route = getRouteApi('/frame/my-access');
const useStyles = makeStyles({
  body: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
});

/** Privileged access of the person who is signed in: what they may have, what they asked for, and what waits for them. */
export function MyAccessPage(): ReactElement {
  const styles = useStyles();
  const { tab = 'access' } = route.useSearch();
  const navigate = route.useNavigate();
  const { data } = useQuery(approvalsQuery);
  const reviews = useQuery(reviewsQuery);
  return (
    <Page title="My access" scroll>
      <Tabs
        tabs={[
          { id: 'access', label: 'My access' },
          { id: 'requests', label: 'My requests' },
          { id: 'approvals', label: 'Approvals', count: data?.waiting.length },
          { id: 'reviews', label: 'Reviews', count: reviews.data?.reviews.length },
          { id: 'groups', label: 'My groups' },
          { id: 'history', label: 'My audit' },
        ]}
        value={tab}
        onChange={(value) => void navigate({ search: { tab: value } })}
      />
      <div className={styles.body}>
        {tab === 'access' && <AccessTab />}
        {tab === 'requests' && <RequestsTab />}
        {tab === 'approvals' && <ApprovalsTab />}
        {tab === 'reviews' && <ReviewsTab />}
        {tab === 'groups' && <GroupsTab />}
        {tab === 'history' && <HistoryTab />}
      </div>
    </Page>
  );
}
