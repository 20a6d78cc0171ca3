import { builtInRoles, roleNames, SallyportError, type ErrorDetail } from '@sallyport/contracts';
import {
  AuthenticationContext,
  AuthenticationStrength,
  ConditionalAccessPolicy,
} from '@sallyport/contracts/conditional-access';
import { checkNamedLocation, checkPolicy, type PolicyProblem } from '@sallyport/policy';
import type { z } from 'zod';
import type { Queryable } from '../platform/database/index.ts';
import { builtInRows, contextBody, locationBody, policyBody, strengthBody } from './forms.ts';
import { sallyportApplication } from './applications.ts';
import type { Kind } from './kinds.ts';
import { objects, type Body } from './store.ts';
import { agreements } from './terms/store.ts';

const problemsMax = 20;

/** Graph's numbers of what it refuses policies for; the place and the reason after them are ours. */
const schemaText =
  '1007: Incoming ConditionalAccessPolicy object is null or does not match the schema of ConditionalAccessPolicy type.';
const validationText = '1032: ConditionalActionPolicy validation failed.';

/** BadRequest with the first problem in the message, and each with its place in `details`. */
export function refusal(problems: readonly PolicyProblem[], prefix = ''): SallyportError {
  const details = problems
    .slice(0, problemsMax)
    .map(({ path, message }): ErrorDetail => ({ code: 'BadRequest', message, target: path }));
  const [first] = details;
  const text = first ? `${first.target ?? ''}: ${first.message}` : 'not valid';
  return new SallyportError('BadRequest', `${prefix}${prefix === '' ? '' : ' '}${text}`, { details });
}

/**
 * What is stored of an object that a client sent, once nothing is wrong with it. `before`: what stood there, whose names of people and the like need not exist any more.
 * Throws BadRequest.
 */
export async function checkedBody(kind: Kind, input: Body, tx: Queryable, before?: Body): Promise<Body> {
  switch (kind) {
    case 'policy':
      return policyBody(await checkedPolicy(input, tx, before));
    case 'namedLocation': {
      const trusted = input['@odata.type'] === '#microsoft.graph.ipNamedLocation' && input['isTrusted'] === undefined;
      const checked = checkNamedLocation(trusted ? { ...input, isTrusted: false } : input);
      if (!('value' in checked)) throw refusal(checked.problems);
      return locationBody(checked.value);
    }
    case 'authenticationStrength':
      return strengthBody(parsed(AuthenticationStrength, input));
    case 'authenticationContext':
      return contextBody(parsed(AuthenticationContext, input));
  }
}

function parsed<T extends z.ZodType>(schema: T, input: Body): z.infer<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw refusal(result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
}

async function checkedPolicy(input: Body, tx: Queryable, before?: Body): Promise<ConditionalAccessPolicy> {
  const checked = checkPolicy(input);
  if (!('value' in checked)) {
    const known = ConditionalAccessPolicy.safeParse(input).success;
    throw refusal(checked.problems, known ? validationText : schemaText);
  }
  const missing = await missingFrom(checked.value, tx, before);
  if (missing.length > 0) throw refusal(missing, validationText);
  return checked.value;
}

/** What a policy names that is not there. `before`: what stood there, whose names of people and the like need not exist any more. */
export const missingFrom = async (
  policy: ConditionalAccessPolicy,
  db: Queryable,
  before?: unknown,
): Promise<PolicyProblem[]> => [
  ...(await missingReferences(policy, db)),
  ...(await missingNames(policy, before === undefined ? new Set() : allNamesIn(before), db)),
];

const locationWords = new Set(['All', 'AllTrusted']);

/** Locations, strengths and terms of use that a policy names and that are not there. */
async function missingReferences(policy: ConditionalAccessPolicy, tx: Queryable): Promise<PolicyProblem[]> {
  const { locations } = policy.conditions;
  const rows = await objects.all(tx);
  const known = new Set([...rows, ...builtInRows].map(({ id, kind }) => `${kind} ${id.toLowerCase()}`));
  const places = (['includeLocations', 'excludeLocations'] as const).flatMap((name) =>
    (locations?.[name] ?? []).flatMap((id, i): PolicyProblem[] =>
      locationWords.has(id) || known.has(`namedLocation ${id.toLowerCase()}`)
        ? []
        : [
            {
              path: `conditions.locations.${name}[${i}]`,
              message: `NamedLocation with id ${id} does not exist in the directory.`,
            },
          ],
    ),
  );
  const demanded = policy.grantControls?.termsOfUse ?? [];
  const terms = demanded.length === 0 ? new Set<string>() : await agreements.known(tx, demanded);
  const unknown = demanded.flatMap((id, i): PolicyProblem[] =>
    terms.has(id.toLowerCase())
      ? []
      : [
          {
            path: `grantControls.termsOfUse[${i}]`,
            message: `Agreement with id ${id} does not exist in the directory.`,
          },
        ],
  );
  const strength = policy.grantControls?.authenticationStrength?.id;
  if (strength === undefined || known.has(`authenticationStrength ${strength.toLowerCase()}`))
    return [...places, ...unknown];
  const message = `AuthenticationStrengthPolicy with id ${strength} does not exist in the directory.`;
  return [...places, ...unknown, { path: 'grantControls.authenticationStrength.id', message }];
}

