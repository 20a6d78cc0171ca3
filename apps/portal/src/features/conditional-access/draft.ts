import { ConditionalAccessPolicy } from '@sallyport/contracts/conditional-access';
import { z } from 'zod';

/** A policy as it is being written: it has no id yet, or no name. */
export const DraftPolicy = ConditionalAccessPolicy.extend({
  id: z.string().max(256).optional(),
  displayName: z.string().max(256).default(''),
});
export type DraftPolicy = z.infer<typeof DraftPolicy>;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects that stand in a policy even when nothing is in them. */
const kept = new Set(['conditions', 'applications', 'users', 'locations']);
/** What Graph says of a policy and nobody writes. */
const notes = new Set([
  'id',
  'createdDateTime',
  'modifiedDateTime',
  'deletedDateTime',
  '@odata.context',
  '@odata.etag',
]);

/** Without what is not set, so that what a policy says can be read. Of a strength the id alone says which. */
export function compact(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  if (value === null) return undefined;
  if (!isObject(value)) return value;
  if (name === 'authenticationStrength') return { id: value['id'] };
  const left = Object.entries(value)
    .map(([key, inner]) => [key, compact(inner, key)] as const)
    .filter(([key, inner]) => inner !== undefined && !key.startsWith('authenticationStrength@'));
  return left.length === 0 && !kept.has(name) ? undefined : Object.fromEntries(left);
}

/** A policy as one writes it: what is set, without notes. */
export function written(policy: unknown): Json {
  const value = compact(policy);
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter(([name]) => !notes.has(name)));
}

export const textOfPolicy = (policy: unknown): string => JSON.stringify(written(policy), null, 2);

/** What a PATCH must say so that `after` is all that is left of `before`: what it leaves out would stay. */
export function patchOf(before: Json, after: Json): Json {
  const gone = Object.entries(before)
    .filter(([name]) => !Object.hasOwn(after, name))
    .map(([name, value]) => [name, Array.isArray(value) ? [] : null] as const);
  const stays = Object.entries(after).map(([name, value]) => {
    const old = before[name];
    return [name, isObject(value) && isObject(old) ? patchOf(old, value) : value] as const;
  });
  return Object.fromEntries([...gone, ...stays]);
}

export interface ReadDraft {
  /** What is sent to be checked and saved; undefined where the text is no JSON object. */
  readonly json: Json | undefined;
  /** What the form shows; undefined where the form of the policy is not right. */
  readonly policy: DraftPolicy | undefined;
  readonly fault: string | undefined;
}

/** Reads what stands in the editor. */
export function readDraft(text: string): ReadDraft {
  try {
    const json: unknown = JSON.parse(text);
    if (!isObject(json)) return { json: undefined, policy: undefined, fault: 'expected one object between { and }' };
    const parsed = DraftPolicy.safeParse(json);
    return { json, policy: parsed.success ? parsed.data : undefined, fault: undefined };
  } catch (error) {
    return { json: undefined, policy: undefined, fault: error instanceof Error ? error.message : 'not JSON' };
  }
}

export const newPolicy: DraftPolicy = {
  displayName: '',
  state: 'enabledForReportingButNotEnforced',
  conditions: { users: {}, applications: {}, clientAppTypes: ['all'] },
  grantControls: { operator: 'OR', builtInControls: ['mfa'] },
};

/** Policies out of a file: one, a list, or an answer of Graph. Undefined where it is none of these. */
export function importedPolicies(text: string): readonly Json[] | undefined {
  try {
    const json: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    const list: unknown = isObject(json) && Array.isArray(json['value']) ? json['value'] : json;
    const all: readonly unknown[] = Array.isArray(list) ? list : [list];
    const policies = all.filter(isObject);
    return policies.length === all.length && policies.length > 0 ? policies.map(written) : undefined;
  } catch {
    return undefined;
  }
}
