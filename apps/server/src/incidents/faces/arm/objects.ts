import type { Entity, EntityKind } from '@sallyport/contracts';
import { etagOf } from '../../../platform/arm/index.ts';
import type { AlertRow } from '../../read.ts';
import type { IncidentRow } from '../../types.ts';

/** Objects of `Microsoft.SecurityInsights`, as its REST interface has them. https://learn.microsoft.com/rest/api/securityinsights */

const ownerOf = (owner: string | null) => ({
  objectId: null,
  email: owner?.includes('@') ? owner : null,
  assignedTo: owner,
  userPrincipalName: owner?.includes('@') ? owner : null,
  ...(owner === null ? {} : { ownerType: owner.includes('@') ? 'User' : 'Group' }),
});

/** `bookmarks`: how many it holds. */
export const incidentResource = (row: IncidentRow, root: string, url: string, bookmarks: number) => ({
  id: `${root}/Incidents/${row.name}`,
  name: row.name,
  etag: etagOf(row),
  type: 'Microsoft.SecurityInsights/Incidents',
  properties: {
    title: row.title,
    description: row.description,
    severity: row.severity,
    status: row.status,
    ...(row.classification === null ? {} : { classification: row.classification }),
    ...(row.classification_reason === null ? {} : { classificationReason: row.classification_reason }),
    ...(row.classification_comment === '' ? {} : { classificationComment: row.classification_comment }),
    owner: ownerOf(row.owner),
    labels: [
      ...row.labels.map((labelName) => ({ labelName, labelType: 'User' })),
      ...row.system_labels.map((labelName) => ({ labelName, labelType: 'AutoAssigned' })),
    ],
    firstActivityTimeUtc: row.first_activity_at.toISOString(),
    lastActivityTimeUtc: row.last_activity_at.toISOString(),
    lastModifiedTimeUtc: row.updated_at.toISOString(),
    createdTimeUtc: row.created_at.toISOString(),
    incidentNumber: row.number,
    additionalData: {
      alertsCount: row.alert_count,
      bookmarksCount: bookmarks,
      commentsCount: row.comment_count,
      alertProductNames: ['Sallyport'],
      tactics: row.tactics,
      techniques: row.techniques,
    },
    relatedAnalyticRuleIds: row.rule_ids.map((id) => `${root}/alertRules/${id}`),
    incidentUrl: `${url}/incidents/${row.number}`,
    providerName: 'Sallyport',
    providerIncidentId: String(row.number),
  },
});

export interface ArmComment {
  readonly name: string;
  readonly at: Date;
  readonly by: string;
  readonly text: string;
  readonly modified_at: Date | null;
}
export const commentResource = (row: ArmComment, incidentId: string) => ({
  id: `${incidentId}/Comments/${row.name}`,
  name: row.name,
  etag: etagOf(row),
  type: 'Microsoft.SecurityInsights/Incidents/Comments',
  properties: {
    message: row.text,
    createdTimeUtc: row.at.toISOString(),
    lastModifiedTimeUtc: (row.modified_at ?? row.at).toISOString(),
    author: { objectId: null, email: null, name: row.by, userPrincipalName: row.by.includes('@') ? row.by : null },
  },
});

export const alertResource = (row: AlertRow, root: string, url: string) => ({
  id: `${root}/Entities/${row.id}`,
  name: row.id,
  type: 'Microsoft.SecurityInsights/Entities',
  kind: 'SecurityAlert',
  properties: {
    systemAlertId: row.id,
    providerAlertId: row.id,
    friendlyName: row.name,
    alertDisplayName: row.name,
    alertType: row.rule_id,
    description: row.description,
    severity: row.severity,
    status: row.status,
    tactics: row.tactics,
    intent: row.tactics[0] ?? 'Unknown',
    startTimeUtc: row.start_time.toISOString(),
    endTimeUtc: row.end_time.toISOString(),
    timeGenerated: row.created_at.toISOString(),
    processingEndTime: row.created_at.toISOString(),
    vendorName: 'Sallyport',
    productName: 'Sallyport',
    productComponentName: 'Scheduled Alerts',
    confidenceLevel: 'Unknown',
    alertLink: row.incident_number === null ? url : `${url}/incidents/${row.incident_number}`,
    resourceIdentifiers: [],
    additionalData: Object.fromEntries(
      Object.entries(row.custom_details).map(([name, values]) => [name, values.join(', ')]),
    ),
  },
});

export const relationName = (incident: string, alertId: string): string => `${incident}_${alertId}`;
export const relationResource = (incident: string, alertId: string, root: string) => {
  const name = relationName(incident, alertId);
  return {
    id: `${root}/Incidents/${incident}/Relations/${name}`,
    name,
    etag: etagOf({ incident, alertId }),
    type: 'Microsoft.SecurityInsights/Incidents/Relations',
    properties: {
      relatedResourceId: `${root}/Entities/${alertId}`,
      relatedResourceName: alertId,
      relatedResourceType: 'Microsoft.SecurityInsights/Entities',
      relatedResourceKind: 'SecurityAlert',
    },
  };
};

/** Sentinel's names of the kinds here; the others are called alike. */
const kindNames: Partial<Record<EntityKind, string>> = { IP: 'Ip', URL: 'Url', DNS: 'DnsResolution' };
export const armKind = (kind: EntityKind): string => kindNames[kind] ?? kind;

/** Identifiers whose property here is called otherwise than by its first letters made small. */
const propertyNames: Partial<Record<EntityKind, Readonly<Record<string, string>>>> = {
  Account: { Name: 'accountName' },
  File: { Name: 'fileName' },
  FileHash: { Value: 'hashValue' },
  Malware: { Name: 'malwareName' },
  RegistryValue: { Name: 'valueName', Value: 'valueData' },
  CloudApplication: { Name: 'appName' },
};
const smallFirst = (name: string): string =>
  name.replace(/^[A-Z]+(?=[A-Z][a-z]|\d|$)|^[A-Z]/, (letters) => letters.toLowerCase());

const booleans = new Set(['IsDomainJoined']);
const numbers = new Set(['AppId', 'MailCount']);
function valueOf(name: string, value: string): string | number | boolean {
  if (booleans.has(name)) return /^(?:true|1)$/i.test(value);
  return numbers.has(name) && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

export const entityResource = ({ id, kind, name, identifiers }: Entity, root: string) => ({
  id: `${root}/Entities/${id}`,
  name: id,
  type: 'Microsoft.SecurityInsights/Entities',
  kind: armKind(kind),
  properties: {
    friendlyName: name,
    ...Object.fromEntries(
      Object.entries(identifiers).map(([identifier, value]) => [
        propertyNames[kind]?.[identifier] ?? smallFirst(identifier),
        valueOf(identifier, value),
      ]),
    ),
  },
});
