import {
  breachingFrom,
  serviceLevelStages,
  type QueryOf,
  type ServiceLevels,
  type incidentRoutes,
} from '@sallyport/contracts';

type ListQuery = QueryOf<typeof incidentRoutes.listIncidents>;

const timeColumns = {
  created: 'created_at',
  updated: 'updated_at',
  activity: 'last_activity_at',
  closed: 'closed_at',
} as const satisfies Record<ListQuery['time'], string>;

const levelStates = ['onTime', 'breaching', 'breached', 'met', 'missed'];
const listed = (text: string): string[] => text.split(',').filter(Boolean);

/**
 * Conditions over `incidents` of all that the queue is filtered by, but for the text that is searched. `parameter` binds a value and answers its place.
 * `levels` is needed when service levels are asked for.
 */
export function listConditions(
  query: ListQuery,
  parameter: (value: unknown) => string,
  levels: ServiceLevels,
  now: Date,
): string[] {
  const conditions: string[] = [];
  /** A column that is one of the values, where `none` stands for null. */
  const among = (column: string, text: string | undefined): void => {
    if (!text) return;
    const values = listed(text);
    const some = values.filter((value) => value !== 'none');
    const parts = [
      ...(values.includes('none') ? [`${column} IS NULL`] : []),
      ...(some.length > 0 ? [`${column} = ANY(${parameter(some)})`] : []),
    ];
    conditions.push(parts.length > 0 ? `(${parts.join(' OR ')})` : 'false');
  };
  among('status', query.status);
  among('severity', query.severity);
  among('owner', query.owner);
  among('workspace_id', query.workspace);
  among('classification', query.classification);
  among('determination', query.determination);
  if (query.tactic) conditions.push(`tactics && ${parameter(listed(query.tactic))}::text[]`);
  if (query.technique) {
    const technique = parameter(query.technique);
    conditions.push(
      `EXISTS (SELECT 1 FROM unnest(techniques) AS t(id) WHERE t.id = ${technique} OR starts_with(t.id, ${technique} || '.'))`,
    );
  }
  if (query.rule) conditions.push(`${parameter(query.rule)} = ANY(rule_ids)`);
  if (query.label) conditions.push(`${parameter(query.label)} = ANY(labels || system_labels)`);
  if (query.alertsMin !== undefined) conditions.push(`alert_count >= ${parameter(query.alertsMin)}`);
  const time = timeColumns[query.time];
  if (query.from !== undefined) conditions.push(`${time} >= ${parameter(query.from)}`);
  if (query.to !== undefined) conditions.push(`${time} < ${parameter(query.to)}`);
  if (query.serviceLevel) {
    const states = listed(query.serviceLevel)
      .filter((state) => levelStates.includes(state))
      .map((state) => stateCondition(state, parameter, levels, now));
    conditions.push(`(${states.length > 0 ? states.join(' OR ') : 'false'})`);
  }
  return conditions;
}

/** What ends each stage. */
export const stageColumns = {
  triage: 'first_modified_at',
  acknowledge: 'acknowledged_at',
  close: 'closed_at',
} as const;

/** As `serviceLevelOf` of contracts says of one incident; a test holds both together. */
function stateCondition(
  state: string,
  parameter: (value: unknown) => string,
  levels: ServiceLevels,
  now: Date,
): string {
  const minutesMs = 60_000;
  const bySeverity = Object.entries(levels).flatMap(([severity, targets]) => {
    const stages = serviceLevelStages.flatMap((stage) => {
      const minutes = targets[stage];
      return minutes === null ? [] : [{ column: stageColumns[stage], ms: minutes * minutesMs }];
    });
    if (stages.length === 0) return [];
    const of = `severity = ${parameter(severity)}`;
    // A value that is bound and stands nowhere has no type: only what is said is bound.
    const late = (): string =>
      stages
        .map(
          ({ column, ms }) => `${column} > created_at + ${parameter(ms)}::double precision * interval '1 millisecond'`,
        )
        .join(' OR ');
    if (state === 'missed') return [`(${of} AND status = 'Closed' AND (${late()}))`];
    if (state === 'met') return [`(${of} AND status = 'Closed' AND NOT coalesce(${late()}, false))`];
    const pastOf = (share: number): string =>
      stages
        .map(
          ({ column, ms }) => `(${column} IS NULL AND created_at < ${parameter(new Date(now.getTime() - ms * share))})`,
        )
        .join(' OR ');
    const left = `(${stages.map(({ column }) => `${column} IS NULL`).join(' OR ')})`;
    const open = `${of} AND status <> 'Closed' AND ${left}`;
    // What is due next decides: a later stage is never further on than the one that is due first.
    if (state === 'breached') return [`(${open} AND (${pastOf(1)}))`];
    if (state === 'breaching') return [`(${open} AND NOT (${pastOf(1)}) AND (${pastOf(breachingFrom)}))`];
    if (state === 'onTime') return [`(${open} AND NOT (${pastOf(breachingFrom)}))`];
    return [];
  });
  return bySeverity.length > 0 ? `(${bySeverity.join(' OR ')})` : 'false';
}
