import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { AssignmentsTab } from './AssignmentsTab.tsx';
import { DutiesTab } from './DutiesTab.tsx';
import { ExplorerTab } from './ExplorerTab.tsx';
import type { RolesSearch } from './index.ts';
import { RolesTab } from './RolesTab.tsx';
import { UnusedTab } from './UnusedTab.tsx';

const route = getRouteApi('/frame/roles');

const tabs = [
  { id: 'roles', label: 'Roles' },
  { id: 'assignments', label: 'Assignments' },
  { id: 'explorer', label: 'Who can do what' },
  { id: 'unused', label: 'Unused rights' },
  { id: 'duties', label: 'Separation of duties' },
] as const;

/** Roles, who holds them, and what follows from it. */
export function RolesPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { tab = 'roles' } = search;
  const change = (part: RolesSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const onSearch = (text: string | undefined): void => change({ search: text });
  return (
    <Page title="Roles">
      <Tabs
        tabs={tabs}
        value={tab}
        onChange={(next) => void navigate({ search: next === 'roles' ? {} : { tab: next } })}
      />
      {tab === 'roles' && (
        <RolesTab
          search={search.search}
          selected={search.selected}
          onSearch={onSearch}
          onSelect={(selected) => change({ selected })}
        />
      )}
      {tab === 'assignments' && <AssignmentsTab search={search.search} onSearch={onSearch} />}
      {tab === 'explorer' && <ExplorerTab search={search} onChange={change} />}
      {tab === 'unused' && <UnusedTab />}
      {tab === 'duties' && <DutiesTab />}
    </Page>
  );
}
