import {
  AccessReviewSettings,
  parseDuration,
  SallyportError,
  type PrivilegedTarget,
  type ReviewRecurrence,
} from '@sallyport/contracts';
import { z } from 'zod';
import { badRequest } from '../../../platform/errors.ts';

/**
 * Reads a definition of an access review as Microsoft Graph has it. What would be reviewed or decided otherwise than it says is refused.
 * https://learn.microsoft.com/graph/accessreviews-scope-concept, https://learn.microsoft.com/graph/accessreviews-reviewers-concept
 */

const dayS = 86_400;
const months: Readonly<Record<number, ReviewRecurrence>> = { 1: 'monthly', 3: 'quarterly', 6: 'semiannually', 12: 'annually' }; // prettier-ignore

const ScopeQuery = z.object({
  '@odata.type': z.literal(['#microsoft.graph.accessReviewQueryScope', 'microsoft.graph.accessReviewQueryScope']).optional(), // prettier-ignore
  query: z.string().max(2_048),
  queryType: z.literal('MicrosoftGraph').nullish(),
  queryRoot: z.null().optional(),
});
const Memberships = z.object({
  '@odata.type': z.literal(['#microsoft.graph.principalResourceMembershipsScope', 'microsoft.graph.principalResourceMembershipsScope']), // prettier-ignore
  principalScopes: z.array(ScopeQuery).min(1).max(3),
  resourceScopes: z.array(ScopeQuery).min(1).max(50),
});
const Reviewer = z.object({
  query: z.string().max(2_048),
  queryType: z.literal('MicrosoftGraph').nullish(),
  queryRoot: z.literal('decisions').nullish(),
});
const Reviewers = z.array(Reviewer).max(50).nullish();
const none = z.array(z.unknown()).max(0).nullish();
const Stage = z.object({
  stageId: z.string().min(1).max(64),
  dependsOn: z.array(z.string()).max(1).nullish(),
  durationInDays: z.int(),
  reviewers: Reviewers,
  fallbackReviewers: Reviewers,
  decisionsThatWillMoveToNextStage: z.array(z.enum(['Approve', 'Deny', 'DontKnow', 'Recommendation', 'NotReviewed'])).nullish(), // prettier-ignore
});
const Recurrence = z.object({
  pattern: z.object({ type: z.enum(['weekly', 'absoluteMonthly']), interval: z.int() }),
  range: z.object({ type: z.literal('noEnd'), startDate: z.string().max(40) }),
});
const Definition = z.object({
  displayName: z.string(),
  descriptionForAdmins: z.string().nullish(),
  descriptionForReviewers: z.string().nullish(),
  scope: z.union([Memberships, ScopeQuery]),
  instanceEnumerationScope: z.null().optional(),
  reviewers: Reviewers,
  fallbackReviewers: Reviewers,
  additionalNotificationRecipients: none,
  stageSettings: z.array(Stage).max(3).nullish(),
  settings: z.object({
    mailNotificationsEnabled: z.boolean().nullish(),
    justificationRequiredOnApproval: z.boolean().nullish(),
    defaultDecisionEnabled: z.boolean().nullish(),
    defaultDecision: z.enum(['None', 'Approve', 'Deny', 'Recommendation']).nullish(),
    instanceDurationInDays: z.int().nullish(),
    autoApplyDecisionsEnabled: z.boolean().nullish(),
    recommendationLookBackDuration: z.string().max(32).nullish(),
    recurrence: Recurrence.nullish(),
    applyActions: z
      .array(
        z.object({
          '@odata.type': z.literal([
            '#microsoft.graph.removeAccessApplyAction',
            'microsoft.graph.removeAccessApplyAction',
          ]),
        }),
      ) // prettier-ignore
      .max(1)
      .nullish(),
  }),
});
type Definition = z.infer<typeof Definition>;

const bad = (path: string, message: string): SallyportError =>
  new SallyportError('BadRequest', `\`body.${path}\`: ${message}`, { target: `body.${path}` });

