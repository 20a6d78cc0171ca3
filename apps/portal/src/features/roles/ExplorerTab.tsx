import { Badge, Combobox, Field, Input, makeStyles, Option, tokens } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons';
import {
  grantedPermissions,
  type AccessHolder,
  type AccessReason,
  type GrantedPermission,
  type SeenTable,
} from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { permissionLabel } from '../../shared/rights.ts';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { PrincipalPicker } from './AssignDialog.tsx';
import type { RolesSearch } from './index.ts';
import { accessQuery, sightQuery, whoQuery, type Principal } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)', gap: tokens.spacingHorizontalL, alignItems: 'start', flexGrow: 1, '@media (max-width: 1100px)': { gridTemplateColumns: 'minmax(0, 1fr)' } }, // prettier-ignore
  fields: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: tokens.spacingHorizontalM, alignItems: 'start' },
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
  grid: { height: '46vh', display: 'flex', flexDirection: 'column' },
});

const reasonsCell = (reasons: readonly AccessReason[]): string => reasons.map(({ text }) => visible(text)).join('; ');

const holderColumns: readonly GridColumn<AccessHolder>[] = [
  { id: 'name', header: 'Who', min: 180, grow: 1, cell: ({ name }) => visible(name) },
  {
    id: 'why',
    header: 'Why',
    min: 220,
    grow: 3,
    cell: ({ reasons }) => <span title={reasonsCell(reasons)}>{reasonsCell(reasons)}</span>,
  },
  { id: 'state', header: 'Sign-in', min: 88, drop: 1, cell: ({ enabled }) => (enabled ? 'Enabled' : 'Disabled') },
];

/** Who can do this? */
function WhoMay({ search, onChange }: ExplorerProps): ReactElement {
  const styles = useStyles();
  const permission: GrantedPermission = search.permission ?? 'response.manage';
  const [table, setTable] = useState(search.table ?? '');
  const { data, error, refetch } = useQuery(whoQuery(permission, search.table ?? ''));
  return (
    <Section title="Who can do this?" card>
      <div className={styles.fields}>
        <Field label="Permission">
          <Combobox
            aria-label="Permission"
            value={permissionLabel(permission)}
            selectedOptions={[permission]}
            onOptionSelect={(_, { optionValue }) => {
              const chosen = grantedPermissions.find((one) => one === optionValue);
              if (chosen) onChange({ permission: chosen });
            }}
          >
            {grantedPermissions.map((one) => (
              <Option key={one} value={one} text={permissionLabel(one)}>
                {permissionLabel(one)}
              </Option>
            ))}
          </Combobox>
        </Field>
        <Field label="Over the table" hint="Empty: over whatever">
          <Input
            value={table}
            maxLength={128}
            onChange={(_, data_) => setTable(data_.value)}
            onBlur={() => onChange({ table: table.trim() || undefined })}
            onKeyDown={(event) => event.key === 'Enter' && onChange({ table: table.trim() || undefined })}
          />
        </Field>
      </div>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={4} label="Loading who may" />}
      {data && (
        <div className={styles.grid}>
          <Grid
            label="Who may"
            rows={data.holders}
            columns={holderColumns}
            rowId={({ id }) => id}
            empty={
              <EmptyState icon={<SearchRegular />} title="Nobody">
                Nobody may do this now.
              </EmptyState>
            }
          />
        </div>
      )}
    </Section>
  );
}

interface Held {
  readonly permission: GrantedPermission;
  readonly reasons: readonly AccessReason[];
  readonly lastUsedAt: string | null;
}
const heldColumns: readonly GridColumn<Held>[] = [
  { id: 'permission', header: 'May', min: 180, grow: 1, cell: ({ permission }) => permissionLabel(permission) },
  {
    id: 'why',
    header: 'Why',
    min: 200,
    grow: 2,
    cell: ({ reasons }) => <span title={reasonsCell(reasons)}>{reasonsCell(reasons)}</span>,
  },
  {
    id: 'used',
    header: 'Last used',
    min: 104,
    drop: 1,
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'Not known' : <RelativeTime at={lastUsedAt} />),
  },
];
const sees: Readonly<Record<SeenTable['sees'], readonly [string, 'success' | 'warning' | 'informative']>> = {
  whole: ['The whole table', 'success'],
  some: ['Some rows', 'warning'],
  nothing: ['Nothing', 'informative'],
};
const sightOrder: readonly SeenTable['sees'][] = ['whole', 'some', 'nothing'];
const seenColumns: readonly GridColumn<SeenTable>[] = [
  { id: 'table', header: 'Table', min: 180, grow: 1, cell: ({ table }) => visible(table) },
  {
    id: 'sees',
    header: 'Sees',
    min: 128,
    cell: ({ sees: seen }) => (
      <Badge appearance="tint" color={sees[seen][1]}>
        {sees[seen][0]}
      </Badge>
    ),
  },
  { id: 'why', header: 'Why', min: 160, grow: 2, cell: ({ reason }) => visible(reason) },
];

function Rights({ type, id }: Pick<Principal, 'type' | 'id'>): ReactElement {
  const styles = useStyles();
  const access = useQuery(accessQuery(type, id));
  const sight = useQuery(sightQuery(type, id));
  const failure = access.error ?? sight.error;
  if (failure) return <ErrorState error={failure} onRetry={() => void Promise.all([access.refetch(), sight.refetch()])} />; // prettier-ignore
  if (!access.data || !sight.data) return <Loading rows={6} label="Loading rights" />;
  const { principal, permissions, uses } = access.data;
  const used = new Map(uses.map(({ permission, lastUsedAt }) => [permission, lastUsedAt]));
  const rows = permissions.map((one) => ({ ...one, lastUsedAt: used.get(one.permission) ?? null }));
  // What they see something of comes first.
  const tables = sight.data.tables.toSorted((a, b) => sightOrder.indexOf(a.sees) - sightOrder.indexOf(b.sees));
  return (
    <>
      <div>
        {visible(principal.displayName)} {principal.enabled ? 'may sign in' : 'may not sign in'}, and holds{' '}
        {permissions.length} permissions.
      </div>
      <div className={styles.grid}>
        <Grid label="Permissions" rows={rows} columns={heldColumns} rowId={({ permission }) => permission} />
      </div>
      <div className={styles.grid}>
        <Grid label="Tables" rows={tables} columns={seenColumns} rowId={({ table }) => table} />
      </div>
    </>
  );
}

/** What can she do, why, and what would she see? */
function WhatMay({ search, onChange }: ExplorerProps): ReactElement {
  const { principal: id, type } = search;
  const named = id !== undefined && type !== undefined;
  // Whom the address names is known by what is asked of them anyway.
  const { data } = useQuery({ ...accessQuery(type ?? 'user', id ?? ''), enabled: named });
  const value: Principal | undefined =
    named && data ? { id, type, name: data.principal.name, hint: data.principal.displayName } : undefined;
  return (
    <Section title="What can they do, and what would they see?" card>
      <Field label="Who">
        <PrincipalPicker
          label="Whose rights"
          value={value}
          onChange={(principal) => onChange({ principal: principal?.id, type: principal?.type })}
        />
      </Field>
      {id !== undefined && type !== undefined && <Rights key={id} type={type} id={id} />}
    </Section>
  );
}

interface ExplorerProps {
  readonly search: RolesSearch;
  readonly onChange: (change: RolesSearch) => void;
}
/** Who can do what, why, and what they would see. */
export function ExplorerTab(props: ExplorerProps): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <WhoMay {...props} />
      <WhatMay {...props} />
    </div>
  );
}
