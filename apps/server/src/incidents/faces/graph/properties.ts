import type { Properties, Property } from '../../../platform/odata/index.ts';
import {
  alertStatuses,
  classifications,
  graphAlertStatuses,
  graphClassifications,
  graphDeterminations,
  graphIncidentStatuses,
  graphSeverities,
  incidentStatuses,
  severities,
} from './values.ts';

/** Graph's value for a column of ours. Both are ours. */
const mapped = (column: string, values: Readonly<Record<string, string>>, otherwise = 'NULL'): string =>
  `(CASE ${column} ${Object.entries(values)
    .map(([ours, theirs]) => `WHEN '${ours}' THEN '${theirs}'`)
    .join(' ')} ELSE ${otherwise} END)`;

const time = (sql: string, nullable = false): Property => ({ sql, type: 'datetime', nullable });
const text = (sql: string, nullable = false): Property => ({ sql, type: 'string', nullable });
const oneOf = (sql: string, values: readonly string[]): Property => ({ sql, type: 'string', values });
const judged = (table: string) => ({
  severity: oneOf(mapped(`${table}.severity`, severities), graphSeverities),
  classification: oneOf(mapped(`${table}.classification`, classifications, `'unknown'`), graphClassifications),
  determination: oneOf(`coalesce(${table}.determination, 'unknown')`, graphDeterminations),
  assignedTo: text(`${table}.owner`, true),
  createdDateTime: time(`${table}.created_at`),
  lastUpdateDateTime: time(`${table}.updated_at`),
});

const alertProperty = {
  ...judged('a'),
  id: text('a.id::text'),
  providerAlertId: text('a.id::text'),
  incidentId: text('a.incident_number::text', true),
  title: text('a.name'),
  description: text('a.description'),
  detectorId: text('a.rule_id'),
  category: text('a.tactics[1]', true),
  status: oneOf(mapped('a.status', alertStatuses), graphAlertStatuses),
  serviceSource: text(`'microsoftSentinel'::text`),
  detectionSource: text(`'scheduledAlerts'::text`),
  productName: text(`'Sallyport'::text`),
  firstActivityDateTime: time('a.start_time'),
  lastActivityDateTime: time('a.end_time'),
  resolvedDateTime: time('a.resolved_at', true),
} as const satisfies Properties['single'];

/** What lists of alerts (`a`) can be filtered and sorted by. */
export const alertProperties: Properties = {
  single: alertProperty,
  collections: { mitreTechniques: { from: 'unnest(a.techniques) AS technique(id)', item: text('technique.id') } },
};

/** What lists of incidents (`i`) can be filtered and sorted by. `within`: the condition on alerts (`a`) that count. */
export const incidentPropertiesWithin = (within: string): Properties => ({
  single: {
    ...judged('i'),
    id: text('i.number::text'),
    displayName: text('i.title'),
    description: text('i.description'),
    status: oneOf(
      `(CASE WHEN i.redirected_to IS NOT NULL THEN 'redirected' ELSE ${mapped('i.status', incidentStatuses)} END)`,
      graphIncidentStatuses,
    ),
    redirectIncidentId: text('i.redirected_to::text', true),
    lastModifiedBy: text('i.modified_by'),
    resolvingComment: text(`nullif(i.classification_comment, '')`, true),
  },
  collections: {
    customTags: { from: 'unnest(i.labels) AS tag(name)', item: text('tag.name') },
    systemTags: { from: 'unnest(i.system_labels) AS tag(name)', item: text('tag.name') },
    alerts: {
      from: 'alerts a',
      where: `a.incident_number = i.number AND ${within}`,
      properties: { single: alertProperty },
    },
  },
});

export const incidentKey: Property = { sql: 'i.number', type: 'number' };
export const alertKey: Property = text('a.id::text');
