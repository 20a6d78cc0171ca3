import type * as Graph from '@microsoft/microsoft-graph-types';
import type { DetectionRow, HistoryRow, SubjectRow } from '../../types.ts';

const iso = (at: Date): string => at.toISOString();

export function detectionForm(row: DetectionRow): Graph.RiskDetection | Graph.ServicePrincipalRiskDetection {
  const { location: place } = row;
  const common = {
    id: row.id,
    requestId: row.request_id || null,
    correlationId: row.correlation_id || null,
    riskEventType: row.risk_event_type,
    riskState: row.risk_state,
    riskLevel: row.risk_level,
    riskDetail: row.risk_detail,
    source: row.source,
    detectionTimingType: row.timing,
    activity: row.activity,
    tokenIssuerType: row.token_issuer_type as Graph.TokenIssuerType,
    ipAddress: row.ip_address || null,
    activityDateTime: iso(row.activity_at),
    detectedDateTime: iso(row.detected_at),
    lastUpdatedDateTime: iso(row.updated_at),
    additionalInfo: JSON.stringify(row.additional_info),
    location: {
      city: place.city ?? null,
      state: null,
      countryOrRegion: place.country ?? null,
      geoCoordinates:
        place.latitude === undefined || place.longitude === undefined
          ? null
          : { latitude: place.latitude, longitude: place.longitude },
    },
  } satisfies Graph.RiskDetection;
  return row.subject_kind === 'user'
    ? {
        ...common,
        userId: row.subject_id,
        userPrincipalName: row.subject_name,
        userDisplayName: row.display_name,
      }
    : {
        ...common,
        servicePrincipalId: row.subject_id,
        appId: row.subject_name,
        servicePrincipalDisplayName: row.display_name,
        keyIds: [],
      };
}

export function subjectForm(row: SubjectRow): Graph.RiskyUser | Graph.RiskyServicePrincipal {
  const common = {
    id: row.id,
    isProcessing: false,
    riskLevel: row.risk_level,
    riskState: row.risk_state,
    riskDetail: row.risk_detail,
    riskLastUpdatedDateTime: iso(row.updated_at),
  } satisfies Graph.RiskyUser;
  return row.kind === 'user'
    ? { ...common, isDeleted: false, userPrincipalName: row.name, userDisplayName: row.display_name }
    : {
        ...common,
        isEnabled: true,
        appId: row.name,
        displayName: row.display_name,
        servicePrincipalType: 'Application',
      };
}

export function historyForm(subject: SubjectRow, row: HistoryRow): Graph.RiskyUserHistoryItem {
  return {
    ...subjectForm({
      ...subject,
      risk_level: row.risk_level,
      risk_state: row.risk_state,
      risk_detail: row.risk_detail,
      updated_at: row.at,
    }),
    id: row.id,
    initiatedBy: row.initiated_by,
    activity: {
      detail: row.risk_detail,
      riskEventTypes: [...row.activity.riskEventTypes],
    },
    ...(subject.kind === 'user' ? { userId: subject.id } : { servicePrincipalId: subject.id }),
  };
}
