/** As Microsoft Defender XDR unified RBAC groups them. https://learn.microsoft.com/defender-xdr/custom-permissions-details */
export const permissionCategories = {
  securityOperations: 'Security operations',
  securityPosture: 'Security posture',
  authorizationAndSettings: 'Authorization and settings',
  dataOperations: 'Data operations',
} as const;
export type PermissionCategory = keyof typeof permissionCategories;
export type PermissionLevel = 'Read' | 'Manage';

export interface PermissionFacts {
  readonly category: PermissionCategory;
  /** Within the category. */
  readonly group: string;
  readonly name: string;
  readonly level: PermissionLevel;
  /** What it lets one do here. */
  readonly lets: string;
  /** Over all or not at all: an assignment with a narrower scope does not grant it. */
  readonly whole?: true;
  /** Ours, beside those of the original. */
  readonly own?: true;
  /** The part of Sallyport that will ask for it and is not there yet. */
  readonly awaits?: string;
}

const securityData = { category: 'securityOperations', group: 'Security data' } as const;
const rawEmail = {
  category: 'securityOperations',
  group: 'Raw data (Email & collaboration)',
  level: 'Read',
  awaits: 'pages for emails',
} as const;
const posture = {
  category: 'securityPosture',
  group: 'Posture management',
  awaits: 'posture and exposure management',
} as const;
const codeScan = { category: 'securityPosture', group: 'AI code scan', awaits: 'AI code scan' } as const;
const settings = { category: 'authorizationAndSettings', group: 'Authorization and settings' } as const;
const identity = { category: 'authorizationAndSettings', group: 'Identity', own: true } as const;
const dataOperations = { category: 'dataOperations', group: 'Data operations' } as const;
const liveResponse = 'live response on devices';
const emailActions = 'actions on emails';

