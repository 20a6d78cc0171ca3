import { z } from 'zod';
import { parseDuration } from './duration.ts';

/** Privileged access as Microsoft Entra PIM names it. https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview */

/** Of `unifiedRoleScheduleRequestActions`. */
export const privilegedActions = [
  'adminAssign',
  'adminUpdate',
  'adminRemove',
  'adminExtend',
  'adminRenew',
  'selfActivate',
  'selfDeactivate',
  'selfExtend',
  'selfRenew',
] as const;
export const PrivilegedAction = z.enum(privilegedActions);
export type PrivilegedAction = z.infer<typeof PrivilegedAction>;

/** Of the documented statuses, those that a request here can have. */
export const PrivilegedStatus = z.enum([
  'PendingApproval',
  'PendingAdminDecision',
  'Granted',
  'Provisioned',
  'Revoked',
  'Denied',
  'AdminDenied',
  'TimedOut',
  'Canceled',
  'Failed',
]);
export type PrivilegedStatus = z.infer<typeof PrivilegedStatus>;
/** Somebody has yet to decide on it. */
export const pendingStatuses: readonly PrivilegedStatus[] = ['PendingApproval', 'PendingAdminDecision'];

export const PrivilegedKind = z.enum(['eligible', 'active']);
export type PrivilegedKind = z.infer<typeof PrivilegedKind>;
export const PrivilegedTargetType = z.enum(['role', 'group', 'application', 'cloudRole']);
export type PrivilegedTargetType = z.infer<typeof PrivilegedTargetType>;

/** A role; membership or ownership of a group; a role of an application; a role in a cloud. */
export const PrivilegedTarget = z.object({
  type: PrivilegedTargetType,
  /** Of the role, the group, the application's service principal, or the role of a cloud. */
  id: z.guid(),
  /** Empty for roles, in clouds too; `member` or `owner` of a group; the id of an application's role. */
  access: z.string().max(64).default(''),
});
export type PrivilegedTarget = z.infer<typeof PrivilegedTarget>;

/** An ISO 8601 duration of at least a second: `PT8H`, `P15D`. */
export const IsoDuration = z
  .string()
  .max(32)
  .refine((text) => text.startsWith('P') && (parseDuration(text) ?? 0) >= 1, 'an ISO 8601 duration such as `PT8H`');

/** Of `expirationPattern`. */
export const Expiration = z.discriminatedUnion('type', [
  z.object({ type: z.literal('noExpiration') }),
  z.object({ type: z.literal('afterDateTime'), endDateTime: z.iso.datetime({ offset: true }) }),
  z.object({ type: z.literal('afterDuration'), duration: IsoDuration }),
]);
export type Expiration = z.infer<typeof Expiration>;

const guid = z.guid().transform((id) => id.toLowerCase());
/** Whom a stage of an approval names; others of Graph's `subjectSet` are refused. */
export const SubjectSet = z.discriminatedUnion('@odata.type', [
  z.object({
    '@odata.type': z.literal('#microsoft.graph.singleUser'),
    userId: guid,
    description: z.string().max(256).nullish(),
  }),
  z.object({
    '@odata.type': z.literal('#microsoft.graph.groupMembers'),
    groupId: guid,
    description: z.string().max(256).nullish(),
  }),
  z.object({
    '@odata.type': z.literal('#microsoft.graph.requestorManager'),
    managerLevel: z.number().int().min(1).max(2).default(1),
  }),
]);
export type SubjectSet = z.infer<typeof SubjectSet>;

/** As many approvers as a stage may name. */
const approversMax = 100;
export const ApprovalStage = z.object({
  /** Days after which a stage that nobody has decided on denies. */
  approvalStageTimeOutInDays: z.number().int().min(1).max(14).default(1),
  isApproverJustificationRequired: z.boolean().default(true),
  /** 0 with `isEscalationEnabled` false. */
  escalationTimeInMinutes: z.number().int().min(0).max(20_160).default(0),
  isEscalationEnabled: z.boolean().default(false),
  /** None: whoever holds `authorization.manage`. */
  primaryApprovers: z.array(SubjectSet).max(approversMax).default([]),
  /** Who may decide as well once the time of escalation is over. */
  escalationApprovers: z.array(SubjectSet).max(approversMax).default([]),
});
export type ApprovalStage = z.infer<typeof ApprovalStage>;

export const ApprovalSettings = z.object({
  isApprovalRequired: z.boolean(),
  isApprovalRequiredForExtension: z.boolean().default(false),
  isRequestorJustificationRequired: z.boolean().default(true),
  approvalMode: z.enum(['SingleStage', 'Serial', 'Parallel', 'NoApproval']),
  approvalStages: z.array(ApprovalStage).max(3),
});
export type ApprovalSettings = z.infer<typeof ApprovalSettings>;

