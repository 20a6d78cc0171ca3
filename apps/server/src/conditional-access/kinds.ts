import { conditionalAccessLimits } from '@sallyport/contracts/conditional-access';

/** What is kept, and how it is called elsewhere. */
interface KindOf {
  /** Graph's type. */
  readonly entity: string;
  /** How many there may be. */
  readonly most: number;
  /** As Microsoft Entra names its changes in `AuditLogs`. */
  readonly audit: {
    readonly names: Readonly<Record<'Add' | 'Update' | 'Delete', string>>;
    readonly category: string;
    readonly service: string;
    readonly property: string;
  };
}

const named = (thing: string) => ({ Add: `Add ${thing}`, Update: `Update ${thing}`, Delete: `Delete ${thing}` });
const ofPolicies = { category: 'Policy', service: 'Conditional Access' } as const;

/** https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities */
export const kinds = {
  policy: {
    entity: 'ConditionalAccessPolicy',
    most: conditionalAccessLimits.policiesOfATenant,
    audit: { ...ofPolicies, names: named('conditional access policy'), property: 'ConditionalAccessPolicy' },
  },
  namedLocation: {
    entity: 'NamedLocation',
    most: conditionalAccessLimits.namedLocations,
    audit: { ...ofPolicies, names: named('named location'), property: 'NamedLocation' },
  },
  authenticationStrength: {
    entity: 'AuthenticationStrengthPolicy',
    most: conditionalAccessLimits.customStrengths,
    audit: {
      names: {
        Add: 'Authentication Strength Policy Create',
        Update: 'Authentication Strength Policy Update',
        Delete: 'Authentication Strength Policy Delete',
      },
      category: 'ApplicationManagement',
      service: 'Authentication Methods',
      property: 'AuthenticationStrengthPolicy',
    },
  },
  authenticationContext: {
    entity: 'AuthenticationContextClassReference',
    // c1 to c99.
    most: 99,
    audit: { ...ofPolicies, names: named('AuthenticationContext'), property: 'AuthenticationContext' },
  },
} as const satisfies Record<string, KindOf>;

export type Kind = keyof typeof kinds;
