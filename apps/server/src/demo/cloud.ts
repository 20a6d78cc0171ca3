import { anytime, headquartersHour, minute, moments } from './calendar.ts';
import { digestOf } from './ids.ts';
import type { Presence } from './estate.ts';
import type { Person } from './people.ts';
import type { Rng } from './rng.ts';
import type { Row, SlotContext } from './sink.ts';
import { awsAccount, headquarters, tenantId } from './world.ts';

export interface AwsCall {
  readonly source: string;
  readonly name: string;
  readonly readOnly: boolean;
  readonly ip: string;
  readonly agent: string;
  readonly identity: Row;
  readonly request?: Row;
  readonly response?: Row;
  readonly error?: readonly [code: string, message: string];
}

/** Access key ids end in EXAMPLE, as in AWS's documentation, so that no scanner takes them for real ones. */
export const accessKeyId = (name: string): string =>
  `AKIA${digestOf('sha1', `key ${name}`).slice(0, 9).toUpperCase()}EXAMPLE`.slice(0, 20);

export const userIdentity = (name: string): Row => ({
  UserIdentityType: 'IAMUser',
  UserIdentityPrincipalid: `AIDA${digestOf('sha1', `user ${name}`).slice(0, 16).toUpperCase()}`,
  UserIdentityArn: `arn:aws:iam::${awsAccount}:user/${name}`,
  UserIdentityUserName: name,
  UserIdentityAccountId: awsAccount,
  UserIdentityAccessKeyId: accessKeyId(name),
});

export const roleIdentity = (role: string, session: string): Row => {
  const principal = `AROA${digestOf('sha1', `role ${role}`).slice(0, 16).toUpperCase()}`;
  return {
    UserIdentityType: 'AssumedRole',
    UserIdentityPrincipalid: `${principal}:${session}`,
    UserIdentityArn: `arn:aws:sts::${awsAccount}:assumed-role/${role}/${session}`,
    UserIdentityAccountId: awsAccount,
    UserIdentityAccessKeyId: accessKeyId(`${role} ${session}`).replace('AKIA', 'ASIA'),
    SessionIssuerType: 'Role',
    SessionIssuerPrincipalId: principal,
    SessionIssuerArn: `arn:aws:iam::${awsAccount}:role/${role}`,
    SessionIssuerAccountId: awsAccount,
    SessionIssuerUserName: role,
    SessionMfaAuthenticated: true,
  };
};

/** A row of AWSCloudTrail. */
export const awsRow = (call: AwsCall, rng: Rng): Row => ({
  AwsEventId: rng.uuid(),
  AwsRequestId_: rng.uuid(),
  EventVersion: '1.09',
  EventTypeName: call.name === 'ConsoleLogin' ? 'AwsConsoleSignIn' : 'AwsApiCall',
  EventSource: call.source,
  EventName: call.name,
  OperationName: call.name,
  AWSRegion: call.source.startsWith('iam') ? 'us-east-1' : 'eu-west-1',
  Category: 'Management',
  ManagementEvent: true,
  ReadOnly: call.readOnly,
  RecipientAccountId: awsAccount,
  SourceIpAddress: call.ip,
  UserAgent: call.agent,
  RequestParameters: call.request ? JSON.stringify(call.request) : '',
  ResponseElements: call.response ? JSON.stringify(call.response) : '',
  ErrorCode: call.error?.[0] ?? '',
  ErrorMessage: call.error?.[1] ?? '',
  AdditionalEventData: call.name === 'ConsoleLogin' ? JSON.stringify({ MobileVersion: 'No', MFAUsed: 'Yes' }) : '',
  ...call.identity,
});

const deployCalls = [
  ['ecr.amazonaws.com', 'GetAuthorizationToken', true],
  ['ecs.amazonaws.com', 'DescribeServices', true],
  ['ecs.amazonaws.com', 'UpdateService', false],
  ['s3.amazonaws.com', 'PutObject', false],
  ['cloudformation.amazonaws.com', 'DescribeStacks', true],
] as const;
/** As IAM Identity Center names the roles it makes. */
const engineerRole = 'AWSReservedSSO_Engineer_5f2e91c07ab3d846';
const engineerCalls = [
  ['ec2.amazonaws.com', 'DescribeInstances'],
  ['ecs.amazonaws.com', 'ListTasks'],
  ['logs.amazonaws.com', 'FilterLogEvents'],
  ['cloudwatch.amazonaws.com', 'GetMetricData'],
  ['s3.amazonaws.com', 'ListBuckets'],
  ['rds.amazonaws.com', 'DescribeDBInstances'],
] as const;

/** AWS and the directory's audit log in a slot. */
export function cloud(context: SlotContext): void {
  const rng = context.rng('cloud');
  automation(context, rng);
  for (const presence of context.present) {
    engineer(context, presence);
    directory(context, presence);
  }
}