export const EnabledRule = z.enum(['MultiFactorAuthentication', 'Justification', 'Ticketing']);
export type EnabledRule = z.infer<typeof EnabledRule>;
export const NotificationLevel = z.enum(['None', 'Critical', 'All']);

export const ruleTypePrefix = '#microsoft.graph.unifiedRoleManagementPolicy';
export const ExpirationRule = z.object({
  '@odata.type': z.literal(`${ruleTypePrefix}ExpirationRule`),
  isExpirationRequired: z.boolean(),
  maximumDuration: IsoDuration,
});
export type ExpirationRule = z.infer<typeof ExpirationRule>;
export const EnablementRule = z.object({
  '@odata.type': z.literal(`${ruleTypePrefix}EnablementRule`),
  enabledRules: z.array(EnabledRule).max(3),
});
export const ApprovalRule = z.object({
  '@odata.type': z.literal(`${ruleTypePrefix}ApprovalRule`),
  setting: ApprovalSettings,
});
export const AuthenticationContextRule = z
  .object({
    '@odata.type': z.literal(`${ruleTypePrefix}AuthenticationContextRule`),
    isEnabled: z.boolean(),
    claimValue: z.string().max(3).nullable().default(null),
  })
  .refine(({ isEnabled, claimValue }) => !isEnabled || /^c[1-9]\d?$/.test(claimValue ?? ''), {
    path: ['claimValue'],
    message: 'an authentication context, `c1` to `c99`',
  });
export const NotificationRule = z.object({
  '@odata.type': z.literal(`${ruleTypePrefix}NotificationRule`),
  notificationType: z.literal('Email').default('Email'),
  recipientType: z.enum(['Requestor', 'Approver', 'Admin']),
  notificationLevel: NotificationLevel,
  isDefaultRecipientsEnabled: z.boolean(),
  notificationRecipients: z.array(z.email().max(320)).max(1_000).default([]),
});
export type NotificationRule = z.infer<typeof NotificationRule>;
export const PolicyRule = z.discriminatedUnion('@odata.type', [
  ExpirationRule,
  EnablementRule,
  ApprovalRule,
  AuthenticationContextRule,
  NotificationRule,
]);
export type PolicyRule = z.infer<typeof PolicyRule>;

/** The 17 rules of every policy. https://learn.microsoft.com/graph/identity-governance-pim-rules-overview */
export const ruleIds = [
  'Expiration_Admin_Eligibility',
  'Enablement_Admin_Eligibility',
  'Notification_Admin_Admin_Eligibility',
  'Notification_Requestor_Admin_Eligibility',
  'Notification_Approver_Admin_Eligibility',
  'Expiration_Admin_Assignment',
  'Enablement_Admin_Assignment',
  'Notification_Admin_Admin_Assignment',
  'Notification_Requestor_Admin_Assignment',
  'Notification_Approver_Admin_Assignment',
  'Expiration_EndUser_Assignment',
  'Enablement_EndUser_Assignment',
  'AuthenticationContext_EndUser_Assignment',
  'Approval_EndUser_Assignment',
  'Notification_Admin_EndUser_Assignment',
  'Notification_Requestor_EndUser_Assignment',
  'Notification_Approver_EndUser_Assignment',
] as const;
export const RuleId = z.enum(ruleIds);
export type RuleId = z.infer<typeof RuleId>;

/** Alerts, by Graph's definition ids, and one of ours about clouds. https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-configure-security-alerts */
export const alertIds = [
  'RedundantAssignmentAlert',
  'NoMfaOnRoleActivationAlert',
  'StaleSignInAlert',
  'RolesAssignedOutsidePrivilegedIdentityManagementAlert',
  'TooManyGlobalAdminsAssignedToTenantAlert',
  'SequentialActivationRenewalsAlert',
  'CloudAccessNotAppliedAlert',
] as const;
export const AlertId = z.enum(alertIds);
export type AlertId = z.infer<typeof AlertId>;

const days = (from: number, to: number) => z.int().min(from).max(to);
/** Thresholds, each with its documented range. */
export const AlertSettings = z.object({
  isEnabled: z.boolean().default(true),
  /** Days without an activation (0 to 100), or without a sign-in (1 to 365). */
  days: days(0, 365).default(30),
  /** Both have to be reached. */
  globalAdminCountThreshold: z.int().min(2).max(100).default(3),
  percentageOfGlobalAdminsOutOfRolesThreshold: z.int().min(0).max(100).default(30),
  /** So many activations of a role by somebody within so many hours. */
  sequentialActivationCounterThreshold: z.int().min(2).max(100).default(5),
  timeIntervalHours: z.int().min(1).max(720).default(24),
});
export type AlertSettings = z.infer<typeof AlertSettings>;