const id = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';
const roleQuery = new RegExp(`^/roleManagement/directory/roleDefinitions/${id}$`, 'i');
const roleInstances = /^\/roleManagement\/directory\/role(Assignment|Eligibility)ScheduleInstances\?(.{1,1000})$/i;
const groupQuery = new RegExp(`^/groups/${id}/(transitiveMembers|members|owners)(/microsoft\\.graph\\.user)?/?$`, 'i');
const appQuery = new RegExp(`^/servicePrincipals/${id}/appRoleAssignedTo\\?\\$filter=\\(?appRoleId eq '?${id}'?\\)?$`, 'i'); // prettier-ignore
const clauses = {
  role: new RegExp(`^roleDefinitionId eq '${id}'$`, 'i'),
  principal: /^isof\(principal, ?'microsoft\.graph\.(user|group|servicePrincipal)'\)$/,
  type: /^assignmentType eq 'Assigned'$/,
};

type Principals = AccessReviewSettings['principals'];
interface Reviewed {
  readonly target: PrivilegedTarget;
  readonly kinds: AccessReviewSettings['kinds'];
  readonly principals: Principals;
}
const all: Principals = ['user', 'group', 'servicePrincipal'];
const both: AccessReviewSettings['kinds'] = ['eligible', 'active'];
const target = (type: PrivilegedTarget['type'], ofId = '', access = ''): PrivilegedTarget => ({
  type,
  id: ofId.toLowerCase(),
  access: access.toLowerCase(),
});

function reviewedBy(query: string): Reviewed {
  const role = roleQuery.exec(query);
  // As Microsoft has it: of whoever is assigned, not of applications.
  if (role) return { target: target('role', role[1]), kinds: both, principals: ['user', 'group'] };
  const instances = roleInstances.exec(query);
  if (instances) return reviewedInstances(instances[1] ?? '', instances[2] ?? '');
  const group = groupQuery.exec(query);
  if (group) {
    const access = group[2]?.toLowerCase() === 'owners' ? 'owner' : 'member';
    return { target: target('group', group[1], access), kinds: both, principals: group[3] ? ['user'] : all };
  }
  const application = appQuery.exec(query);
  if (application)
    return { target: target('application', application[1], application[2]), kinds: both, principals: all };
  throw bad('scope', `there is nothing to review by the query ${query.slice(0, 200)}`);
}

function reviewedInstances(of: string, options: string): Reviewed {
  const filter = new URLSearchParams(options).get('$filter') ?? '';
  let role: string | undefined;
  let principals = all;
  for (const clause of filter.replace(/^\((.*)\)$/, '$1').split(' and ')) {
    const principal = clauses.principal.exec(clause)?.[1];
    const found = clauses.role.exec(clause)?.[1];
    if (found) role = found;
    else if (principal === 'user' || principal === 'group' || principal === 'servicePrincipal')
      principals = [principal];
    else if (!clauses.type.test(clause)) throw bad('scope', `the filter ${clause.slice(0, 200)} is not served here`);
  }
  if (role === undefined) throw bad('scope', 'the query names no role by `roleDefinitionId`');
  return { target: target('role', role), kinds: [of.toLowerCase() === 'eligibility' ? 'eligible' : 'active'], principals }; // prettier-ignore
}

/** Of several resources each by the same principals. */
function reviewedOf(scope: Definition['scope']): Omit<Reviewed, 'target'> & { readonly targets: PrivilegedTarget[] } {
  if (!('resourceScopes' in scope)) {
    const { target: one, ...rest } = reviewedBy(scope.query);
    return { targets: [one], ...rest };
  }
  const named: Readonly<Record<string, Principals[number]>> = { '/users': 'user', '/groups': 'group', '/servicePrincipals': 'servicePrincipal' }; // prettier-ignore
  const principals = scope.principalScopes.map(({ query }) => {
    const found = named[query.replace(/^\/v1\.0/, '')];
    if (!found) throw bad('scope', `principals by the query ${query.slice(0, 200)} are not served here`);
    return found;
  });
  return { targets: scope.resourceScopes.map(({ query }) => reviewedBy(query).target), kinds: both, principals };
}

const peopleOf = (reviewers: z.infer<typeof Reviewers>): (string | undefined)[] =>
  (reviewers ?? []).map(({ query }) => new RegExp(`^(?:/v1\\.0)?/users/${id}$`, 'i').exec(query)?.[1]?.toLowerCase());

