import type { Determination, Severity } from '@sallyport/contracts';
import type { RowObject } from '../platform/types.ts';
import type { GroupingRule } from './correlation/index.ts';
import type { ResolvedEntity } from './entities/index.ts';

/** An alert as a detection gives it. */
export interface NewAlert {
  /** A UUID that is the same when the same thing is found again: an alert whose id is there already is left out. */
  readonly id: string;
  readonly ruleId: string;
  /** The workspace whose rows it tells of. Undefined: the first. Alerts of two workspaces are never in one incident. */
  readonly workspaceId?: string;
  readonly name: string;
  readonly description: string;
  readonly severity: Severity;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  /** When what it tells of began and ended. */
  readonly startTime: Date;
  readonly endTime: Date;
  readonly entities: readonly ResolvedEntity[];
  readonly customDetails: Readonly<Record<string, readonly string[]>>;
  /** The KQL and window that gave it. */
  readonly query: string;
  readonly queryFrom: Date;
  readonly queryTo: Date;
  /** False: the alert is kept, in no incident. */
  readonly createIncident: boolean;
  readonly grouping: GroupingRule | undefined;
  /** Ids of the alerts that it tells of, UUIDs: it goes into their incident, and tells of that once. */
  readonly tellsOf?: readonly string[];
  /** Its row of `SecurityAlert`; undefined where it is there already: another product's alert. */
  readonly row: RowObject | undefined;
}

/** What `raise` did. */
export interface Raised {
  /** Ids of the alerts that were new. */
  readonly alertIds: readonly string[];
  /** Incidents that took alerts, by number. */
  readonly incidents: readonly number[];
}

/** A row of `incidents`. */
export interface IncidentRow {
  readonly number: number;
  readonly name: string;
  readonly title: string;
  readonly title_fixed: boolean;
  readonly description: string;
  readonly severity: Severity;
  readonly severity_fixed: boolean;
  readonly status: 'New' | 'Active' | 'Closed';
  readonly owner: string | null;
  readonly classification: 'Undetermined' | 'TruePositive' | 'BenignPositive' | 'FalsePositive' | null;
  readonly classification_reason:
    | 'SuspiciousActivity'
    | 'SuspiciousButExpected'
    | 'IncorrectAlertLogic'
    | 'InaccurateData'
    | null;
  readonly classification_comment: string;
  readonly determination: Determination | null;
  readonly labels: readonly string[];
  readonly system_labels: readonly string[];
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly alert_count: number;
  readonly entity_count: number;
  readonly comment_count: number;
  readonly rule_ids: readonly string[];
  readonly first_activity_at: Date;
  readonly last_activity_at: Date;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly first_modified_at: Date | null;
  readonly acknowledged_at: Date | null;
  readonly closed_at: Date | null;
  readonly modified_by: string;
  readonly redirected_to: number | null;
  /** Null: the first. */
  readonly workspace_id: string | null;
}

export interface NewActivity {
  readonly incident: number;
  readonly by: string;
  readonly kind: 'created' | 'alertAdded' | 'changed' | 'comment' | 'merged';
  readonly text: string;
  /** Of a comment: a UUID. Default: any. */
  readonly name?: string;
  /** Of fields that were changed. */
  readonly changes?: FieldChanges;
}

/** Values before and after, by field. */
export type FieldChanges = Readonly<Record<string, { readonly from: string | null; readonly to: string | null }>>;

/** Who changes incidents when no person does. */
export const engine = 'Sallyport';
