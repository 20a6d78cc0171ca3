import type { AuthenticationStrength } from '@sallyport/contracts/conditional-access';
import type { Authentication } from './request.ts';

/** Whether what was shown is strong enough: all methods of one of the combinations, narrowed as the strength says. */
export type StrengthTest = (authentication: Authentication) => boolean;

export function compileStrength(strength: AuthenticationStrength): StrengthTest {
  const combinations = strength.allowedCombinations.map((combination) => {
    const methods = split(combination);
    const narrowing = (strength.combinationConfigurations ?? []).filter(({ appliesToCombinations }) =>
      appliesToCombinations.some((other) => sameMethods(split(other), methods)),
    );
    return { methods, narrowing };
  });
  return (authentication) =>
    combinations.some(
      ({ methods, narrowing }) =>
        methods.every((method) => (authentication.methods as readonly string[]).includes(method)) &&
        narrowing.every((configuration) => isNarrowEnough(configuration, authentication)),
    );
}

const split = (combination: string): string[] => combination.split(',').map((method) => method.trim());
const sameMethods = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((method) => b.includes(method));

type Configuration = NonNullable<AuthenticationStrength['combinationConfigurations']>[number];

function isNarrowEnough(configuration: Configuration, { aaguid, issuerSki, policyOids }: Authentication): boolean {
  const { allowedAAGUIDs, allowedIssuerSkis, allowedPolicyOIDs } = configuration;
  return (
    allows(allowedAAGUIDs, aaguid === undefined ? [] : [aaguid]) &&
    allows(allowedIssuerSkis, issuerSki === undefined ? [] : [issuerSki]) &&
    allows(allowedPolicyOIDs, policyOids ?? [])
  );
}

/** An empty list allows all. */
function allows(allowed: readonly string[] | null | undefined, held: readonly string[]): boolean {
  if (!allowed || allowed.length === 0) return true;
  return held.some((value) => allowed.some((one) => one.toLowerCase() === value.toLowerCase()));
}
