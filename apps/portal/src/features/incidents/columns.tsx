import { makeStyles, tokens } from '@fluentui/react-components';
import type { IncidentSummary } from '@sallyport/contracts';
import type { GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useWorkspaces } from '../../shared/workspaces.ts';
import { IncidentStatusLabel, Owner, tacticList } from './IncidentState.tsx';
import { ServiceLevel } from './ServiceLevel.tsx';

const useStyles = makeStyles({
  link: {
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontWeight: tokens.fontWeightSemibold,
    ':hover': { textDecorationLine: 'underline', color: tokens.colorBrandForegroundLink },
  },
  changed: { color: tokens.colorBrandForeground1, fontWeight: tokens.fontWeightSemibold },
});

/** Columns that are there to be chosen. */
export const hiddenAtFirst = ['classification', 'determination', 'labels', 'techniques', 'commentCount', 'closedAt'];

/** The queue's columns. `changed`: those that have changed since the person last looked. */
export function useIncidentColumns(changed: ReadonlySet<number>): readonly GridColumn<IncidentSummary>[] {
  const styles = useStyles();
  const workspaces = useWorkspaces();
  return [
    {
      id: 'number',
      header: 'No.',
      min: 64,
      sort: true,
      cell: (row) =>
        changed.has(row.number) ? (
          <span className={styles.changed} title="Changed since you last looked">
            {row.number} •
          </span>
        ) : (
          row.number
        ),
    },
    { id: 'severity', header: 'Severity', min: 124, sort: true, cell: (row) => <Severity severity={row.severity} /> },
    {
      id: 'title',
      header: 'Incident',
      min: 280,
      grow: 12,
      cell: (row) => (
        <TextLink
          to="/incidents/$number"
          params={{ number: String(row.number) }}
          className={styles.link}
          title={visible(row.title)}
          tabIndex={-1}
          onClick={(event) => event.stopPropagation()}
        >
          {visible(row.title)}
        </TextLink>
      ),
    },
    ...(workspaces.several
      ? [
          {
            id: 'workspace',
            header: 'Workspace',
            min: 100,
            grow: 1,
            drop: 3,
            cell: (row: IncidentSummary) => workspaces.nameOf(row.workspaceId),
          },
        ]
      : []),
    { id: 'status', header: 'Status', min: 92, cell: (row) => <IncidentStatusLabel status={row.status} /> },
    { id: 'owner', header: 'Owner', min: 112, grow: 1, drop: 2, cell: (row) => <Owner owner={row.owner} /> },
    { id: 'level', header: 'Service level', min: 164, drop: 3, cell: (row) => <ServiceLevel incident={row} /> },
    { id: 'tactics', header: 'Tactics', min: 120, grow: 1, drop: 4, cell: (row) => tacticList(row.tactics) },
    {
      id: 'techniques',
      header: 'Techniques',
      min: 120,
      drop: 8,
      cell: (row) => visible(row.techniques.join(', ')),
    },
    {
      id: 'classification',
      header: 'Classification',
      min: 120,
      drop: 7,
      cell: (row) => (row.classification ? words(row.classification) : ''),
    },
    {
      id: 'determination',
      header: 'Determination',
      min: 140,
      drop: 7,
      cell: (row) => (row.determination ? words(row.determination) : ''),
    },
    { id: 'labels', header: 'Labels', min: 120, grow: 1, drop: 7, cell: (row) => visible(row.labels.join(', ')) },
    { id: 'alertCount', header: 'Alerts', min: 68, align: 'end', sort: true, cell: (row) => count(row.alertCount) },
    { id: 'entityCount', header: 'Entities', min: 76, align: 'end', drop: 6, cell: (row) => count(row.entityCount) },
    {
      id: 'commentCount',
      header: 'Comments',
      min: 88,
      align: 'end',
      drop: 9,
      cell: (row) => count(row.commentCount),
    },
    {
      id: 'lastActivityAt',
      header: 'Last activity',
      min: 104,
      drop: 1,
      cell: (row) => <RelativeTime at={row.lastActivityAt} />,
    },
    {
      id: 'createdAt',
      header: 'Created',
      min: 96,
      drop: 6,
      sort: true,
      cell: (row) => <RelativeTime at={row.createdAt} />,
    },
    {
      id: 'lastUpdatedAt',
      header: 'Updated',
      min: 96,
      drop: 5,
      sort: true,
      cell: (row) => <RelativeTime at={row.lastUpdatedAt} />,
    },
    { id: 'closedAt', header: 'Closed', min: 96, drop: 8, cell: (row) => <RelativeTime at={row.closedAt} /> },
  ];
}
