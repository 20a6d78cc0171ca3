import { makeStyles, tokens } from '@fluentui/react-components';
import type { ResponseOf, routes } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Copyable } from '../../shared/Copyable.tsx';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { configurationQuery } from './queries.ts';

type Setting = ResponseOf<(typeof routes)['getSettings']>['settings'][number];

const useStyles = makeStyles({ changed: { fontWeight: tokens.fontWeightSemibold } });

const sources: Record<Setting['from'], string> = {
  default: 'Default',
  file: 'File',
  environment: 'Environment',
  flag: 'Flag',
};

/** What is in force, and where it came from. Changed where it came from, not here. */
export function ConfigurationTab(props: {
  search: string | undefined;
  onSearch: (search: string | undefined) => void;
}): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(configurationQuery);
  const columns: readonly GridColumn<Setting>[] = [
    { id: 'key', header: 'Key', min: 240, cell: (setting) => <Copyable text={setting.key} label="key" /> },
    {
      id: 'value',
      header: 'Value',
      min: 200,
      grow: 1,
      cell: (setting) => (
        <span className={setting.from === 'default' ? '' : styles.changed}>{visible(setting.value) || '(empty)'}</span>
      ),
    },
    { id: 'from', header: 'From', min: 112, cell: (setting) => sources[setting.from] },
    { id: 'default', header: 'Default', min: 160, drop: 1, cell: (setting) => visible(setting.default) },
    { id: 'description', header: 'Meaning', min: 280, grow: 3, cell: (setting) => visible(setting.description) },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={10} label="Loading settings" />;
  const needle = props.search?.toLowerCase() ?? '';
  const rows = data.settings.filter((one) => `${one.key} ${one.description}`.toLowerCase().includes(needle));
  return (
    <>
      <FilterBar
        filters={[]}
        search={<FilterSearch value={props.search} placeholder="Key or meaning" onChange={props.onSearch} />}
        end={`Version ${data.version}`}
      />
      <Grid
        label="Settings"
        rows={rows}
        columns={columns}
        rowId={(setting) => setting.key}
        empty={<EmptyState title="No such setting" />}
      />
    </>
  );
}