function automation(context: SlotContext, rng: Rng): void {
  const ip = headquarters.egressIp;
  for (const at of anytime(rng, context.slot, 14)) {
    const [source, name, readOnly] = rng.pick(deployCalls);
    context.sink.row(
      'AWSCloudTrail',
      at,
      awsRow(
        {
          source,
          name,
          readOnly,
          ip,
          agent: 'aws-cli/2.22.7 exec-env/GitRunner',
          identity: userIdentity('svc-deploy'),
        },
        rng,
      ),
    );
  }
  if (headquartersHour(context.slot.from) !== 2) return;
  for (let n = 0; n < 6; n++) {
    const at = context.slot.from + n * 4 * minute;
    context.sink.row(
      'AWSCloudTrail',
      at,
      awsRow(
        {
          source: 'ec2.amazonaws.com',
          name: 'CreateSnapshot',
          readOnly: false,
          ip: 'backup.amazonaws.com',
          agent: 'backup.amazonaws.com',
          identity: roleIdentity('NightlyBackup', 'backup'),
          request: { volumeId: `vol-0${digestOf('sha1', `volume ${n}`).slice(0, 16)}` },
        },
        rng,
      ),
    );
  }
}

function engineer(context: SlotContext, { person, plan, publicIp }: Presence): void {
  if (person.department !== 'Engineering') return;
  const rng = context.rng('aws', person.index);
  const identity = roleIdentity(engineerRole, person.upn);
  for (const at of moments(rng, plan, context.slot, 2.2)) {
    const [source, name] = rng.pick(engineerCalls);
    const error = rng.chance(0.01)
      ? (['AccessDenied', `User is not authorized to perform: ${name}`] as const)
      : undefined;
    context.sink.row(
      'AWSCloudTrail',
      at,
      awsRow(
        { source, name, readOnly: true, ip: publicIp, agent: 'Boto3/1.35.66', identity, ...(error && { error }) },
        rng,
      ),
    );
  }
  for (const at of moments(rng, plan, context.slot, 0.06))
    context.sink.row(
      'AWSCloudTrail',
      at,
      awsRow(
        {
          source: 'signin.amazonaws.com',
          name: 'ConsoleLogin',
          readOnly: false,
          ip: publicIp,
          agent: 'Mozilla/5.0',
          identity,
          response: { ConsoleLogin: 'Success' },
        },
        rng,
      ),
    );
}

/** A row of AuditLogs. */
export const auditRow = (
  activity: string,
  category: string,
  actor: Pick<Person, 'upn' | 'objectId'>,
  ip: string,
  target: Row,
  rng: Rng,
): Row => {
  const id = rng.uuid();
  return {
    AADTenantId: tenantId,
    Id: `Directory_${id}`,
    CorrelationId: rng.uuid(),
    ActivityDisplayName: activity,
    OperationName: activity,
    OperationVersion: '1.0',
    Category: category,
    AADOperationType: activity.split(' ')[0],
    LoggedByService:
      category === 'UserManagement' && activity.includes('password')
        ? 'Self-service Password Management'
        : 'Core Directory',
    Result: 'success',
    Level: '4',
    Identity: actor.upn,
    InitiatedBy: { user: { id: actor.objectId, userPrincipalName: actor.upn, ipAddress: ip } },
    TargetResources: [target],
    AdditionalDetails: [],
  };
};

const userTarget = (person: Person): Row => ({
  id: person.objectId,
  displayName: person.name,
  type: 'User',
  userPrincipalName: person.upn,
  modifiedProperties: [],
});

function directory(context: SlotContext, { person, plan, publicIp }: Presence): void {
  const rng = context.rng('audit', person.index);
  const say = (at: number, activity: string, category: string, actor: Pick<Person, 'upn' | 'objectId'>, target: Row) =>
    context.sink.row('AuditLogs', at, auditRow(activity, category, actor, publicIp, target, rng));
  for (const at of moments(rng, plan, context.slot, 0.003))
    say(at, 'Change password (self-service)', 'UserManagement', person, userTarget(person));
  for (const at of moments(rng, plan, context.slot, 0.002))
    say(at, 'User registered security info', 'UserManagement', person, userTarget(person));
  if (!person.admin) return;
  for (const at of moments(rng, plan, context.slot, 0.8)) {
    const member = rng.pick(context.estate.people);
    const group = `${member.department} Users`;
    const activity = rng.weighted([
      ['Update user', 6],
      ['Add member to group', 2],
      ['Update device', 3],
      ['Change user license', 2],
    ] as const);
    const target =
      activity === 'Add member to group'
        ? {
            ...userTarget(member),
            modifiedProperties: [{ displayName: 'Group.DisplayName', newValue: JSON.stringify(group) }],
          }
        : userTarget(member);
    say(
      at,
      activity,
      activity.includes('group') ? 'GroupManagement' : activity.includes('device') ? 'Device' : 'UserManagement',
      person.admin,
      target,
    );
  }
}
