/**
 * The permissions of Sallyport, named after Microsoft Defender XDR unified RBAC (permission group, level).
 * `public` needs no caller; `signedIn` needs any signed-in person; the others must be held through a role or a token scope.
 */
export const permissions = {
  public: 'Anyone, before sign-in',
  signedIn: 'Any signed-in person, over what is theirs',
  'securityData.read': 'Security data basics (read): incidents, alerts, hunting, tables',
  'alerts.manage': 'Alerts (manage): incidents, alerts, comments, tags',
  'response.manage': 'Response (manage): approve or reject response actions',
  'detectionTuning.manage': 'Detection tuning (manage): rules',
  'data.read': 'Data (read): sources, table sizes, health, ingestion errors',
  'data.manage': 'Data (manage): tables, retention, file uploads, connectors',
  'data.purge': 'Data (purge): delete single rows for good',
  'legalHold.manage': 'Legal holds (manage): keep rows from being deleted, and let them go',
  'data.ingest': 'Send logs through a door',
  'authorization.read': 'Authorization (read): roles, tokens, sessions of others, audit, Conditional Access',
  'authorization.manage': 'Authorization (manage): people, roles, tokens, Conditional Access',
  'directory.provision': 'Provision people and groups from a directory elsewhere (SCIM)',
  'sharedSignals.exchange': 'Shared Signals: keep streams of one’s own, and send security events',
  'privilegedAccess.request':
    'Privileged access (request): activate, extend and give up what one is eligible for, and approve where one is named',
  'systemSettings.read': 'System settings (read): configuration, metrics',
  'systemSettings.manage': 'System settings (manage)',
} as const;

export type Permission = keyof typeof permissions;
export type GrantedPermission = Exclude<Permission, 'public' | 'signedIn'>;

export const grantedPermissions = Object.keys(permissions).filter(
  (p): p is GrantedPermission => p !== 'public' && p !== 'signedIn',
);

/** What everybody holds who may sign in, whatever their roles: it reaches what is theirs alone. */
export const permissionsOfEverybody: readonly GrantedPermission[] = ['privilegedAccess.request'];

/** Built-in roles and what each holds. */
export const roles = {
  'Security Administrator': grantedPermissions,
  'Security Operator': ['securityData.read', 'alerts.manage', 'response.manage', 'data.read', 'systemSettings.read'],
  'Security Reader': ['securityData.read', 'data.read', 'authorization.read', 'systemSettings.read'],
  'Log Sender': ['data.ingest'],
} as const satisfies Record<string, readonly GrantedPermission[]>;

export type RoleName = keyof typeof roles;
