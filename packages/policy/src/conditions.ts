/**
 * The conditions of a policy as flags, with the numbers that rows of `SigninLogs` have in `conditionsSatisfied` and `conditionsNotSatisfied` of
 * `ConditionalAccessPolicies`.
 */
export const conditionFlags = {
  application: 1,
  users: 2,
  devicePlatform: 4,
  location: 8,
  clientType: 16,
  signInRisk: 32,
  userRisk: 64,
  deviceState: 256,
  servicePrincipals: 8_192,
  servicePrincipalRisk: 16_384,
  authenticationFlows: 32_768,
  insiderRisk: 65_536,
} as const;
export type Condition = keyof typeof conditionFlags;

export const conditionNames = Object.keys(conditionFlags) as readonly Condition[];

/** The conditions that a number of flags stands for. */
export const conditionsIn = (flags: number): Condition[] =>
  conditionNames.filter((name) => (flags & conditionFlags[name]) !== 0);

/** Whether a condition holds: also that it cannot be told, which is neither. */
export const no = 0;
export const yes = 1;
export const unknown = 2;
export type Truth = typeof no | typeof yes | typeof unknown;

/** Included and not excluded. */
export function within(included: Truth, excluded: Truth): Truth {
  if (included === no || excluded === yes) return no;
  return included === unknown || excluded === unknown ? unknown : yes;
}
