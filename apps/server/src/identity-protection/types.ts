import type {
  AdditionalInfo,
  DetectionTiming,
  RiskActivity,
  RiskDetail,
  IdentityRiskLevel,
  RiskState,
  RiskSubjectKind,
} from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import type { RiskEventType } from './kinds.ts';

/** Whom a risk is of: a person by the id in the directory, or by the name where the directory does not know them. */
export interface RiskSubject {
  readonly kind: RiskSubjectKind;
  readonly id: string;
  /** User principal name, or id of the application. */
  readonly name: string;
  readonly displayName: string;
}

export interface Place {
  readonly country?: string;
  readonly city?: string;
  readonly latitude?: number;
  readonly longitude?: number;
}

export interface NewDetection {
  /** What it tells of, within its type; the same is told once. */
  readonly key: string;
  readonly subject: RiskSubject;
  readonly riskEventType: RiskEventType;
  readonly riskLevel: IdentityRiskLevel;
  readonly timing: DetectionTiming;
  readonly activityAt: Date;
  readonly source: string;
  readonly ipAddress: string;
  readonly place: Place;
  readonly requestId: string;
  readonly correlationId: string;
  readonly additionalInfo: AdditionalInfo;
  readonly tokenIssuerType?: string;
  /** Default atRisk, none. */
  readonly riskState?: RiskState;
  readonly riskDetail?: RiskDetail;
}

export interface DetectionRow {
  readonly id: string;
  readonly subject_kind: RiskSubjectKind;
  readonly subject_id: string;
  readonly subject_name: string;
  readonly display_name: string;
  readonly risk_event_type: RiskEventType;
  readonly risk_state: RiskState;
  readonly risk_level: IdentityRiskLevel;
  readonly risk_detail: RiskDetail;
  readonly timing: DetectionTiming;
  readonly activity: RiskActivity;
  readonly source: string;
  readonly token_issuer_type: string;
  readonly ip_address: string;
  readonly location: Place;
  readonly request_id: string;
  readonly correlation_id: string;
  readonly activity_at: Date;
  readonly detected_at: Date;
  readonly updated_at: Date;
  readonly additional_info: AdditionalInfo;
}

export interface SubjectRow {
  readonly kind: RiskSubjectKind;
  readonly id: string;
  readonly name: string;
  readonly display_name: string;
  readonly risk_level: IdentityRiskLevel;
  readonly risk_state: RiskState;
  readonly risk_detail: RiskDetail;
  readonly updated_at: Date;
}

export interface HistoryRow {
  readonly id: string;
  readonly at: Date;
  readonly risk_level: IdentityRiskLevel;
  readonly risk_state: RiskState;
  readonly risk_detail: RiskDetail;
  readonly initiated_by: string;
  readonly activity: { readonly riskEventTypes: readonly string[]; readonly eventTypes: readonly string[] };
}

/** The risk of a person or a service principal has changed. */
export interface RiskChange {
  readonly subject: RiskSubject;
  readonly riskLevel: IdentityRiskLevel;
  readonly riskState: RiskState;
  readonly riskDetail: RiskDetail;
  readonly previousLevel: IdentityRiskLevel;
  /** Of the newest detection that changed. */
  readonly activityAt: Date;
}
/** Called in the transaction that stores the change. */
export type RiskListener = (change: RiskChange, tx: Queryable) => Promise<void>;
