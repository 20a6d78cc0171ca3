import type { RowObject } from '../platform/outbox/types.ts';
import type { DetectionRow, SubjectRow } from './types.ts';

/** Rows of Microsoft's tables, so that what was concluded can be asked with KQL as everything else. */

const operations = {
  user: 'User Risk Detection',
  servicePrincipal: 'Service Principal Risk Detection',
} as const;

export const detectionTable = ({ subject_kind: kind }: Pick<DetectionRow, 'subject_kind'>): string =>
  kind === 'user' ? 'AADUserRiskEvents' : 'AADServicePrincipalRiskEvents';

export function detectionLakeRow(row: DetectionRow): RowObject {
  const { location, subject_kind: kind } = row;
  return {
    TimeGenerated: row.updated_at,
    OperationName: operations[kind],
    Id: row.id,
    RequestId: row.request_id,
    CorrelationId: row.correlation_id,
    Activity: row.activity,
    ActivityDateTime: row.activity_at,
    DetectedDateTime: row.detected_at,
    LastUpdatedDateTime: row.updated_at,
    DetectionTimingType: row.timing,
    RiskEventType: row.risk_event_type,
    RiskLevel: row.risk_level,
    RiskState: row.risk_state,
    RiskDetail: row.risk_detail,
    Source: row.source,
    SourceSystem: 'Sallyport',
    TokenIssuerType: row.token_issuer_type,
    IpAddress: row.ip_address,
    Location: {
      city: location.city ?? '',
      countryOrRegion: location.country ?? '',
      geoCoordinates: { latitude: location.latitude ?? null, longitude: location.longitude ?? null },
    },
    AdditionalInfo: row.additional_info,
    ...(kind === 'user'
      ? { UserId: row.subject_id, UserPrincipalName: row.subject_name, UserDisplayName: row.display_name }
      : { ServicePrincipalId: row.subject_id, AppId: row.subject_name, ServicePrincipalDisplayName: row.display_name }),
  };
}

export const subjectTable = ({ kind }: Pick<SubjectRow, 'kind'>): string =>
  kind === 'user' ? 'AADRiskyUsers' : 'AADRiskyServicePrincipals';

export function subjectLakeRow(row: SubjectRow): RowObject {
  return {
    TimeGenerated: row.updated_at,
    OperationName: row.kind === 'user' ? 'Risky user' : 'Risky Service Principal',
    SourceSystem: 'Sallyport',
    Id: row.id,
    IsProcessing: false,
    RiskLevel: row.risk_level,
    RiskState: row.risk_state,
    RiskDetail: row.risk_detail,
    RiskLastUpdatedDateTime: row.updated_at,
    ...(row.kind === 'user'
      ? { IsDeleted: false, UserPrincipalName: row.name, UserDisplayName: row.display_name }
      : { AccountEnabled: true, AppId: row.name, DisplayName: row.display_name, ServicePrincipalType: 'Application' }),
  };
}
