import { AuthenticationStrength, NamedLocation } from '@sallyport/contracts/conditional-access';
import { compilePolicies, type IdentityFacts, type PolicySet } from '@sallyport/policy';
import type { z } from 'zod';
import type { Platform } from '../platform/types.ts';
import { sallyportApplication } from './applications.ts';
import { emergencyAccounts } from './emergency.ts';
import { graphForm } from './forms.ts';
import { objects, revision } from './store.ts';

/** Our roles as Microsoft Entra's, by the ids of its built-in roles, which policies name. */
export const roleIds: Readonly<Record<string, string>> = {
  'Security Administrator': '194ae4cb-b126-40b2-bd5b-6091b380977d',
  'Security Operator': '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f',
  'Security Reader': '5d6b6bb7-de71-4623-b4af-96380a352509',
};

export interface Decider {
  /** All policies as they are now. */
  current(): Promise<PolicySet>;
  /** Whether a policy may need to know in which country an address is. */
  asksForCountries(): Promise<boolean>;
  /** Groups and roles of a person; nothing for an id that is nobody's. */
  factsOf(userId: string): Promise<IdentityFacts>;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What can't be read is as if it were not there: policies that name it then deny. */
const readable = <T extends z.ZodType>(schema: T, forms: readonly unknown[]): z.infer<T>[] =>
  forms.flatMap((form) => {
    const parsed = schema.safeParse(form);
    return parsed.success ? [parsed.data] : [];
  });

export function createDecider({ database }: Pick<Platform, 'database'>): Decider {
  let known: { readonly key: string; readonly set: PolicySet; readonly asksForCountries: boolean } | undefined;
  const load = async () => {
    const emergency = await emergencyAccounts(database);
    const emergencyAccess = emergency.map(({ id }) => id);
    const key = [await revision.read(database), ...emergencyAccess].join(' ');
    if (known?.key === key) return known;
    const rows = await objects.all(database);
    const of = (kind: string) => rows.filter((row) => row.kind === kind).map((row) => graphForm(row));
    const namedLocations = readable(NamedLocation, of('namedLocation'));
    const set = compilePolicies(of('policy'), {
      namedLocations,
      authenticationStrengths: readable(AuthenticationStrength, of('authenticationStrength')),
      applicationGroups: { MicrosoftAdminPortals: [sallyportApplication] },
      emergencyAccess,
    });
    const asksForCountries = namedLocations.some(
      (place) => place['@odata.type'] === '#microsoft.graph.countryNamedLocation',
    );
    known = { key, set, asksForCountries };
    return known;
  };
  return {
    current: async () => (await load()).set,
    asksForCountries: async () => (await load()).asksForCountries,

    async factsOf(userId) {
      if (!uuid.test(userId)) return {};
      const row = await database.first<{ role: string; groups: string[] }>(
        `SELECT p.role, coalesce((SELECT array_agg(m.group_id::text) FROM group_members m WHERE m.person_id = p.id), '{}') AS groups
         FROM people p WHERE p.id = $1`,
        [userId],
      );
      if (!row) return {};
      const role = Object.hasOwn(roleIds, row.role) ? roleIds[row.role] : undefined;
      return { groups: row.groups, roles: role === undefined ? [] : [role] };
    },
  };
}
