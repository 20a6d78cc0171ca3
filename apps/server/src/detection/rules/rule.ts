import type { RuleKind, Severity } from '@sallyport/contracts';
import type { GroupingRule, Kind } from '../../incidents/index.ts';
import type { Grant } from '../../platform/principal.ts';

export interface EntityMapping {
  readonly kind: Kind;
  /** Identifier, as Sentinel spells it → column of the query's answer. */
  readonly columns: readonly { readonly identifier: string; readonly column: string }[];
}

/** An analytics rule ready to run. Durations are seconds. */
export interface AnalyticsRule {
  readonly id: string;
  /** Of one that runs in a workspace other than the first: which rule it is there. See `inWorkspace`. */
  readonly of?: { readonly ruleId: string; readonly workspaceId: string };
  readonly name: string;
  readonly description: string;
  readonly kind: RuleKind;
  readonly severity: Severity;
  /** What whoever made it may see, where that is a part of the data. */
  readonly runsAs?: readonly Grant[];
  /** As its author wrote it; whether it runs is also up to the rule's state. */
  readonly enabled: boolean;
  readonly version: string;
  readonly query: string;
  /** The query is the kind's, not written in the text. */
  readonly queryOfKind: boolean;
  /** What only rules of its kind have, for export. */
  readonly kindFields: Readonly<Record<string, unknown>>;
  /** It is tried: its rows are counted, and no alert is raised. */
  readonly isFlighting: boolean;
  /** Of a rule that exceptions apply to: the query without them. */
  readonly plainQuery?: string;
  /** Of a rule that is a condition on single rows: the stored function that gives them, and the condition. The query is `view | where condition`. */
  readonly rows?: { readonly view: string; readonly condition: string };
  readonly queryFrequency: number;
  readonly queryPeriod: number;
  readonly triggerOperator: 'GreaterThan' | 'LessThan' | 'Equal' | 'NotEqual';
  readonly triggerThreshold: number;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly eventGrouping: 'SingleAlert' | 'AlertPerResult';
  /** Seconds for which the rule stays quiet after an alert; 0 for never. */
  readonly suppression: number;
  /** Columns: quiet only about rows with the same values in them. None: the whole rule is quiet. */
  readonly suppressionFields: readonly string[];
  readonly entityMappings: readonly EntityMapping[];
  /** Name shown → column. */
  readonly customDetails: Readonly<Record<string, string>>;
  readonly overrides: {
    readonly name?: string;
    readonly description?: string;
    readonly severityColumn?: string;
    readonly tacticsColumn?: string;
    /** Alert property (`ConfidenceScore`, `AlertLink`, …) → column. */
    readonly properties: Readonly<Record<string, string>>;
  };
  readonly createIncident: boolean;
  readonly grouping: GroupingRule | undefined;
  /** The file as its author wrote it. */
  readonly yaml: string;
  /** Path as the loader was given it. */
  readonly path: string;
}
