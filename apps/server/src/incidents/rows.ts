import type { RowObject } from '../platform/types.ts';
import type { IncidentRow } from './types.ts';

export interface IncidentTask {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly status: string;
  readonly assignee: string | null;
  readonly due_at: Date | null;
}

export interface IncidentParts {
  readonly tasks: readonly IncidentTask[];
  readonly alertIds: readonly string[];
  readonly bookmarkIds: readonly string[];
  readonly comments: readonly { at: Date; by: string; text: string }[];
}

/**
 * A row of `SecurityIncident`: the whole incident as it is now. One is written on each change, so that the newest row of a number is its state.
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityincident
 */
export function securityIncidentRow(incident: IncidentRow, parts: IncidentParts): RowObject {
  return {
    TimeGenerated: incident.updated_at,
    IncidentName: incident.name,
    IncidentNumber: incident.number,
    Title: incident.title,
    Description: incident.description,
    Severity: incident.severity,
    Status: incident.status,
    Classification: incident.classification ?? '',
    ClassificationReason: incident.classification_reason ?? '',
    ClassificationComment: incident.classification_comment,
    Owner: {
      objectId: null,
      email: incident.owner,
      assignedTo: incident.owner,
      userPrincipalName: incident.owner,
    },
    ProviderName: 'Sallyport',
    ProviderIncidentId: String(incident.number),
    FirstActivityTime: incident.first_activity_at,
    LastActivityTime: incident.last_activity_at,
    FirstModifiedTime: incident.first_modified_at,
    LastModifiedTime: incident.updated_at,
    CreatedTime: incident.created_at,
    ClosedTime: incident.closed_at,
    RelatedAnalyticRuleIds: incident.rule_ids,
    AlertIds: parts.alertIds,
    BookmarkIds: parts.bookmarkIds,
    Tasks: parts.tasks.map(({ id, title, description, status, assignee, due_at }) => ({
      taskId: id,
      title,
      description,
      status,
      assignee,
      dueTimeUtc: due_at?.toISOString() ?? null,
    })),
    Comments: parts.comments.map(({ at, by, text }) => ({
      message: text,
      createdTimeUtc: at.toISOString(),
      author: { name: by, userPrincipalName: by },
    })),
    Labels: [
      ...incident.labels.map((labelName) => ({ labelName, labelType: 'User' })),
      ...incident.system_labels.map((labelName) => ({ labelName, labelType: 'AutoAssigned' })),
    ],
    AdditionalData: {
      alertsCount: incident.alert_count,
      bookmarksCount: parts.bookmarkIds.length,
      commentsCount: incident.comment_count,
      alertProductNames: ['Sallyport'],
      tactics: incident.tactics,
      techniques: incident.techniques,
      ...(incident.redirected_to === null ? {} : { redirectIncidentNumber: incident.redirected_to }),
    },
    IncidentUrl: `/incidents/${incident.number}`,
    ModifiedBy: incident.modified_by,
    SourceSystem: 'Sallyport',
    Type: 'SecurityIncident',
    ...(incident.workspace_id === null ? {} : { TenantId: incident.workspace_id }),
  };
}
