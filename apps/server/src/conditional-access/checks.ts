import { SallyportError, type ErrorDetail } from '@sallyport/contracts';
import {
  AuthenticationContext,
  AuthenticationStrength,
  ConditionalAccessPolicy,
} from '@sallyport/contracts/conditional-access';
import { checkNamedLocation, checkPolicy, type PolicyProblem } from '@sallyport/policy';
import type { z } from 'zod';
import type { Queryable } from '../platform/database/index.ts';
import { builtInRows, contextBody, locationBody, policyBody, strengthBody } from './forms.ts';
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

/** What is stored of an object that a client sent, once nothing is wrong with it. Throws BadRequest. */
export async function checkedBody(kind: Kind, input: Body, tx: Queryable): Promise<Body> {
  switch (kind) {
    case 'policy':
      return policyBody(await checkedPolicy(input, tx));
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

async function checkedPolicy(input: Body, tx: Queryable): Promise<ConditionalAccessPolicy> {
  const checked = checkPolicy(input);
  if (!('value' in checked)) {
    const known = ConditionalAccessPolicy.safeParse(input).success;
    throw refusal(checked.problems, known ? validationText : schemaText);
  }
  const missing = await missingReferences(checked.value, tx);
  if (missing.length > 0) throw refusal(missing, validationText);
  return checked.value;
}

const locationWords = new Set(['All', 'AllTrusted']);

/** Locations and strengths that a policy names and that are not there. */
export async function missingReferences(policy: ConditionalAccessPolicy, tx: Queryable): Promise<PolicyProblem[]> {
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
function namesOf(body: Body): ReadonlySet<string> {
  const policy = ConditionalAccessPolicy.omit({ id: true }).parse(body);
  const { locations, applications } = policy.conditions;
  const strength = policy.grantControls?.authenticationStrength?.id ?? [];
  const contexts = applications.includeAuthenticationContextClassReferences ?? [];
  const ids = [locations?.includeLocations ?? [], locations?.excludeLocations ?? [], strength, contexts].flat();
  return new Set(ids.map((id) => id.toLowerCase()));
}
