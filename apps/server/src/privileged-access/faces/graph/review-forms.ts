import type * as Graph from '@microsoft/microsoft-graph-types';
import type { AccessReviewSettings, PrivilegedTarget, ReviewStage } from '@sallyport/contracts';
import { settingsOf, type DecisionRow, type ReviewRow, type RunRow } from '../../reviews/store.ts';
import type { PrincipalFacts } from '../../targets.ts';
import type { Holding } from '../../types.ts';

/** Access reviews as Microsoft Graph writes them. https://learn.microsoft.com/graph/api/resources/accessreviewsv2-overview */

const nobody = { id: '00000000-0000-0000-0000-000000000000', displayName: '', userPrincipalName: '' };
const dayMs = 86_400_000;
const queryType = 'MicrosoftGraph';
const scopeType = '#microsoft.graph.accessReviewQueryScope';
type Scope = Graph.AccessReviewScope & Record<string, unknown>;

const scheduled = (what: 'Assignment' | 'Eligibility', id: string, principals: AccessReviewSettings['principals']) => {
  const clauses = [
    ...(what === 'Assignment' ? [`assignmentType eq 'Assigned'`] : []),
    ...(principals.length === 1 ? [`isof(principal,'microsoft.graph.${principals[0] ?? ''}')`] : []),
    `roleDefinitionId eq '${id}'`,
  ];
  return `/roleManagement/directory/role${what}ScheduleInstances?$expand=principal&$filter=(${clauses.join(' and ')})`;
};
function queryOf({ type, id, access }: PrivilegedTarget, { kinds, principals }: AccessReviewSettings): string {
  switch (type) {
    case 'role':
      return kinds.length > 1
        ? `/roleManagement/directory/roleDefinitions/${id}`
        : scheduled(kinds[0] === 'eligible' ? 'Eligibility' : 'Assignment', id, principals);
    case 'group':
      return `/groups/${id}/${access === 'owner' ? 'owners' : 'transitiveMembers'}${principals.length === 1 && principals[0] === 'user' ? '/microsoft.graph.user' : ''}`;
    case 'application':
      return `/servicePrincipals/${id}/appRoleAssignedTo?$filter=appRoleId eq ${access}`;
    case 'cloudRole':
      // Ours: Graph reviews none of these by a query of its own.
      return `/roleManagement/azureResources/roleDefinitions/${id}`;
  }
}
const resourceScope = (target: PrivilegedTarget, settings: AccessReviewSettings): Scope => ({
  '@odata.type': scopeType,
  query: queryOf(target, settings),
  queryType: target.type === 'cloudRole' ? 'ARM' : queryType,
  queryRoot: null,
});
const principalPaths = { user: '/users', group: '/groups', servicePrincipal: '/servicePrincipals' } as const;
function scopeForm(settings: AccessReviewSettings): Scope {
  const [first, ...others] = settings.targets;
  if (first && others.length === 0) return resourceScope(first, settings);
  return {
    '@odata.type': '#microsoft.graph.principalResourceMembershipsScope',
    principalScopes: settings.principals.map((principal) => ({
      '@odata.type': scopeType,
      query: principalPaths[principal],
      queryType,
      queryRoot: null,
    })),
    resourceScopes: settings.targets.map((target) => resourceScope(target, settings)),
  };
}

const reviewer = (query: string, queryRoot: string | null = null): Graph.AccessReviewReviewerScope => ({
  query,
  queryType,
  queryRoot,
});
const peopleForm = (people: readonly string[]) => people.map((id) => reviewer(`/users/${id}`));
function reviewersForm(stage: ReviewStage | undefined, { targets }: AccessReviewSettings) {
  const group = targets.length === 1 && targets[0]?.type === 'group' ? targets[0] : undefined;
  switch (stage?.reviewers) {
    case 'people':
      return peopleForm(stage.people);
    case 'manager':
      return [reviewer('./manager', 'decisions')];
    case 'owners':
      return [reviewer(group ? `/groups/${group.id}/owners` : './owners')];
    default:
      return [];
  }
}
const fallbackForm = (stage: ReviewStage | undefined) =>
  stage === undefined || stage.reviewers === 'people' ? [] : peopleForm(stage.people);

const intervals = { weekly: 1, monthly: 1, quarterly: 3, semiannually: 6, annually: 12 } as const;
function recurrenceForm(
  row: ReviewRow,
  { recurrence, startsAt }: AccessReviewSettings,
): Graph.PatternedRecurrence | null {
  // prettier-ignore
  if (recurrence === 'once') return null;
  const start = startsAt === undefined ? row.created_at : new Date(startsAt);
  return {
    pattern: {
      type: recurrence === 'weekly' ? 'weekly' : 'absoluteMonthly',
      interval: intervals[recurrence],
      month: 0,
      dayOfMonth: recurrence === 'weekly' ? 0 : start.getUTCDate(),
      daysOfWeek: [],
      firstDayOfWeek: 'sunday',
      index: 'first',
    },
    range: {
      type: 'noEnd',
      numberOfOccurrences: 0,
      recurrenceTimeZone: null,
      startDate: start.toISOString().slice(0, 10),
      endDate: null,
    },
  };
}

const lengthDays = ({ stages }: AccessReviewSettings): number =>
  stages.reduce((days, { durationDays }) => days + durationDays, 0);
const defaults = { noChange: 'None', approve: 'Approve', remove: 'Deny', recommendation: 'Recommendation' } as const;

export function instanceStatus(run: RunRow, { autoApply }: AccessReviewSettings): string {
  if (run.ended_at === null) return 'InProgress';
  return autoApply && run.applied_at === null ? 'Completing' : 'Completed';
}

