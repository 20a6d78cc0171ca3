import type { Entity, InvestigationState } from '@sallyport/contracts';
import type { SecurityNamespace as Graph } from '@microsoft/microsoft-graph-types';
import type { AlertRow } from '../../read.ts';
import type { AlertFinding } from '../../story/read.ts';
import type { IncidentRow } from '../../types.ts';
import { evidenceOf } from './evidence.ts';
import { alertStatuses, classifications, incidentStatuses, severities } from './values.ts';

export interface CommentRow {
  readonly at: Date;
  readonly by: string;
  readonly text: string;
}
/** Where this installation is, and its tenant's id. */
export interface Place {
  readonly url: string;
  readonly tenantId: string;
}

export const commentOf = ({ at, by, text }: CommentRow): Graph.AlertComment & { '@odata.type': string } => ({
  '@odata.type': '#microsoft.graph.security.alertComment',
  comment: text,
  createdByDisplayName: by,
  createdDateTime: at.toISOString(),
});

/** https://learn.microsoft.com/graph/api/resources/security-incident */
export const incidentOf = (
  row: IncidentRow,
  comments: readonly CommentRow[],
  { url, tenantId }: Place,
): Graph.Incident => ({
  id: String(row.number),
  tenantId,
  status: row.redirected_to === null ? incidentStatuses[row.status] : 'redirected',
  incidentWebUrl: `${url}/incidents/${row.number}`,
  redirectIncidentId: row.redirected_to === null ? null : String(row.redirected_to),
  displayName: row.title,
  createdDateTime: row.created_at.toISOString(),
  lastUpdateDateTime: row.updated_at.toISOString(),
  assignedTo: row.owner,
  classification: row.classification === null ? 'unknown' : classifications[row.classification],
  determination: row.determination ?? 'unknown',
  severity: severities[row.severity],
  customTags: [...row.labels],
  systemTags: [...row.system_labels],
  description: row.description,
  summary: null,
  lastModifiedBy: row.modified_by,
  resolvingComment: row.classification_comment === '' ? null : row.classification_comment,
  comments: comments.map(commentOf),
});

/** An alert that was classified as no attack clears what no person found something of. */
const standing = (found: AlertFinding | undefined, as: AlertRow['classification']): AlertFinding | undefined =>
  (as === 'FalsePositive' || as === 'BenignPositive') && !found?.isSaid
    ? { verdict: 'NoThreatsFound', remediation: found?.remediation ?? null, reason: '', isSaid: false }
    : found;

/** Graph's word where threats were found and no action is approved is that of an investigation which found things without anything to be done about them. */
function investigationStateOf(of: AlertRow['investigation']): Exclude<InvestigationState, 'threatsFound'> | null {
  if (of === null) return null;
  if (of.state === 'threatsFound') return 'partiallyInvestigated';
  return of.state ?? 'unsupportedAlertType';
}

/** https://learn.microsoft.com/graph/api/resources/security-alert. Its types lack `investigationState`, which the service has. */
export const alertOf = (
  row: AlertRow,
  comments: readonly CommentRow[],
  { url, tenantId }: Place,
  findings: ReadonlyMap<string, AlertFinding> = new Map(),
): Graph.Alert & { '@odata.type': string; investigationState: string | null } => ({
  '@odata.type': '#microsoft.graph.security.alert',
  id: row.id,
  providerAlertId: row.id,
  incidentId: row.incident_number === null ? null : String(row.incident_number),
  status: alertStatuses[row.status],
  severity: severities[row.severity],
  classification: row.classification === null ? 'unknown' : classifications[row.classification],
  determination: row.determination ?? 'unknown',
  serviceSource: 'microsoftSentinel',
  detectionSource: 'scheduledAlerts',
  productName: 'Sallyport',
  detectorId: row.rule_id,
  investigationState: investigationStateOf(row.investigation),
  tenantId,
  title: row.name,
  description: row.description,
  recommendedActions: '',
  category: row.tactics[0] ?? null,
  assignedTo: row.owner,
  alertWebUrl: `${url}/incidents/${row.incident_number ?? ''}`,
  incidentWebUrl: row.incident_number === null ? null : `${url}/incidents/${row.incident_number}`,
  actorDisplayName: null,
  threatDisplayName: null,
  threatFamilyName: null,
  mitreTechniques: [...row.techniques],
  createdDateTime: row.created_at.toISOString(),
  lastUpdateDateTime: row.updated_at.toISOString(),
  resolvedDateTime: row.resolved_at?.toISOString() ?? null,
  firstActivityDateTime: row.start_time.toISOString(),
  lastActivityDateTime: row.end_time.toISOString(),
  comments: comments.map(commentOf),
  evidence: row.entities.map((entity: Entity) =>
    evidenceOf(entity, row.created_at.toISOString(), standing(findings.get(entity.id), row.classification)),
  ),
  systemTags: [],
  alertPolicyId: null,
  customDetails: row.custom_details,
});
