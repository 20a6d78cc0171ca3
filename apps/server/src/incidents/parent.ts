import { SallyportError, type WorkParent } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import { lockedCase, tellCase } from './cases/store.ts';
import { lockedIncident } from './commands.ts';
import { insertActivities, publishIncidents } from './store.ts';
import type { FieldChanges } from './types.ts';
import { bindingOnce, caseWithin, incidentWithin, type Bind, type Sight } from './within.ts';

/** Tasks and attached files belong to an incident or to a case: what both have in common. */

/** The column of `tasks` and `attachments` that says whose they are. */
export const parentColumn = ({ kind }: Pick<WorkParent, 'kind'>): 'incident_number' | 'case_number' =>
  kind === 'incident' ? 'incident_number' : 'case_number';

/** The same in `incident_activities` and `case_activities`: where its comments are. */
export const activityTable = ({ kind }: Pick<WorkParent, 'kind'>): string =>
  kind === 'incident' ? 'incident_activities' : 'case_activities';

export interface ParentColumns {
  readonly incident_number: number | null;
  readonly case_number: number | null;
}
export const parentOf = ({ incident_number, case_number }: ParentColumns): WorkParent =>
  incident_number === null ? { kind: 'case', number: case_number ?? 0 } : { kind: 'incident', number: incident_number };

/** Whether all of what a task or file (`t`) belongs to is within. */
export const ofParentWithin = (sight: Sight, given: Bind): string => {
  if (sight.scope.whole) return 'true';
  const bind = bindingOnce(given);
  return `CASE WHEN t.incident_number IS NULL THEN ${caseWithin(sight, bind, 't.case_number')} ELSE ${incidentWithin(sight, bind, 't.incident_number', true)} END`;
};

/** Throws NotFound, also of one that is not all within. */
export async function knownParent(db: Queryable, parent: WorkParent, sight?: Sight): Promise<void> {
  const table = parent.kind === 'incident' ? 'incidents' : 'cases';
  const values: unknown[] = [parent.number];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const isCase = parent.kind === 'case';
  const within = !sight
    ? 'true'
    : isCase
      ? caseWithin(sight, bind, 'p.number')
      : incidentWithin(sight, bind, 'p.number', true);
  const found = await db.first(`SELECT 1 FROM ${table} p WHERE number = $1 AND ${within}`, values);
  if (!found) throw new SallyportError('NotFound', `there is no ${parent.kind} ${parent.number}`);
}

/** The right to change it until `tx` ends. Throws NotFound, and Conflict for a merged incident. */
export async function lockedParent(tx: Queryable, parent: WorkParent): Promise<void> {
  if (parent.kind === 'case') return void (await lockedCase(tx, parent.number));
  const incident = await lockedIncident(tx, parent.number);
  if (incident.redirected_to !== null)
    throw new SallyportError(
      'Conflict',
      `incident ${parent.number} was merged into incident ${incident.redirected_to}`,
    );
}

export interface Told {
  readonly by: string;
  readonly text: string;
  readonly changes?: FieldChanges;
}

/** Notes in its activity log what was done to its tasks or files, and that it has changed. */
export async function tellParent(
  tx: Queryable,
  outbox: Platform['outbox'],
  parent: WorkParent,
  { by, text, changes = {} }: Told,
  now: Date,
): Promise<void> {
  if (parent.kind === 'case') return tellCase(tx, { number: parent.number, by, kind: 'changed', text, changes }, now);
  await insertActivities(tx, [{ incident: parent.number, by, kind: 'changed', text, changes }], now);
  await tx.execute(
    'UPDATE incidents SET updated_at = $2, modified_by = $3, first_modified_at = coalesce(first_modified_at, $2) WHERE number = $1',
    [parent.number, now, by],
  );
  await publishIncidents(tx, outbox, [parent.number]);
}
