import { AuthenticationStrength, NamedLocation } from '@sallyport/contracts/conditional-access';
import { compilePolicies, type IdentityFacts, type PolicySet } from '@sallyport/policy';
import type { z } from 'zod';
import { inForce, reaching } from '../access/index.ts';
import type { Platform } from '../platform/types.ts';
import { sallyportApplication } from './applications.ts';
import { emergencyAccounts } from './emergency.ts';
import { graphForm } from './forms.ts';
import { objects, revision } from './store.ts';

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

export function createDecider({ database, clock }: Pick<Platform, 'database' | 'clock'>): Decider {
  let known: { readonly key: string; readonly set: PolicySet; readonly asksForCountries: boolean } | undefined;
  const load = async () => {
    const emergency = await emergencyAccounts(database, clock.now());
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
      const row = await database.first<{ groups: string[]; roles: string[] }>(
        `SELECT coalesce((SELECT array_agg(m.group_id::text) FROM group_members m WHERE m.person_id = p.id), '{}') AS groups,
           coalesce((SELECT array_agg(DISTINCT a.role_id::text) FROM role_assignments a WHERE ${reaching('p.id')} AND ${inForce('$2')}), '{}') AS roles
         FROM people p WHERE p.id = $1`,
        [userId, clock.now()],
      );
      return row ?? {};
    },
  };
}
