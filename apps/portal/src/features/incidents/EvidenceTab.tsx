import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { EntityKind, type Evidence, type Incident } from '@sallyport/contracts';
import { useMemo, type ReactElement } from 'react';
import { EntityIcon, EntityLink } from '../../shared/EntityLink.tsx';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible, words } from '../../shared/text.ts';
import type { IncidentSearch } from './index.ts';
import { useStory } from './queries.ts';
import { EvidenceFacts } from './story/EvidenceFacts.tsx';
import { StateMark, VerdictMark } from './story/StateMark.tsx';
import { VerdictMenu } from './story/VerdictMenu.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0 },
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  kind: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
});

const kindColumn = (className: string): GridColumn<Evidence> => ({
  id: 'kind',
  header: 'Kind',
  min: 148,
  cell: ({ entity }) => (
    <span className={className}>
      <EntityIcon kind={entity.kind} />
      {words(entity.kind)}
    </span>
  ),
});
const nameColumn: GridColumn<Evidence> = {
  id: 'name',
  header: 'Name',
  min: 180,
  grow: 3,
  cell: ({ entity }) => <bdi title={visible(entity.name)}>{visible(entity.name)}</bdi>,
};
const alertsColumn: GridColumn<Evidence> = {
  id: 'alerts',
  header: 'Alerts',
  min: 72,
  align: 'end',
  cell: (one) => count(one.alertCount),
};
const seenColumns: readonly GridColumn<Evidence>[] = [
  { id: 'first', header: 'First seen', min: 104, drop: 3, cell: (one) => <RelativeTime at={one.firstSeenAt} /> },
  { id: 'last', header: 'Last seen', min: 104, drop: 2, cell: (one) => <RelativeTime at={one.lastSeenAt} /> },
];

interface TabProps {
  readonly incident: Incident;
  readonly search: IncidentSearch;
  readonly onSet: (change: IncidentSearch) => void;
}

/** Each piece of evidence once, with what it was found to be, what was done about it, and the alerts that have it. */
export function EvidenceTab(props: TabProps): ReactElement {
  const styles = useStyles();
  const columns: readonly GridColumn<Evidence>[] = [
    kindColumn(styles.kind),
    nameColumn,
    { id: 'verdict', header: 'Verdict', min: 160, cell: (one) => <VerdictMark verdict={one.verdict} /> },
    {
      id: 'remediation',
      header: 'Remediation',
      min: 120,
      drop: 1,
      cell: (one) => (one.remediation === 'none' ? 'None' : words(one.remediation)),
    },
    { id: 'roles', header: 'Roles', min: 120, grow: 1, drop: 4, cell: (one) => one.roles.map(words).join(', ') },
    ...seenColumns,
    alertsColumn,
  ];
  return <Pieces {...props} label="Evidence" columns={columns} of={() => true} />;
}

const riskOrder = ['High', 'Medium', 'Low', 'None'];

/** The organisation's own things in the incident: devices, users, mailboxes, applications, cloud resources, groups. */
export function AssetsTab(props: TabProps): ReactElement {
  const styles = useStyles();
  const columns: readonly GridColumn<Evidence>[] = [
    kindColumn(styles.kind),
    nameColumn,
    { id: 'risk', header: 'Risk here', min: 88, cell: (one) => one.risk.level },
    {
      id: 'why',
      header: 'Why',
      min: 160,
      grow: 3,
      drop: 1,
      cell: (one) => <span title={one.risk.reasons.join(' ')}>{one.risk.reasons.join(' ')}</span>,
    },
    { id: 'state', header: 'State', min: 112, cell: (one) => <StateMark state={one.state} /> },
    ...seenColumns,
    alertsColumn,
  ];
  return <Pieces {...props} label="Assets" columns={columns} of={({ isAsset }) => isAsset} byRisk />;
}

function Pieces(
  props: TabProps & {
    label: string;
    columns: readonly GridColumn<Evidence>[];
    of: (one: Evidence) => boolean;
    byRisk?: boolean;
  },
): ReactElement {
  const styles = useStyles();
  const { incident, search, onSet, of, byRisk = false } = props;
  const { data: story, error, refetch } = useStory(incident);
  const all = useMemo(() => {
    const kinds = EntityKind.options;
    return (story?.evidence ?? [])
      .filter(of)
      .toSorted(
        (a, b) =>
          (byRisk ? riskOrder.indexOf(a.risk.level) - riskOrder.indexOf(b.risk.level) : 0) ||
          kinds.indexOf(a.entity.kind) - kinds.indexOf(b.entity.kind) ||
          b.alertCount - a.alertCount ||
          a.entity.name.localeCompare(b.entity.name),
      );
  }, [story, of, byRisk]);
  if (error && !story)
    return <ErrorState error={error} title="The evidence could not be read" onRetry={() => void refetch()} />;
  if (!story) return <Loading rows={10} label="Reading the evidence" />;
  const present = EntityKind.options.filter((kind) => all.some(({ entity }) => entity.kind === kind));
  const wanted = (search.find ?? '').toLowerCase();
  const rows = all.filter(
    ({ entity, aliases }) =>
      (search.kinds === undefined || search.kinds.includes(entity.kind)) &&
      [entity, ...aliases].some(({ name }) => name.toLowerCase().includes(wanted)),
  );
  const open = rows.find(
    ({ entity, aliases }) => entity.id === search.entity || aliases.some(({ id }) => id === search.entity),
  );
  const close = (): void => onSet({ entity: undefined });
  return (
    <div className={styles.root}>
      <FilterBar
        search={<FilterSearch value={search.find} placeholder="Name" onChange={(find) => onSet({ find })} />}
        filters={[
          {
            id: 'kinds',
            label: 'Kind',
            options: present,
            values: search.kinds,
            onChange: (values) =>
              onSet({ kinds: values && EntityKind.options.filter((kind) => values.includes(kind)) }),
          },
        ]}
        end={
          <Text size={200}>
            {present
              .map((kind) => `${words(kind)} ${count(all.filter(({ entity }) => entity.kind === kind).length)}`)
              .join(' · ')}
          </Text>
        }
      />
      <div className={styles.split}>
        <Grid
          label={props.label}
          rows={rows}
          columns={props.columns}
          rowId={({ entity }) => entity.id}
          openId={open?.entity.id}
          onOpen={({ entity }) => onSet({ entity: entity.id })}
          onClose={close}
          card={(one) => (
            <>
              <span className={styles.kind}>
                <EntityIcon kind={one.entity.kind} />
                {words(one.entity.kind)} · <StateMark state={one.state} /> · {plural(one.alertCount, 'alert')}
              </span>
              <Text weight="semibold" block truncate wrap={false}>
                {visible(one.entity.name)}
              </Text>
            </>
          )}
          empty={
            all.length > 0 ? (
              <EmptyState title="Nothing is called so">
                None of the {count(all.length)} things here, of the kinds that are shown.
              </EmptyState>
            ) : (
              <EmptyState title={byRisk ? 'No assets' : 'No evidence'}>
                None of the rules that alerted maps a column to {byRisk ? 'a device, user or resource' : 'an entity'}.
              </EmptyState>
            )
          }
        />
        {open && (
          <SidePanel
            key={open.entity.id}
            label="Entity"
            title={visible(open.entity.name)}
            onClose={close}
            footer={
              <>
                <EntityLink entity={open.entity} />
                <VerdictMenu number={incident.number} evidence={open} />
              </>
            }
          >
            <EvidenceFacts number={incident.number} story={story} evidence={open} />
          </SidePanel>
        )}
      </div>
    </div>
  );
}
