import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { SessionsTab } from '../settings/SessionsTab.tsx';
import { DevicesTab } from './DevicesTab.tsx';
import { MethodsTab } from './MethodsTab.tsx';
import { SignInsTab } from './SignInsTab.tsx';

const route = getRouteApi('/frame/security-info');

const tabs = [
  { id: 'methods', label: 'Ways to sign in' },
  { id: 'sign-ins', label: 'My sign-ins' },
  { id: 'devices', label: 'My devices' },
  { id: 'sessions', label: 'My sessions' },
] as const;

/** How the person who is signed in signs in, and where they did. */
export function SecurityInfoPage(): ReactElement {
  const { tab = 'methods' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page title="My security info" scroll={tab === 'methods'}>
      <Tabs tabs={tabs} value={tab} onChange={(value) => void navigate({ search: { tab: value } })} />
      {tab === 'methods' && <MethodsTab />}
      {tab === 'sign-ins' && <SignInsTab />}
      {tab === 'devices' && <DevicesTab />}
      {tab === 'sessions' && <SessionsTab />}
    </Page>
  );
}
