import type { GrantedPermission } from './permissions.ts';

/** A part of Sallyport that does something by itself, and as which it does so. */
export interface WorkPart {
  readonly does: string;
  /** All that it may. Over everything, unless it is on behalf of somebody. */
  readonly permissions: readonly GrantedPermission[];
  /** Who else's rights bound it. */
  readonly onBehalfOf?: string;
}

const reads = ['securityData.read'] as const;
const works = ['securityData.read', 'alerts.manage'] as const;
const ingests = ['data.ingest'] as const;

/**
 * The system principals: what queries, audit rows and tags name as the one who asks. A name may go on after the part, behind a space or a colon: `rule <id>`.
 */
export const workParts = {
  rule: { does: 'runs an analytics rule, and raises its alerts', permissions: works, onBehalfOf: 'whoever made the rule, where they see a part of the data' }, // prettier-ignore
  rules: { does: 'runs many rules in one pass, and raises their alerts', permissions: works },
  behaviour: { does: 'learns what is usual, and tells of what is not', permissions: works },
  correlation: { does: 'brings alerts together into incidents', permissions: works },
  coverage: { does: 'counts what the rules cover', permissions: reads },
  entities: { does: 'keeps the inventory of entities, their criticality and risk', permissions: reads },
  investigation: { does: 'one automated investigation: asks, concludes, proposes actions and takes those that its level lets', permissions: [...works, 'response.manage'], onBehalfOf: 'the automation level of the device group' }, // prettier-ignore
  investigations: { does: 'starts automated investigations and keeps them going', permissions: [...works, 'response.manage'] }, // prettier-ignore
  'identity protection': { does: 'finds and ages the risk of people, sign-ins and applications', permissions: works },
  'query history': { does: 'shows people their own queries', permissions: reads, onBehalfOf: 'whoever looks' },
  doors: { does: 'takes logs by syslog, OTLP, HTTP and webhooks', permissions: ingests, onBehalfOf: 'the token or certificate of who sends, where the protocol has one' }, // prettier-ignore
  spool: { does: 'stores acknowledged segments as rows', permissions: ingests },
  connectors: { does: 'fetches logs from services and files', permissions: ingests },
  ingestion: { does: 'watches sources’ health, and sweeps uploads', permissions: ['data.read', 'data.ingest', ...works] }, // prettier-ignore
  repositories: { does: 'brings rules, queries and watchlists of repositories', permissions: ['detectionTuning.manage'] }, // prettier-ignore
  watchlists: { does: 'keeps watchlists’ rows', permissions: ['detectionTuning.manage'] },
  directory: { does: 'keeps people and groups: rules of membership, directories, what is stale', permissions: ['users.read', 'users.manage', 'directory.provision'] }, // prettier-ignore
  access: { does: 'decides on sessions and tokens again, and ends what is over', permissions: ['users.read', 'authenticationMethods.manage', 'conditionalAccess.read', 'authorization.read', 'authorization.manage'] }, // prettier-ignore
  openid: { does: 'turns keys, and forgets sign-ins that are over', permissions: ['applications.read', 'applications.manage'] }, // prettier-ignore
  'shared signals': { does: 'sends and takes security events', permissions: ['sharedSignals.exchange'] },
  notifications: { does: 'tells people by the bell, mails and webhooks', permissions: [...reads, 'users.read', 'systemSettings.read'] }, // prettier-ignore
  'command line': { does: 'what is run on the machine itself, by who owns its data', permissions: reads },
  bench: { does: 'benchmarks', permissions: reads },
  test: { does: 'tests', permissions: reads },
} as const satisfies Record<string, WorkPart>;
export type WorkPartName = keyof typeof workParts;
const parts: Readonly<Record<string, WorkPart>> = workParts;

/** The part that a principal's name begins with; undefined when it is none. */
export function workPartOf(name: string): WorkPart | undefined {
  const part = /^[^:]+(?=:|$)/.exec(name)?.[0] ?? '';
  for (let end = part.length; end > 0; end = part.lastIndexOf(' ', end - 1)) {
    const found = part.slice(0, end);
    if (Object.hasOwn(parts, found)) return parts[found];
  }
  return undefined;
}

/** One thing that is done by itself: as which part, and what that takes. */
export interface WorkTask {
  readonly as: WorkPartName;
  readonly needs: readonly GrantedPermission[];
}
/** What a task needs its part must hold, else it does not compile. */
const task = <P extends WorkPartName>(as: P, ...needs: (typeof workParts)[P]['permissions'][number][]): WorkTask => ({
  as,
  needs,
});

/** Jobs by name. One that is not here does not compile. */
export const jobs = {
  behaviour: task('behaviour', 'securityData.read', 'alerts.manage'),
  'connector-poll': task('connectors', 'data.ingest'),
  'connectors-due': task('connectors', 'data.ingest'),
  'correlation-learn': task('correlation', 'securityData.read', 'alerts.manage'),
  entities: task('entities', 'securityData.read'),
  'entities-conclude': task('entities', 'securityData.read'),
  'entities-devices': task('entities', 'securityData.read'),
  'exceptions-expiry': task('rules', 'alerts.manage'),
  'identity-directory': task('directory', 'users.read', 'users.manage'),
  'identity-ldap-sync': task('directory', 'users.manage', 'directory.provision'),
  'identity-protection-addresses': task('identity protection', 'securityData.read'),
  'identity-protection-age': task('identity protection', 'alerts.manage'),
  'identity-protection-detect': task('identity protection', 'securityData.read', 'alerts.manage'),
  'identity-protection-digest': task('notifications', 'securityData.read', 'users.read'),
  'identity-protection-learn': task('identity protection', 'securityData.read'),
  'identity-remove-stale': task('directory', 'users.manage'),
  'ingest-health': task('ingestion', 'data.read', 'alerts.manage'),
  investigation: task('investigation', 'securityData.read', 'alerts.manage'),
  'notifications-forget': task('notifications', 'systemSettings.read'),
  'openid-remove-stale': task('openid', 'applications.manage'),
  'openid-rotate-keys': task('openid', 'applications.manage'),
  'repositories-due': task('repositories', 'detectionTuning.manage'),
  'privileged-access-alerts': task('access', 'authorization.read', 'authorization.manage'),
  'privileged-access-digest': task('notifications', 'users.read'),
  repository: task('repositories', 'detectionTuning.manage'),
  'rule-simulation': task('rules', 'securityData.read'),
  'rule-rights': task('rules', 'alerts.manage'),
  'rules-due': task('rules', 'securityData.read', 'alerts.manage'),
  'rules-forget': task('rules', 'alerts.manage'),
  'rules-late': task('rules', 'securityData.read', 'alerts.manage'),
  'rules-suppressions': task('rules', 'alerts.manage'),
  'shared-signals-forget': task('shared signals', 'sharedSignals.exchange'),
  'upload-sweep': task('ingestion', 'data.ingest'),
  'uploads-due': task('ingestion', 'data.ingest'),
  watchlists: task('watchlists', 'detectionTuning.manage'),
} as const satisfies Record<string, WorkTask>;
export type JobName = keyof typeof jobs;

/** What is done by itself and is no job: doors that are no routes, mails, actions that wait for nobody. */
export const workTasks = {
  ...jobs,
  'take logs by syslog': task('doors', 'data.ingest'),
  'store acknowledged segments': task('spool', 'data.ingest'),
  'send webhooks and mails': task('notifications', 'systemSettings.read', 'users.read'),
  'approve an action without a person': task('investigation', 'response.manage'),
} as const satisfies Record<string, WorkTask>;
export type WorkTaskName = keyof typeof workTasks;