function reviewersOf(
  reviewers: z.infer<typeof Reviewers>,
  fallback: z.infer<typeof Reviewers>,
): Pick<AccessReviewSettings['stages'][number], 'reviewers' | 'people'> {
  const instead = peopleOf(fallback);
  if (instead.includes(undefined))
    throw bad('fallbackReviewers', 'only people, each as `/users/{id}`, are served here');
  const people = instead.flatMap((one) => one ?? []);
  const queries = (reviewers ?? []).map(({ query }) => query);
  if (queries.length === 0) return { reviewers: 'self', people: [] };
  const only = queries.length === 1 ? (queries[0] ?? '') : '';
  if (only === './manager') return { reviewers: 'manager', people };
  if (new RegExp(`^(?:\\.|/groups/${id})/owners$`, 'i').test(only)) return { reviewers: 'owners', people };
  const named = peopleOf(reviewers);
  if (named.includes(undefined)) throw bad('reviewers', `reviewers by ${queries.join(', ').slice(0, 200)} are not served here`); // prettier-ignore
  return { reviewers: 'people', people: named.flatMap((one) => one ?? []) };
}

function stagesOf({
  reviewers,
  fallbackReviewers,
  stageSettings,
  settings,
}: Definition): AccessReviewSettings['stages'] {
  // prettier-ignore
  const stages = stageSettings ?? [];
  if (stages.length === 0)
    return [{ ...reviewersOf(reviewers, fallbackReviewers), durationDays: settings.instanceDurationInDays ?? 3 }];
  return stages.map((stage, i) => {
    const before = i === 0 ? [] : [stages[i - 1]?.stageId];
    if (JSON.stringify(stage.dependsOn ?? []) !== JSON.stringify(before))
      throw bad(`stageSettings.${i}.dependsOn`, 'each stage depends on the one before it, in their order');
    const moving = stage.decisionsThatWillMoveToNextStage ?? ['Deny'];
    const goesOn = !moving.includes('Deny') && moving.includes('Approve') && moving.includes('NotReviewed');
    if (i < stages.length - 1 && !goesOn)
      throw bad(`stageSettings.${i}.decisionsThatWillMoveToNextStage`, 'what is denied is denied, all else goes on: `["NotReviewed", "Approve"]`'); // prettier-ignore
    return { ...reviewersOf(stage.reviewers, stage.fallbackReviewers), durationDays: stage.durationInDays };
  });
}

function recurrenceOf(recurrence: z.infer<typeof Recurrence> | null | undefined): {
  readonly recurrence: ReviewRecurrence;
  readonly startsAt?: string;
} {
  // prettier-ignore
  if (!recurrence) return { recurrence: 'once' };
  const { pattern, range } = recurrence;
  const every = pattern.type === 'weekly' ? (pattern.interval === 1 ? 'weekly' : undefined) : months[pattern.interval];
  if (!every) throw bad('settings.recurrence.pattern', 'weekly, or each 1, 3, 6 or 12 months');
  const start = new Date(range.startDate);
  if (Number.isNaN(start.getTime())) throw bad('settings.recurrence.range.startDate', 'a date');
  return { recurrence: every, startsAt: start.toISOString() };
}

function lookBackOf(text: string | null | undefined): number {
  if (text === null || text === undefined) return 30;
  const days = (parseDuration(text) ?? Number.NaN) / dayS;
  if (!text.startsWith('P') || !Number.isInteger(days))
    throw bad('settings.recommendationLookBackDuration', 'an ISO 8601 duration of whole days');
  return days;
}

const unanswered = { None: 'noChange', Approve: 'approve', Deny: 'remove', Recommendation: 'recommendation' } as const;

/** Throws BadRequest. */
export function reviewSettingsOf(body: unknown): AccessReviewSettings {
  const sent = Definition.safeParse(body);
  if (!sent.success) throw badRequest('body', sent.error);
  const { displayName, descriptionForAdmins, descriptionForReviewers, scope, settings } = sent.data;
  const parsed = AccessReviewSettings.safeParse({
    displayName,
    descriptionForAdmins: descriptionForAdmins ?? '',
    descriptionForReviewers: descriptionForReviewers ?? '',
    ...reviewedOf(scope),
    stages: stagesOf(sent.data),
    ...recurrenceOf(settings.recurrence),
    justificationRequired: settings.justificationRequiredOnApproval ?? false,
    mails: settings.mailNotificationsEnabled ?? false,
    autoApply: settings.autoApplyDecisionsEnabled ?? false,
    ifNotResponded: settings.defaultDecisionEnabled ? unanswered[settings.defaultDecision ?? 'None'] : 'noChange',
    inactivityDays: lookBackOf(settings.recommendationLookBackDuration),
  });
  if (!parsed.success) throw badRequest('body', parsed.error);
  return parsed.data;
}