const granted = {
  'securityData.read': { ...securityData, name: 'Security data basics', level: 'Read', lets: 'see incidents, alerts, investigations, entities and rules, and query tables' }, // prettier-ignore
  'alerts.manage': { ...securityData, name: 'Alerts', level: 'Manage', lets: 'work on incidents, alerts, cases and hunts; start investigations; judge risk' }, // prettier-ignore
  'response.manage': { ...securityData, name: 'Response', level: 'Manage', lets: 'approve or reject response actions' },
  'basicLiveResponse.manage': { ...securityData, name: 'Basic live response', level: 'Manage', lets: 'open a session on a device and read', awaits: liveResponse }, // prettier-ignore
  'advancedLiveResponse.manage': { ...securityData, name: 'Advanced live response', level: 'Manage', lets: 'run scripts and change a device', awaits: liveResponse }, // prettier-ignore
  'fileCollection.manage': { ...securityData, name: 'File collection', level: 'Manage', lets: 'collect files of devices', awaits: liveResponse }, // prettier-ignore
  'emailQuarantine.manage': { ...securityData, name: 'Email & collaboration quarantine', level: 'Manage', lets: 'release and delete quarantined emails', awaits: emailActions }, // prettier-ignore
  'emailAdvancedActions.manage': { ...securityData, name: 'Email & collaboration advanced actions', level: 'Manage', lets: 'move and delete emails of mailboxes', awaits: emailActions }, // prettier-ignore
  'emailMetadata.read': { ...rawEmail, name: 'Email & collaboration metadata', lets: 'see emails in explorers' },
  'emailContent.read': { ...rawEmail, name: 'Email & collaboration content', lets: 'see and download what emails say' },
  'emailContentOfAlerts.read': { ...rawEmail, name: 'Email & collaboration content: Emails associated with alerts', lets: 'see and download emails that an alert is about' }, // prettier-ignore
  'emailContentOfQuarantine.read': { ...rawEmail, name: 'Email & collaboration content: Quarantine Emails', lets: 'see and download quarantined emails' }, // prettier-ignore
  'vulnerabilities.read': { ...posture, name: 'Vulnerability management', level: 'Read', lets: 'see software, weaknesses and recommendations' }, // prettier-ignore
  'vulnerabilityExceptions.manage': { ...posture, name: 'Exception handling', level: 'Manage', lets: 'except recommendations' }, // prettier-ignore
  'remediation.manage': { ...posture, name: 'Remediation handling', level: 'Manage', lets: 'ask for remediation and follow it' }, // prettier-ignore
  'applicationHandling.manage': { ...posture, name: 'Application handling', level: 'Manage', lets: 'block vulnerable applications' }, // prettier-ignore
  'securityBaselines.manage': { ...posture, name: 'Security baseline assessment', level: 'Manage', lets: 'make profiles of baselines' }, // prettier-ignore
  'exposure.read': { ...posture, name: 'Exposure Management', level: 'Read', lets: 'see exposure, initiatives and attack paths' }, // prettier-ignore
  'exposure.manage': { ...posture, name: 'Exposure Management', level: 'Manage', lets: 'change exposure’s settings and targets' }, // prettier-ignore
  'codeScan.manage': { ...codeScan, name: 'Run scan', level: 'Manage', lets: 'scan code' },
  'codeScanUpload.manage': { ...codeScan, name: 'Upload results', level: 'Manage', lets: 'bring results of scans' },
  'codeScanResults.read': { ...codeScan, name: 'Scan results', level: 'Read', lets: 'see results of scans' },
  'codeScanResults.manage': { ...codeScan, name: 'Scan results', level: 'Manage', lets: 'judge results of scans' },
  'authorization.read': { ...settings, name: 'Authorization', level: 'Read', lets: 'see roles, assignments, tokens and who may do what' }, // prettier-ignore
  // Within a scope it gives roles within that scope: the commands see to it.
  'authorization.manage': { ...settings, name: 'Authorization', level: 'Manage', lets: 'make roles, assign them, make and revoke tokens' }, // prettier-ignore
  'coreSecuritySettings.read': { ...settings, name: 'Core security settings', level: 'Read', lets: 'see emergency accounts, identity providers, directories and peers of Shared Signals', whole: true }, // prettier-ignore
  'coreSecuritySettings.manage': { ...settings, name: 'Core security settings', level: 'Manage', lets: 'change emergency accounts, identity providers, directories and peers of Shared Signals', whole: true }, // prettier-ignore
  'detectionTuning.manage': { ...settings, name: 'Detection tuning', level: 'Manage', lets: 'change rules, anomalies, exceptions, watchlists and repositories' }, // prettier-ignore
  'systemSettings.read': { ...settings, name: 'System settings', level: 'Read', lets: 'see configuration, metrics and notifications' }, // prettier-ignore
  'systemSettings.manage': { ...settings, name: 'System settings', level: 'Manage', lets: 'change notifications, service levels, and how far investigations act by themselves', whole: true }, // prettier-ignore
  'users.read': { ...identity, name: 'Users', level: 'Read', lets: 'see people, groups and devices' },
  'users.manage': { ...identity, name: 'Users', level: 'Manage', lets: 'change people who hold no more than oneself, groups and devices', whole: true }, // prettier-ignore
  'authenticationMethods.manage': { ...identity, name: 'Authentication methods', level: 'Manage', lets: 'reset ways to sign in and end sessions of people who hold no more than oneself', whole: true }, // prettier-ignore
  'conditionalAccess.read': { ...identity, name: 'Conditional Access', level: 'Read', lets: 'see policies, locations, strengths and terms of use' }, // prettier-ignore
  'conditionalAccess.manage': { ...identity, name: 'Conditional Access', level: 'Manage', lets: 'change policies, locations, strengths and terms of use', whole: true }, // prettier-ignore
  'applications.read': {
    ...identity,
    name: 'Applications',
    level: 'Read',
    lets: 'see applications and who may use them',
  },
  'applications.manage': { ...identity, name: 'Applications', level: 'Manage', lets: 'change applications, their secrets and who may use them', whole: true }, // prettier-ignore
  'audit.read': { ...identity, name: 'Audit log', level: 'Read', lets: 'see what was done, by whom' },
  'directory.provision': { ...identity, name: 'Provisioning', level: 'Manage', lets: 'bring people and groups from a directory elsewhere (SCIM)', whole: true }, // prettier-ignore
  'sharedSignals.exchange': { ...identity, name: 'Shared Signals', level: 'Manage', lets: 'keep streams of one’s own, and send security events', whole: true }, // prettier-ignore
  'privilegedAccess.request': { ...identity, name: 'Privileged access', level: 'Manage', lets: 'activate, extend and give up what one is eligible for, and approve where one is named', whole: true }, // prettier-ignore
  'data.read': { ...dataOperations, name: 'Data', level: 'Read', lets: 'see sources, tables’ sizes, health and ingestion errors', own: true }, // prettier-ignore
  'data.manage': { ...dataOperations, name: 'Data', level: 'Manage', lets: 'change tables, retention, sources, connectors and workspaces; upload files' }, // prettier-ignore
  'analyticsJobs.read': { ...dataOperations, name: 'Analytics Jobs Schedule', level: 'Read', lets: 'see search jobs' },
  'analyticsJobs.manage': { ...dataOperations, name: 'Analytics Jobs Schedule', level: 'Manage', lets: 'start search jobs' }, // prettier-ignore
  'data.purge': { ...dataOperations, name: 'Purge', level: 'Manage', lets: 'delete single rows for good', own: true, whole: true }, // prettier-ignore
  'legalHold.manage': { ...dataOperations, name: 'Legal holds', level: 'Manage', lets: 'keep rows from being deleted, and let them go', own: true, whole: true }, // prettier-ignore
  'data.ingest': { ...dataOperations, name: 'Ingestion', level: 'Manage', lets: 'send logs through a door', own: true },
} as const satisfies Record<string, PermissionFacts>;

