import type { ConditionalAccessPolicy } from '@sallyport/contracts/conditional-access';
import type { AccessRequest, Authentication, SignInConditions, UserSignIn } from '../request.ts';

type Conditions = ConditionalAccessPolicy['conditions'];

/** A policy for all users and all resources that demands MFA, but for what is said. */
export function examplePolicy(
  parts: Omit<Partial<ConditionalAccessPolicy>, 'conditions'> & { readonly conditions?: Partial<Conditions> } = {},
): ConditionalAccessPolicy {
  const { conditions, ...rest } = parts;
  return {
    id: 'policy',
    displayName: 'A policy',
    state: 'enabled',
    grantControls: { operator: 'AND', builtInControls: ['mfa'] },
    ...rest,
    conditions: {
      users: { includeUsers: ['All'] },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
      ...conditions,
    },
  };
}

export interface ExampleRequest {
  readonly identity?: Partial<Omit<UserSignIn, 'kind'>>;
  readonly context?: AccessRequest['signInContext'];
  readonly conditions?: SignInConditions;
  readonly authentication?: Partial<Authentication>;
}

/** Ada signs in to an app by password, in a browser on Windows, from an office. */
export function exampleRequest({ identity, context, conditions, authentication }: ExampleRequest = {}): AccessRequest {
  return {
    signInIdentity: { kind: 'user', userId: 'ada', groups: [], roles: [], ...identity },
    signInContext: context ?? { kind: 'application', includeApplications: ['payroll'] },
    signInConditions: {
      clientAppType: 'browser',
      devicePlatform: 'windows',
      ipAddress: '198.51.100.3',
      country: 'NO',
      ...conditions,
    },
    authentication: { methods: ['password'], primaryAgeSeconds: 0, ...authentication },
  };
}

export const withMfa: ExampleRequest = {
  authentication: { methods: ['password', 'softwareOath'], secondaryAgeSeconds: 0 },
};
