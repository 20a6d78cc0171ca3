import {
  BookOpenRegular,
  BriefcaseRegular,
  BotRegular,
  AppsListDetailRegular,
  BoxSearchRegular,
  DatabaseRegular,
  DataBarVerticalRegular,
  PeopleRegular,
  PeopleSwapRegular,
  FilterDismissRegular,
  BeakerRegular,
  BranchForkRegular,
  GridDotsRegular,
  KeyMultipleRegular,
  HomeRegular,
  NotebookRegular,
  PulseSquareRegular,
  SearchSparkleRegular,
  SearchSquareRegular,
  SettingsRegular,
  PersonArrowRightRegular,
  PersonKeyRegular,
  ShieldErrorRegular,
  ShieldKeyholeRegular,
  ShieldLockRegular,
  ShieldPersonRegular,
  TargetArrowRegular,
  TextBulletListSquareRegular,
} from '@fluentui/react-icons';
import type { GrantedPermission } from '@sallyport/contracts';
import type { ReactElement } from 'react';

export interface Place {
  readonly to:
    | '/'
    | '/incidents'
    | '/cases'
    | '/investigations'
    | '/soc-metrics'
    | '/handover'
    | '/hunting'
    | '/workbooks'
    | '/hunts'
    | '/notebooks'
    | '/rules'
    | '/anomalies'
    | '/assets'
    | '/identity-protection'
    | '/conditional-access'
    | '/my-access'
    | '/privileged-access'
    | '/sign-ins'
    | '/exceptions'
    | '/watchlists'
    | '/applications'
    | '/repositories'
    | '/coverage'
    | '/test-bench'
    | '/data'
    | '/people'
    | '/roles'
    | '/security-info'
    | '/settings';
  readonly label: string;
  readonly icon: ReactElement;
  /** What one must hold to find anything there. */
  readonly permission?: GrantedPermission;
  /** The work it is of: a line stands between groups. */
  readonly group?: 'Incidents' | 'Hunting' | 'Detections' | 'Assets' | 'Identity and access' | 'System';
  /** Words by which the command palette finds it, beside its label. */
  readonly words: string;
}

