import type { RowObject } from '../platform/types.ts';
import type { AnalyticsRule } from './rules/index.ts';

/**
 * A row of `SentinelHealth` about a rule.
 * https://learn.microsoft.com/azure/sentinel/health-table-reference
 */
export function healthRow(
  rule: AnalyticsRule,
  event: {
    readonly now: Date;
    readonly status: 'Success' | 'Failure' | 'Partial success' | 'Informational';
    readonly operation?:
      'Scheduled analytics rule run' | 'NRT analytics rule run' | 'Rule disabled' | 'Rule rests' | 'Windows skipped';
    readonly description: string;
    readonly reason?: string;
    readonly properties?: Readonly<Record<string, unknown>>;
  },
): RowObject {
  return {
    TimeGenerated: event.now,
    OperationName: event.operation ?? (rule.kind === 'NRT' ? 'NRT analytics rule run' : 'Scheduled analytics rule run'),
    Status: event.status,
    Description: event.description,
    Reason: event.reason ?? '',
    SentinelResourceId: rule.id,
    SentinelResourceKind: rule.kind,
    SentinelResourceName: rule.name,
    SentinelResourceType: 'Analytics Rule',
    ExtendedProperties: event.properties ?? {},
    SourceSystem: 'Sallyport',
    Type: 'SentinelHealth',
  };
}
