import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, ArrowDownloadRegular, ArrowUploadRegular, KeyMultipleRegular } from '@fluentui/react-icons';
import { RoleExport, type Role } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { download } from '../../shared/download.ts';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { rolesKey, rolesQuery } from './queries.ts';
import { RoleDialog } from './RoleDialog.tsx';
import { RolePanel } from './RolePanel.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  buttons: { display: 'flex', gap: tokens.spacingHorizontalS },
});

const columns: readonly GridColumn<Role>[] = [
  { id: 'name', header: 'Role', min: 260, grow: 1, cell: ({ displayName }) => visible(displayName) },
  { id: 'kind', header: 'Kind', min: 96, cell: ({ builtIn }) => (builtIn ? 'Built-in' : 'Custom') },
  { id: 'description', header: 'Description', min: 200, grow: 3, drop: 1, cell: ({ description }) => visible(description) }, // prettier-ignore
  { id: 'grants', header: 'Permissions', min: 104, align: 'end', cell: ({ grants }) => count(grants.length) },
  { id: 'assignments', header: 'Assignments', min: 112, align: 'end', cell: ({ assignments }) => count(assignments) },
];

/** Brings the roles of a file. */
function ImportButton({ why }: { why: string | undefined }): ReactElement {
  const queries = useQueryClient();
  const notify = useNotify();
  const input = useRef<HTMLInputElement>(null);
  const bring = useMutation({
    mutationFn: async (file: File) => client.importRoles({ body: RoleExport.parse(JSON.parse(await file.text())) }),
    onSuccess: ({ created, changed, unchanged }) => {
      void queries.invalidateQueries({ queryKey: rolesKey });
      notify.done(`${created} roles are new, ${changed} changed, ${unchanged} as they were`);
    },
    onError: (failure) => notify.failed('Nothing was imported', failure),
  });
  return (
    <>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        hidden
        aria-label="File of roles"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file) bring.mutate(file);
        }}
      />
      <RefusableButton
        size="small"
        icon={<ArrowUploadRegular />}
        why={why}
        busy={bring.isPending}
        onClick={() => input.current?.click()}
      >
        Import
      </RefusableButton>
    </>
  );
}

/** Built-in and custom roles. */
export function RolesTab(props: {
  search: string | undefined;
  selected: string | undefined;
  onSearch: (text: string | undefined) => void;
  onSelect: (id: string | undefined) => void;
}): ReactElement {
  const styles = useStyles();
  const why = useRefusal('createRole', 'importRoles');
  const notify = useNotify();
  const { data, error, refetch } = useQuery(rolesQuery);
  const [making, setMaking] = useState(false);
  const exporting = useMutation({
    mutationFn: () => client.exportRoles(),
    onSuccess: (file) => download('roles.json', 'application/json', JSON.stringify(file, undefined, 2)),
    onError: (failure) => notify.failed('Nothing was exported', failure),
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading roles" />;
  const wanted = (props.search ?? '').toLowerCase();
  const custom = data.roles.some(({ builtIn }) => !builtIn);
  const selected = data.roles.find(({ id }) => id === props.selected);
  return (
    <>
      <FilterBar
        filters={[]}
        search={<FilterSearch value={props.search} placeholder="Name or description" onChange={props.onSearch} />}
        end={
          <div className={styles.buttons}>
            <RefusableButton
              size="small"
              icon={<ArrowDownloadRegular />}
              why={custom ? undefined : 'There is no custom role to export.'}
              busy={exporting.isPending}
              onClick={() => exporting.mutate()}
            >
              Export
            </RefusableButton>
            <ImportButton why={why} />
            <RefusableButton size="small" icon={<AddRegular />} why={why} onClick={() => setMaking(true)}>
              New role
            </RefusableButton>
          </div>
        }
      />
      {making && <RoleDialog role={undefined} onClose={() => setMaking(false)} />}
      <div className={styles.root}>
        <Grid
          label="Roles"
          rows={data.roles.filter(({ displayName, description }) => `${displayName} ${description}`.toLowerCase().includes(wanted))} // prettier-ignore
          columns={columns}
          rowId={({ id }) => id}
          openId={props.selected}
          onOpen={({ id }) => props.onSelect(id)}
          onClose={() => props.onSelect(undefined)}
          empty={
            <EmptyState icon={<KeyMultipleRegular />} title="No such role">
              No role fits this text.
            </EmptyState>
          }
        />
        {selected && <RolePanel key={selected.id} role={selected} onClose={() => props.onSelect(undefined)} />}
      </div>
    </>
  );
}