/** The places of the portal, grouped as the work is. */
export const places: readonly Place[] = [
  { to: '/', label: 'Home', icon: <HomeRegular />, words: 'overview start' },
  {
    to: '/incidents',
    label: 'Incidents',
    icon: <ShieldErrorRegular />,
    permission: 'securityData.read',
    group: 'Incidents',
    words: 'alerts queue',
  },
  {
    to: '/cases',
    label: 'Cases',
    icon: <BriefcaseRegular />,
    permission: 'securityData.read',
    group: 'Incidents',
    words: 'tasks evidence',
  },
  {
    to: '/investigations',
    label: 'Investigations',
    icon: <BotRegular />,
    permission: 'securityData.read',
    group: 'Incidents',
    words: 'automated air playbooks verdicts actions approve automation level device groups',
  },
  {
    to: '/hunting',
    label: 'Hunting',
    icon: <SearchSquareRegular />,
    permission: 'securityData.read',
    group: 'Hunting',
    words: 'kql query logs search',
  },
  {
    to: '/hunts',
    label: 'Hunts',
    icon: <SearchSparkleRegular />,
    permission: 'securityData.read',
    group: 'Hunting',
    words: 'hypothesis investigation bookmarks',
  },
  {
    to: '/notebooks',
    label: 'Notebooks',
    icon: <NotebookRegular />,
    permission: 'securityData.read',
    group: 'Hunting',
    words: 'markdown report workbook queries charts',
  },
  {
    to: '/workbooks',
    label: 'Workbooks',
    icon: <BookOpenRegular />,
    permission: 'securityData.read',
    group: 'Hunting',
    words: 'dashboards charts reports tiles',
  },
  {
    to: '/assets',
    label: 'Assets',
    icon: <BoxSearchRegular />,
    permission: 'securityData.read',
    group: 'Assets',
    words: 'entities devices identities users accounts addresses apps inventory risk criticality owner',
  },
  {
    to: '/my-access',
    label: 'My access',
    icon: <PersonKeyRegular />,
    permission: 'privilegedAccess.request',
    group: 'Identity and access',
    words: 'activate role eligible request approve approvals extend renew privileged pim',
  },
  {
    to: '/privileged-access',
    label: 'Privileged access',
    icon: <ShieldLockRegular />,
    permission: 'authorization.read',
    group: 'Identity and access',
    words: 'pim assignments eligible active role settings policies alerts access reviews export',
  },
  {
    to: '/identity-protection',
    label: 'Identity protection',
    icon: <ShieldPersonRegular />,
    permission: 'securityData.read',
    group: 'Identity and access',
    words: 'risky users sign-ins detections workload identities compromised dismiss risk',
  },
  {
    to: '/rules',
    label: 'Detections',
    icon: <TargetArrowRegular />,
    permission: 'securityData.read',
    group: 'Detections',
    words: 'rules analytics',
  },
  {
    to: '/anomalies',
    label: 'Anomalies',
    icon: <PulseSquareRegular />,
    permission: 'securityData.read',
    group: 'Detections',
    words: 'ueba behaviour behavior analytics baseline peers unusual flight',
  },
  {
    to: '/coverage',
    label: 'Coverage',
    icon: <GridDotsRegular />,
    permission: 'securityData.read',
    group: 'Detections',
    words: 'mitre attack matrix techniques tactics gaps',
  },
  {
    to: '/exceptions',
    label: 'Exceptions',
    icon: <FilterDismissRegular />,
    permission: 'securityData.read',
    group: 'Detections',
    words: 'tuning suppression false positives allow list',
  },
  {
    to: '/watchlists',
    label: 'Watchlists',
    icon: <TextBulletListSquareRegular />,
    permission: 'securityData.read',
    group: 'Detections',
    words: 'lists vip assets csv lookup reference data',
  },
  {
    to: '/test-bench',
    label: 'Test bench',
    icon: <BeakerRegular />,
    permission: 'securityData.read',
    group: 'Detections',
    words: 'labelled sets hit miss noise compare replay',
  },
  {
    to: '/repositories',
    label: 'Repositories',
    icon: <BranchForkRegular />,
    permission: 'securityData.read',
    group: 'Detections',
    words: 'git github gitlab content as code sync folder import',
  },
  {
    to: '/people',
    label: 'People',
    icon: <PeopleRegular />,
    permission: 'users.read',
    group: 'Identity and access',
    words: 'users directory identity invite roles accounts passkeys reset temporary access pass',
  },
  {
    to: '/roles',
    label: 'Roles',
    icon: <PersonKeyRegular />,
    permission: 'authorization.read',
    group: 'Identity and access',
    words: 'rbac permissions assignments rights who can do what explorer separation of duties unused least privilege',
  },
  {
    to: '/conditional-access',
    label: 'Conditional Access',
    icon: <ShieldKeyholeRegular />,
    permission: 'conditionalAccess.read',
    group: 'Identity and access',
    words:
      'policies what if coverage named locations authentication strengths contexts emergency break glass mfa report-only templates',
  },
  {
    to: '/sign-ins',
    label: 'Sign-in logs',
    icon: <PersonArrowRightRegular />,
    permission: 'securityData.read',
    group: 'Identity and access',
    words: 'signin logins authentication failures non-interactive service principals',
  },
  {
    to: '/applications',
    label: 'Applications',
    icon: <AppsListDetailRegular />,
    permission: 'applications.read',
    group: 'Identity and access',
    words: 'openid oauth single sign-on sso app registrations service principals consent secrets',
  },
  {
    to: '/data',
    label: 'Data',
    icon: <DatabaseRegular />,
    permission: 'data.read',
    group: 'System',
    words: 'tables sources upload errors ingestion',
  },
  {
    to: '/settings',
    label: 'System',
    icon: <SettingsRegular />,
    group: 'System',
    words: 'settings sessions tokens audit identity providers federation entra okta keycloak',
  },
];

/** Pages that are reached from a place, and by the command palette. */
export const furtherPages: readonly Place[] = [
  {
    to: '/security-info',
    label: 'My security info',
    icon: <KeyMultipleRegular />,
    words: 'my sign-ins security keys passkeys password authenticator recovery codes sessions',
  },
  {
    to: '/soc-metrics',
    label: 'SOC metrics',
    icon: <DataBarVerticalRegular />,
    permission: 'securityData.read',
    words: 'time to triage acknowledge close mttr false positives',
  },
  {
    to: '/handover',
    label: 'Hand over',
    icon: <PeopleSwapRegular />,
    permission: 'securityData.read',
    words: 'shift note handoff',
  },
];
