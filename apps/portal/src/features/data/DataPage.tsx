import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { bytes, count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { DoorsTab } from './health/DoorsTab.tsx';
import { ConnectorsTab } from './connectors/ConnectorsTab.tsx';
import { ErrorsTab } from './ErrorsTab.tsx';
import { HoldsTab } from './HoldsTab.tsx';
import { PinsTab } from './PinsTab.tsx';
import { SearchJobsTab } from './SearchJobsTab.tsx';
import type { DataSearch } from './index.ts';
import { tablesQuery } from './queries.ts';
import { SourcesTab } from './SourcesTab.tsx';
import { TablesTab } from './TablesTab.tsx';
import { UploadTab } from './UploadTab.tsx';

const route = getRouteApi('/frame/data');

export function DataPage(): ReactElement {
  const { tab = 'tables' } = route.useSearch();
  const navigate = route.useNavigate();
  const { data } = useQuery(tablesQuery);
  const set = (change: DataSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const rows = data?.tables.reduce((sum, table) => sum + table.rows, 0);
  const size = data?.tables.reduce((sum, table) => sum + table.bytesOnDisk, 0);
  return (
    <Page
      title="Data"
      count={rows !== undefined && size !== undefined ? `${count(rows)} rows, ${bytes(size)} on disk` : undefined}
    >
      <Tabs
        value={tab}
        onChange={(value) => set({ tab: value, selected: undefined })}
        tabs={[
          { id: 'tables', label: 'Tables', count: data?.tables.length },
          { id: 'sources', label: 'Sources' },
          { id: 'doors', label: 'Doors' },
          { id: 'connectors', label: 'Connectors' },
          { id: 'pins', label: 'Pins' },
          { id: 'errors', label: 'Errors' },
          { id: 'upload', label: 'Upload' },
          { id: 'searchJobs', label: 'Search jobs' },
          { id: 'holds', label: 'Legal holds' },
        ]}
      />
      {tab === 'tables' && <TablesTab set={set} />}
      {tab === 'sources' && <SourcesTab set={set} />}
      {tab === 'doors' && <DoorsTab set={set} />}
      {tab === 'connectors' && <ConnectorsTab set={set} />}
      {tab === 'pins' && <PinsTab />}
      {tab === 'errors' && <ErrorsTab />}
      {tab === 'searchJobs' && <SearchJobsTab />}
      {tab === 'holds' && <HoldsTab />}
      {tab === 'upload' && <UploadTab set={set} />}
    </Page>
  );
}