export function definitionForm(row: ReviewRow, newest: RunRow | undefined): Graph.AccessReviewScheduleDefinition {
  const settings = settingsOf(row);
  const [first] = settings.stages;
  return {
    id: row.id,
    displayName: row.display_name,
    createdDateTime: row.created_at.toISOString(),
    lastModifiedDateTime: row.created_at.toISOString(),
    status: newest ? instanceStatus(newest, settings) : 'NotStarted',
    descriptionForAdmins: settings.descriptionForAdmins,
    descriptionForReviewers: settings.descriptionForReviewers,
    createdBy: { id: row.created_by_id, displayName: row.created_by, userPrincipalName: row.created_by },
    scope: scopeForm(settings),
    instanceEnumerationScope: null,
    reviewers: reviewersForm(first, settings),
    fallbackReviewers: fallbackForm(first),
    additionalNotificationRecipients: [],
    stageSettings:
      settings.stages.length === 1
        ? []
        : settings.stages.map((stage, i) => ({
            stageId: String(i + 1),
            dependsOn: i === 0 ? [] : [String(i)],
            durationInDays: stage.durationDays,
            recommendationsEnabled: true,
            decisionsThatWillMoveToNextStage: ['NotReviewed', 'Approve', 'DontKnow'],
            reviewers: reviewersForm(stage, settings),
            fallbackReviewers: fallbackForm(stage),
          })),
    settings: {
      mailNotificationsEnabled: settings.mails,
      reminderNotificationsEnabled: false,
      justificationRequiredOnApproval: settings.justificationRequired,
      defaultDecisionEnabled: settings.ifNotResponded !== 'noChange',
      defaultDecision: defaults[settings.ifNotResponded],
      instanceDurationInDays: lengthDays(settings),
      autoApplyDecisionsEnabled: settings.autoApply,
      recommendationsEnabled: true,
      recommendationLookBackDuration: `P${settings.inactivityDays}D`,
      decisionHistoriesForReviewersEnabled: false,
      recurrence: recurrenceForm(row, settings),
      applyActions: [],
    },
  };
}

export function instanceForm(row: ReviewRow, run: RunRow): Graph.AccessReviewInstance {
  const settings = settingsOf(row);
  const stage = settings.stages[run.stage];
  const end = run.ended_at ?? new Date(run.started_at.getTime() + lengthDays(settings) * dayMs);
  return {
    id: run.id,
    startDateTime: run.started_at.toISOString(),
    endDateTime: end.toISOString(),
    status: instanceStatus(run, settings),
    scope: scopeForm(settings),
    reviewers: reviewersForm(stage, settings),
    fallbackReviewers: fallbackForm(stage),
  };
}

const principalTypes: Readonly<Record<string, string>> = {
  user: '#microsoft.graph.userIdentity',
  servicePrincipal: '#microsoft.graph.servicePrincipalIdentity',
};
const principalForm = (id: string, facts: PrincipalFacts | undefined) => ({
  '@odata.type': principalTypes[facts?.type ?? ''] ?? '#microsoft.graph.identity',
  id,
  displayName: facts?.displayName ?? '',
  ...(facts?.type === 'user' ? { userPrincipalName: facts.name } : {}),
});
const collections = { user: 'users', group: 'groups', servicePrincipal: 'servicePrincipals' } as const;
const resources = {
  role: { type: 'DirectoryRole', path: 'roleManagement/directory/roleDefinitions' },
  group: { type: 'Group', path: 'groups' },
  application: { type: 'ServicePrincipal', path: 'servicePrincipals' },
  cloudRole: { type: 'AzureRole', path: undefined },
} as const;
const applied: Readonly<Record<DecisionRow['outcome'], string>> = {
  '': 'New',
  kept: 'AppliedSuccessfully',
  removed: 'AppliedSuccessfully',
  failed: 'AppliedWithUnknownFailure',
  gone: 'AppliedSuccessfullyButObjectNotFound',
};

/** What stands beside a decision. */
export interface DecisionFacts {
  readonly run: RunRow;
  readonly holding: Holding | undefined;
  readonly resourceName: string;
  readonly people: ReadonlyMap<string, PrincipalFacts>;
  /** Of this server, with the version. */
  readonly base: string;
}

export function decisionForm(
  row: DecisionRow,
  { run, holding, resourceName, people, base }: DecisionFacts,
): Graph.AccessReviewInstanceDecisionItem {
  // prettier-ignore
  const principal = people.get(row.principal_id);
  const by = row.reviewed_by_id === null ? undefined : people.get(row.reviewed_by_id);
  const resource = holding && resources[holding.target_type];
  return {
    id: row.id,
    accessReviewId: run.id,
    decision: row.decision,
    justification: row.justification,
    recommendation: row.recommendation,
    reviewedDateTime: row.reviewed_at?.toISOString() ?? null,
    reviewedBy:
      row.reviewed_by_id === null
        ? nobody
        : { id: row.reviewed_by_id, displayName: by?.displayName ?? row.reviewed_by, userPrincipalName: row.reviewed_by }, // prettier-ignore
    appliedBy: nobody,
    appliedDateTime: row.outcome === '' ? null : (run.applied_at?.toISOString() ?? null),
    applyResult: applied[row.outcome],
    principal: principalForm(row.principal_id, principal),
    principalLink: `${base}/${collections[principal?.type ?? 'user']}/${row.principal_id}`,
    resource:
      holding && resource
        ? {
            '@odata.type': '#microsoft.graph.accessReviewInstanceDecisionItemResource',
            id: holding.target_id,
            displayName: resourceName,
            type: resource.type,
          }
        : null,
    resourceLink: holding && resource?.path ? `${base}/${resource.path}/${holding.target_id}` : null,
  } as Graph.AccessReviewInstanceDecisionItem;
}
