import type { RuleKind } from '@sallyport/contracts';
import type { RowObject } from '../platform/types.ts';
import { idOf, type AnalyticsRule } from './rules/index.ts';

const spoken: Readonly<Record<RuleKind, string>> = {
  Scheduled: 'Scheduled',
  NRT: 'NRT',
  MicrosoftSecurityIncidentCreation: 'Microsoft security',
  Fusion: 'Fusion',
  ThreatIntelligence: 'Threat intelligence',
  Anomaly: 'Anomaly',
};

/**
 * A row of `SentinelHealth` about a rule.
 * https://learn.microsoft.com/azure/sentinel/health-table-reference
 */
export function healthRow(
  rule: AnalyticsRule,
  event: {
    readonly now: Date;
    readonly status: 'Success' | 'Failure' | 'Partial success' | 'Informational';
    readonly operation?: 'Rule disabled' | 'Rule rests' | 'Windows skipped';
    readonly description: string;
    readonly reason?: string;
    readonly properties?: Readonly<Record<string, unknown>>;
  },
): RowObject {
  return {
    TimeGenerated: event.now,
    OperationName: event.operation ?? `${spoken[rule.kind]} analytics rule run`,
    Status: event.status,
    Description: event.description,
    Reason: event.reason ?? '',
    SentinelResourceId: idOf(rule),
    SentinelResourceKind: rule.kind,
    SentinelResourceName: rule.name,
    SentinelResourceType: 'Analytics Rule',
    ExtendedProperties: event.properties ?? {},
    SourceSystem: 'Sallyport',
    Type: 'SentinelHealth',
    ...(rule.of ? { TenantId: rule.of.workspaceId } : {}),
  };
}