export type GrantedPermission = keyof typeof granted;
/** `public` needs no caller; `signedIn` any signed-in person; the others must be held through a role or a token’s scope. */
export type Permission = GrantedPermission | 'public' | 'signedIn';

/** The one table of permissions. */
export const permissions: Readonly<Record<GrantedPermission, PermissionFacts>> = granted;

export const isGrantedPermission = (name: string): name is GrantedPermission => Object.hasOwn(permissions, name);
export const grantedPermissions: readonly GrantedPermission[] = Object.keys(permissions).filter(isGrantedPermission);

/** What everybody holds who may sign in, whatever their roles: it reaches what is theirs alone. */
export const permissionsOfEverybody: readonly GrantedPermission[] = ['privilegedAccess.request'];

/** All of a category, those too that are yet to come: "All read-only permissions", "All read and manage permissions". */
export type PermissionBundle = `${PermissionCategory}.all.${'read' | 'manage'}`;
/** What a role's list is made of. */
export type PermissionEntry = GrantedPermission | PermissionBundle;

const isCategory = (name: string): name is PermissionCategory => Object.hasOwn(permissionCategories, name);
const categories = Object.keys(permissionCategories).filter(isCategory);
export const permissionBundles: readonly PermissionBundle[] = categories.flatMap((category): PermissionBundle[] => [
  `${category}.all.read`,
  `${category}.all.manage`,
]);

const bundled: ReadonlyMap<string, readonly GrantedPermission[]> = new Map(
  categories.flatMap((category): [PermissionBundle, readonly GrantedPermission[]][] => {
    const all = grantedPermissions.filter((name) => permissions[name].category === category);
    const read = all.filter((name) => permissions[name].level === 'Read');
    return [
      [`${category}.all.read`, read],
      [`${category}.all.manage`, all],
    ];
  }),
);

/** What a role's list comes to; an entry that nothing is named by comes to nothing. */
export function permissionsIn(entries: readonly string[]): ReadonlySet<GrantedPermission> {
  return new Set(entries.flatMap((entry) => (isGrantedPermission(entry) ? [entry] : (bundled.get(entry) ?? []))));
}
