import { builtInRoles, type RoleName } from '@sallyport/contracts';
import { builtInStrengths, type ConditionalAccessPolicy } from '@sallyport/contracts/conditional-access';
import type { DraftPolicy } from './draft.ts';

export interface PolicyTemplate {
  /** Microsoft's, so that an export says which it came from. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly category: 'Secure foundation' | 'Zero Trust' | 'Remote work' | 'Protect administrators' | 'Emerging threats';
  readonly policy: DraftPolicy;
}

type Conditions = ConditionalAccessPolicy['conditions'];

const everyone: Conditions['users'] = { includeUsers: ['All'] };
/** Roles of Sallyport that may change what others must not. */
const administratorRoles: readonly RoleName[] = [
  'Global Administrator',
  'Privileged Role Administrator',
  'Security Administrator',
  'Security Operator',
  'Conditional Access Administrator',
  'Authentication Administrator',
  'Application Administrator',
  'User Administrator',
];
const administrators: Conditions['users'] = { includeRoles: administratorRoles.map((name) => builtInRoles[name].id) };
const guests: Conditions['users'] = {
  includeGuestsOrExternalUsers: {
    guestOrExternalUserTypes:
      'internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider',
    externalTenants: { membershipKind: 'all' },
  },
};
const everything: Conditions['applications'] = { includeApplications: ['All'] };
const require = (
  ...builtInControls: NonNullable<NonNullable<ConditionalAccessPolicy['grantControls']>['builtInControls']>
) => ({ operator: 'OR', builtInControls });
const everyTime = { signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime', authenticationType: 'primaryAndSecondaryAuthentication' } } as const; // prettier-ignore

const template = (
  id: string,
  category: PolicyTemplate['category'],
  name: string,
  description: string,
  policy: Omit<DraftPolicy, 'displayName' | 'state' | 'templateId'>,
): PolicyTemplate => ({
  id,
  category,
  name,
  description,
  policy: {
    displayName: name,
    templateId: id,
    state: 'enabledForReportingButNotEnforced',
    ...policy,
    conditions: { clientAppTypes: ['all'], ...policy.conditions },
  },
});

/** Microsoft's documented templates, for what there is here. https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policy-common */
export const templates: readonly PolicyTemplate[] = [
  template('c7503427-338e-4c5e-902d-abe252abfb43', 'Secure foundation', 'Require multifactor authentication for admins', 'Who may change things shows a second factor, wherever and whenever.', { conditions: { users: administrators, applications: everything }, grantControls: require('mfa') }), // prettier-ignore
  template('b8bda7f8-6584-4446-bce9-d871480e53fa', 'Secure foundation', 'Securing security info registration', 'A way to sign in is added or changed from a trusted network only, or with a second factor.', { conditions: { users: everyone, applications: { includeUserActions: ['urn:user:registersecurityinfo'] }, locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] } }, grantControls: require('mfa') }), // prettier-ignore
  template('0b2282f9-2862-4178-88b5-d79340b36cb8', 'Secure foundation', 'Block legacy authentication', 'Protocols that can’t ask for a second factor are closed.', { conditions: { users: everyone, applications: everything, clientAppTypes: ['exchangeActiveSync', 'other'] }, grantControls: require('block') }), // prettier-ignore
  template('a3d0a415-b068-4326-9251-f9cdf9feeb64', 'Secure foundation', 'Require multifactor authentication for all users', 'Everybody shows a second factor, for everything.', { conditions: { users: everyone, applications: everything }, grantControls: require('mfa') }), // prettier-ignore
  template('6364131e-bc4a-47c4-a20b-33492d1fff6c', 'Secure foundation', 'Require multifactor authentication for admin portals', 'Whoever opens an administration portal, this one too, shows a second factor.', { conditions: { users: everyone, applications: { includeApplications: ['MicrosoftAdminPortals'] } }, grantControls: require('mfa') }), // prettier-ignore
  template('927c884e-7888-4e81-abc4-bd56ded28985', 'Secure foundation', 'Require compliant or hybrid joined device or multifactor authentication for all users', 'A known device is as good as a second factor.', { conditions: { users: everyone, applications: everything }, grantControls: require('mfa', 'compliantDevice', 'domainJoinedDevice') }), // prettier-ignore
  template('a297dd1a-21fe-4016-99a0-ba43ba64378c', 'Zero Trust', 'Require compliant device for all users', 'Applications are reached from devices that are managed and compliant.', { conditions: { users: everyone, applications: everything }, grantControls: require('compliantDevice') }), // prettier-ignore
  template('6b619f55-792e-45dc-9711-d83ec9d7ae90', 'Zero Trust', 'Require multifactor authentication for risky sign-ins', 'A sign-in of medium or high risk is asked for a second factor, each time.', { conditions: { users: everyone, applications: everything, signInRiskLevels: ['medium', 'high'] }, grantControls: require('mfa'), sessionControls: everyTime }), // prettier-ignore
  template('634b6de7-c38d-4357-a2c7-3842706eedd7', 'Zero Trust', 'Require password change for high-risk users', 'Who is at high risk changes the password, with a second factor.', { conditions: { users: everyone, applications: everything, userRiskLevels: ['high'] }, grantControls: { operator: 'AND', builtInControls: ['mfa', 'passwordChange'] }, sessionControls: everyTime }), // prettier-ignore
  template('a4072ac0-722b-4991-981b-7f9755daef14', 'Zero Trust', 'Require multifactor authentication for guest access', 'Guests show a second factor.', { conditions: { users: guests, applications: everything }, grantControls: require('mfa') }), // prettier-ignore
  template('4e39a309-931e-4cb1-a371-e2beea168002', 'Remote work', 'Block access for unknown or unsupported device platform', 'Only platforms that are known get in.', { conditions: { users: everyone, applications: everything, platforms: { includePlatforms: ['all'], excludePlatforms: ['android', 'iOS', 'windows', 'macOS', 'linux'] } }, grantControls: require('block') }), // prettier-ignore
  template('62e51ccc-c9c3-4554-ac70-066172c81007', 'Remote work', 'No persistent browser session', 'On devices that are neither compliant nor joined, the session ends with the browser and a sign-in lasts an hour.', { conditions: { users: everyone, applications: everything, devices: { deviceFilter: { mode: 'include', rule: 'device.trustType -ne "ServerAD" -or device.isCompliant -ne True' } } }, sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' }, signInFrequency: { isEnabled: true, value: 1, type: 'hours', frequencyInterval: 'timeBased', authenticationType: 'primaryAndSecondaryAuthentication' } } }), // prettier-ignore
  template('81fd2072-4876-42b6-8157-c6000693046b', 'Remote work', 'Use application enforced restrictions for Office 365', 'Applications limit what is done on devices that are not managed.', { conditions: { users: everyone, applications: { includeApplications: ['Office365'] } }, sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } } }), // prettier-ignore
  template('76c03f19-ea37-4656-a772-a183b4ddb81d', 'Protect administrators', 'Require phishing-resistant multifactor authentication for admins', 'Who may change things signs in by a passkey or a certificate.', { conditions: { users: administrators, applications: everything }, grantControls: { operator: 'OR', authenticationStrength: { id: builtInStrengths.phishingResistant.id } } }), // prettier-ignore
  template('16aaa400-bfdf-4756-a420-ad2245d4cde8', 'Emerging threats', 'Block access to Office 365 for users with insider risk', 'At elevated insider risk the office’s applications are closed.', { conditions: { users: everyone, applications: { includeApplications: ['Office365'] }, insiderRiskLevels: 'elevated' }, grantControls: require('block') }), // prettier-ignore
];
