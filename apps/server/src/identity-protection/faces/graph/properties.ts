import {
  DetectionTiming,
  RiskActivity,
  RiskDetail,
  IdentityRiskLevel,
  RiskState,
  type RiskSubjectKind,
} from '@sallyport/contracts';
import type { Properties, Property } from '../../../platform/odata/index.ts';

const text = (sql: string): Property => ({ sql, type: 'string' });
const time = (sql: string): Property => ({ sql, type: 'datetime' });
const one = (sql: string, values: readonly string[]): Property => ({ sql, type: 'string', values });

/** `gt` and `ge` of a level are of height, since filters for "at least medium" are what is asked. */
const levels: readonly IdentityRiskLevel[] = ['none', 'hidden', 'low', 'medium', 'high'];
const risk = {
  riskLevel: one('r.risk_level', levels),
  riskState: one('r.risk_state', RiskState.options),
  riskDetail: one('r.risk_detail', RiskDetail.options),
} as const;

export const detectionProperties = (kind: RiskSubjectKind): Properties => ({
  single: {
    ...risk,
    id: text('r.id::text'),
    riskEventType: text('r.risk_event_type'),
    detectionTimingType: one('r.timing', DetectionTiming.options),
    activity: one('r.activity', RiskActivity.options),
    source: text('r.source'),
    ipAddress: text('r.ip_address'),
    requestId: text('r.request_id'),
    correlationId: text('r.correlation_id'),
    activityDateTime: time('r.activity_at'),
    detectedDateTime: time('r.detected_at'),
    lastUpdatedDateTime: time('r.updated_at'),
    'location/countryOrRegion': text(`coalesce(r.location->>'country', '')`),
    'location/city': text(`coalesce(r.location->>'city', '')`),
    ...(kind === 'user'
      ? {
          userId: text('r.subject_id'),
          userPrincipalName: text('r.subject_name'),
          userDisplayName: text('r.display_name'),
        }
      : {
          servicePrincipalId: text('r.subject_id'),
          appId: text('r.subject_name'),
          servicePrincipalDisplayName: text('r.display_name'),
        }),
  },
});

export const subjectProperties = (kind: RiskSubjectKind): Properties => ({
  single: {
    ...risk,
    id: text('r.id'),
    riskLastUpdatedDateTime: time('r.updated_at'),
    ...(kind === 'user'
      ? { userPrincipalName: text('r.name'), userDisplayName: text('r.display_name') }
      : { appId: text('r.name'), displayName: text('r.display_name') }),
  },
});

export const historyProperties: Properties = {
  single: {
    ...risk,
    id: text('r.id::text'),
    riskLastUpdatedDateTime: time('r.at'),
    initiatedBy: text('r.initiated_by'),
  },
};