/** Where ids of the directory stand in a policy, what stands for none, what such a thing is called, and which of them there are. */
interface NamePlace {
  readonly path: string;
  readonly ids: readonly string[];
  readonly words: ReadonlySet<string>;
  readonly entity: string;
  readonly existing: (tx: Queryable, ids: readonly string[]) => Promise<readonly string[]>;
}
const idsOf =
  (sql: string) =>
  async (tx: Queryable, ids: readonly string[]): Promise<readonly string[]> =>
    (await tx.query<{ id: string }>(sql, [ids])).map(({ id }) => id);
const peopleIds = idsOf('SELECT id::text AS id FROM people WHERE id::text = ANY($1)');
const groupIds = idsOf('SELECT id::text AS id FROM groups WHERE id::text = ANY($1)');
const applicationIds = idsOf('SELECT app_id::text AS id FROM applications WHERE app_id::text = ANY($1)');
const principalIds = idsOf('SELECT id::text AS id FROM service_principals WHERE id::text = ANY($1)');
const roleDefinitionIds = idsOf('SELECT id::text AS id FROM role_definitions WHERE id::text = ANY($1)');
const builtInRoleIds = new Set<string>(roleNames.map((name) => builtInRoles[name].id));
const userWords = new Set(['All', 'None', 'GuestsOrExternalUsers']);
const applicationWords = new Set(['All', 'None', 'Office365', 'MicrosoftAdminPortals', sallyportApplication]);

function namePlaces({ conditions }: ConditionalAccessPolicy): NamePlace[] {
  const { users, applications, clientApplications } = conditions;
  const places: NamePlace[] = [];
  for (const way of ['include', 'exclude'] as const) {
    const of = (path: string, ids: readonly string[] | null | undefined, rest: Omit<NamePlace, 'path' | 'ids'>) =>
      places.push({ path: `conditions.${path}`, ids: ids ?? [], ...rest });
    of(`users.${way}Users`, users?.[`${way}Users`], { words: userWords, entity: 'User', existing: peopleIds });
    of(`users.${way}Groups`, users?.[`${way}Groups`], { words: new Set(), entity: 'Group', existing: groupIds });
    of(`users.${way}Roles`, users?.[`${way}Roles`], {
      words: builtInRoleIds,
      entity: 'RoleDefinition',
      existing: roleDefinitionIds,
    });
    of(`applications.${way}Applications`, applications[`${way}Applications`], {
      words: applicationWords,
      entity: 'Application',
      existing: applicationIds,
    });
    of(`clientApplications.${way}ServicePrincipals`, clientApplications?.[`${way}ServicePrincipals`], {
      words: new Set(['ServicePrincipalsInMyTenant']),
      entity: 'ServicePrincipal',
      existing: principalIds,
    });
  }
  return places;
}

/** Every text in a policy, in small letters: what was named before may have gone since. */
function allNamesIn(value: unknown): Set<string> {
  if (typeof value === 'string') return new Set([value.toLowerCase()]);
  if (typeof value !== 'object' || value === null) return new Set();
  return new Set(Object.values(value).flatMap((inner) => [...allNamesIn(inner)]));
}

/** People, groups, roles, applications and service principals that a policy names anew, and that are not there. */
async function missingNames(
  policy: ConditionalAccessPolicy,
  before: ReadonlySet<string>,
  tx: Queryable,
): Promise<PolicyProblem[]> {
  const problems: PolicyProblem[] = [];
  for (const { path, ids, words, entity, existing } of namePlaces(policy)) {
    const asked = ids.filter((id) => !words.has(id) && !words.has(id.toLowerCase()) && !before.has(id.toLowerCase()));
    if (asked.length === 0) continue;
    const there = new Set(
      await existing(
        tx,
        asked.map((id) => id.toLowerCase()),
      ),
    );
    for (const id of asked)
      if (!there.has(id.toLowerCase()))
        problems.push({
          path: `${path}[${ids.indexOf(id)}]`,
          message: `${entity} with id ${id} does not exist in the directory.`,
        });
  }
  return problems;
}

/** Throws BadRequest when something must not go: a policy without its location or strength would deny. */
export async function mayGo(kind: Kind, id: string, body: Body, tx: Queryable): Promise<void> {
  if (kind === 'policy') return;
  if (body['isTrusted'] === true)
    throw refusal([{ path: 'isTrusted', message: 'a trusted location cannot be deleted; make it untrusted first' }]);
  const users = (await objects.ofKind(tx, 'policy')).filter((row) => namesOf(row.body).has(id.toLowerCase()));
  if (users.length === 0) return;
  const names = users.slice(0, 5).map((row) => JSON.stringify(row.body['displayName']));
  throw refusal([{ path: 'id', message: `it is used by ${users.length} policies, such as ${names.join(', ')}` }]);
}

/** Ids of locations, strengths and contexts that a policy names, in small letters. */
export function namesOf(body: Body): ReadonlySet<string> {
  const policy = ConditionalAccessPolicy.omit({ id: true }).parse(body);
  const { locations, applications } = policy.conditions;
  const strength = policy.grantControls?.authenticationStrength?.id ?? [];
  const contexts = applications.includeAuthenticationContextClassReferences ?? [];
  const ids = [locations?.includeLocations ?? [], locations?.excludeLocations ?? [], strength, contexts].flat();
  return new Set(ids.map((id) => id.toLowerCase()));
}
