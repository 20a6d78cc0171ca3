import { formatDuration } from '../rules/duration.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import type { RunRecord } from '../store.ts';

/**
 * What `ExtendedProperties` of `SentinelHealth` says of a run.
 * https://learn.microsoft.com/azure/sentinel/health-table-reference#extendedproperties-columns-schema-for-analytics-rules
 */
export const runProperties = (rule: AnalyticsRule, run: RunRecord): Readonly<Record<string, unknown>> => ({
  RuleId: rule.id,
  AggregationKind: rule.eventGrouping,
  QueryStartTimeUTC: run.windowFrom.toISOString(),
  QueryEndTimeUTC: run.windowTo.toISOString(),
  QueryFrequency: formatDuration(rule.queryFrequency),
  QueryPeriod: formatDuration(rule.queryPeriod),
  TriggerOperator: rule.triggerOperator,
  TriggerThreshold: rule.triggerThreshold,
  SuppressionEnabled: rule.suppression > 0,
  ...(rule.suppression > 0 ? { SuppressionDuration: formatDuration(rule.suppression) } : {}),
  ExecutionTimeSeconds: run.elapsedSeconds,
  ...(run.cost
    ? {
        QueryPerformanceIndicators: {
          CpuSeconds: run.cost.cpuSeconds,
          RowsRead: run.cost.rowsRead,
          BytesRead: run.cost.bytesRead,
        },
      }
    : {}),
});
