import { Button, Menu, MenuItemLink, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons';
import { routes } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { AlertsTab } from './AlertsTab.tsx';
import { AssignmentsTab } from './AssignmentsTab.tsx';
import { AuditTab } from './AuditTab.tsx';
import { CloudsTab } from './CloudsTab.tsx';
import type { TabProps } from './index.ts';
import { alertsQuery } from './queries.ts';
import { ReviewsTab } from './ReviewsTab.tsx';
import { SessionsTab } from './SessionsTab.tsx';
import { SettingsTab } from './SettingsTab.tsx';

const route = getRouteApi('/frame/privileged-access');
const exportPath = routes.exportPrivilegedAccess.path;

/** Who may activate what, on which terms, what is amiss, and what reviews say of it. */
export function PrivilegedAccessPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data } = useQuery(alertsQuery);
  const set: TabProps['set'] = (change, replace = false) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const tab = search.tab ?? 'assignments';
  return (
    <Page
      title="Privileged access"
      scroll={tab === 'alerts'}
      actions={
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button size="small" icon={<ArrowDownloadRegular />}>
              Export for auditors
            </Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItemLink href={`${exportPath}?format=csv`}>CSV</MenuItemLink>
              <MenuItemLink href={`${exportPath}?format=json`}>JSON</MenuItemLink>
            </MenuList>
          </MenuPopover>
        </Menu>
      }
    >
      <Tabs
        tabs={[
          { id: 'assignments', label: 'Assignments' },
          { id: 'sessions', label: 'Sessions' },
          { id: 'settings', label: 'Role settings' },
          { id: 'clouds', label: 'Clouds' },
          { id: 'alerts', label: 'Alerts', count: data?.alerts.filter(({ isActive }) => isActive).length },
          { id: 'reviews', label: 'Access reviews' },
          { id: 'audit', label: 'Audit' },
        ]}
        value={tab}
        onChange={(next) => set({ tab: next, selected: undefined, search: undefined })}
      />
      {tab === 'assignments' && <AssignmentsTab search={search} set={set} />}
      {tab === 'sessions' && <SessionsTab search={search} set={set} />}
      {tab === 'settings' && <SettingsTab search={search} set={set} />}
      {tab === 'clouds' && <CloudsTab search={search} set={set} />}
      {tab === 'alerts' && <AlertsTab />}
      {tab === 'reviews' && <ReviewsTab search={search} set={set} />}
      {tab === 'audit' && <AuditTab />}
    </Page>
  );
}
