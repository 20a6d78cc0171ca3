import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useMe } from '../../shared/api.ts';
import { Page } from '../../shared/Page.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { AuditTab } from './AuditTab.tsx';
import { ConfigurationTab } from './ConfigurationTab.tsx';
import { GroupsTab } from './GroupsTab.tsx';
import { IdentityProvidersTab } from './identity-providers/IdentityProvidersTab.tsx';
import type { SettingsSearch, settingsTabs } from './index.ts';
import { NotificationsTab } from './NotificationsTab.tsx';
import { SessionsTab } from './SessionsTab.tsx';
import { SharedSignalsTab } from './shared-signals/SharedSignalsTab.tsx';
import { TokensTab } from './TokensTab.tsx';
import { WorkTab } from './WorkTab.tsx';
import { WorkspacesTab } from './WorkspacesTab.tsx';

const route = getRouteApi('/frame/settings');
type TabName = (typeof settingsTabs)[number];

const tabs = [
  { id: 'settings', label: 'Settings', permission: 'systemSettings.read' },
  { id: 'sessions', label: 'My sessions' },
  { id: 'tokens', label: 'API tokens', permission: 'authorization.read' },
  { id: 'workspaces', label: 'Workspaces', permission: 'securityData.read' },
  { id: 'groups', label: 'Groups', permission: 'securityData.read' },
  { id: 'identity-providers', label: 'Identity providers', permission: 'coreSecuritySettings.read' },
  { id: 'shared-signals', label: 'Shared Signals', permission: 'coreSecuritySettings.read' },
  { id: 'work', label: 'Incident work', permission: 'securityData.read' },
  { id: 'notifications', label: 'Notifications', permission: 'systemSettings.read' },
  { id: 'audit', label: 'Audit', permission: 'audit.read' },
] as const;

export function SettingsPage(): ReactElement {
  const { permissions } = useMe();
  const mine = tabs.filter((tab) => !('permission' in tab) || permissions.includes(tab.permission));
  const search = route.useSearch();
  const asked: TabName = search.tab ?? 'settings';
  const tab = mine.find(({ id }) => id === asked)?.id ?? 'sessions';
  const navigate = route.useNavigate();
  const set = (change: SettingsSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const onSearch = (text: string | undefined): void => set({ search: text }, true);
  return (
    <Page title="System">
      <Tabs value={tab} tabs={mine} onChange={(value) => set({ tab: value, search: undefined, selected: undefined })} />
      {tab === 'settings' && <ConfigurationTab search={search.search} onSearch={onSearch} />}
      {tab === 'sessions' && <SessionsTab />}
      {tab === 'tokens' && <TokensTab selected={search.selected} onSelect={(selected) => set({ selected }, true)} />}
      {tab === 'workspaces' && <WorkspacesTab />}
      {tab === 'groups' && <GroupsTab />}
      {tab === 'identity-providers' && <IdentityProvidersTab />}
      {tab === 'shared-signals' && <SharedSignalsTab />}
      {tab === 'work' && <WorkTab />}
      {tab === 'notifications' && <NotificationsTab />}
      {tab === 'audit' && <AuditTab search={search.search} onSearch={onSearch} />}
    </Page>
  );
}
