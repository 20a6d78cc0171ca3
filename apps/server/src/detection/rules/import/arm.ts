import { ArmError, ArmResolver, isObject, type Json } from './arm-expressions.ts';
import type { FoundRule, FoundProblem } from './found.ts';

const resourcesMax = 20_000;
const nestedMax = 8;

type JsonObject = { readonly [name: string]: Json };

/** Whether a JSON value is an ARM template, or a Sentinel rule as its REST interface has it. */
export const looksLikeArm = (value: Json): boolean =>
  isObject(value) && (Array.isArray(value['resources']) || isObject(value['resources']) || isRule(value));

/** A resource of a template, with what resolves its expressions, and the version of the content template around it. */
export interface ArmResource {
  readonly resource: JsonObject;
  readonly resolver: ArmResolver;
  readonly version: string | undefined;
}

/** The resources of some kind in an ARM template, also in content templates of solution packages (`mainTemplate.json`) and in nested deployments. */
export function armResources(
  template: Json,
  isWanted: (resource: JsonObject) => boolean,
): { readonly found: readonly ArmResource[]; readonly problems: readonly FoundProblem[] } {
  const found: ArmResource[] = [];
  const problems: FoundProblem[] = [];
  let seen = 0;
  const visit = (value: Json, resolver: ArmResolver, version: string | undefined, depth: number): void => {
    if (!isObject(value)) return;
    if (++seen > resourcesMax || depth > nestedMax) {
      if (seen === resourcesMax + 1) problems.push({ at: '', message: `more than ${resourcesMax} resources` });
      return;
    }
    if (isWanted(value)) return void found.push({ resource: value, resolver, version });
    const properties = isObject(value['properties']) ? value['properties'] : {};
    // A nested deployment has a template of its own; a content template's is written in the words of the one around it.
    const own = versionOf(properties, resolver) ?? version;
    if (isObject(properties['template']))
      visitAll(properties['template'], innerScope(properties, resolver), own, depth);
    if (isObject(properties['mainTemplate'])) visitAll(properties['mainTemplate'], resolver, own, depth);
    visitAll(value, resolver, version, depth);
  };
  const visitAll = (holder: JsonObject, resolver: ArmResolver, version: string | undefined, depth: number): void => {
    const { resources } = holder;
    const list: readonly Json[] = Array.isArray(resources)
      ? resources
      : isObject(resources)
        ? Object.values(resources)
        : [];
    for (const one of list) visit(one, resolver, version, depth + 1);
  };
  if (isObject(template)) {
    const resolver = new ArmResolver(scopeOf(template, new Map()));
    if (isWanted(template)) visit(template, resolver, undefined, 0);
    else visitAll(template, resolver, undefined, 0);
  }
  return { found, problems };
}

/**
 * The analytics rules in an ARM template: rules and rule templates, each as the fields of Sentinel's YAML.
 * https://learn.microsoft.com/azure/templates/microsoft.securityinsights/alertrules
 */
export function armRules(template: Json): { readonly rules: FoundRule[]; readonly problems: FoundProblem[] } {
  const { found, problems } = armResources(template, isRule);
  const read = found.map(({ resource, resolver, version }) => ruleOf(resource, resolver, version));
  return {
    rules: read.flatMap((one) => ('fields' in one ? one : [])),
    problems: [...problems, ...read.flatMap((one) => ('fields' in one ? [] : one))],
  };
}

/** A resource's last name and its properties, resolved; what can't be resolved is left out. */
export function resolvedProperties({ resource, resolver }: ArmResource): {
  readonly name: string;
  readonly properties: { readonly [name: string]: Json };
} {
  const resolved = (value: Json | undefined): Json | undefined => {
    const found = attempt(() => resolver.resolve(value ?? null));
    return found instanceof ArmError ? undefined : found;
  };
  const name = resolved(resource['name']);
  const properties = isObject(resource['properties']) ? resource['properties'] : {};
  return {
    name: typeof name === 'string' ? (name.split('/').at(-1) ?? '') : '',
    properties: Object.fromEntries(
      Object.entries(properties).flatMap(([field, value]): [string, Json][] => {
        const found = resolved(value);
        return found === undefined ? [] : [[field, found]];
      }),
    ),
  };
}

function isRule(value: JsonObject): boolean {
  const { properties, type } = value;
  if (!isObject(properties)) return false;
  if (typeof type === 'string') return /(?:alertrule(?:template)?|securitymlanalyticssetting)s$/i.test(type);
  return 'kind' in value && 'displayName' in properties;
}

function scopeOf(template: JsonObject, given: ReadonlyMap<string, Json>) {
  const parameters = new Map<string, Json>();
  for (const [name, declared] of Object.entries(isObject(template['parameters']) ? template['parameters'] : {})) {
    const value = isObject(declared) ? declared['defaultValue'] : undefined;
    // A parameter without a default, such as the workspace: its name stands for it.
    parameters.set(name.toLowerCase(), given.get(name.toLowerCase()) ?? value ?? name);
  }
  const variables = new Map(
    Object.entries(isObject(template['variables']) ? template['variables'] : {}).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  );
  return { parameters, variables };
}

function innerScope(deployment: JsonObject, outer: ArmResolver): ArmResolver {
  const template = deployment['template'];
  const options = deployment['expressionEvaluationOptions'];
  const scope = isObject(options) ? options['scope'] : undefined;
  // By default the words of a nested template are those of the one around it.
  if (!isObject(template) || typeof scope !== 'string' || scope.toLowerCase() !== 'inner') return outer;
  const given = new Map<string, Json>();
  for (const [name, value] of Object.entries(isObject(deployment['parameters']) ? deployment['parameters'] : {}))
    if (isObject(value) && value['value'] !== undefined) {
      const resolved = attempt(() => outer.resolve(value['value'] ?? null));
      if (!(resolved instanceof ArmError)) given.set(name.toLowerCase(), resolved);
    }
  return new ArmResolver(scopeOf(template, given));
}

function versionOf(properties: JsonObject, resolver: ArmResolver): string | undefined {
  const version = attempt(() => resolver.resolve(properties['version'] ?? null));
  return typeof version === 'string' && version.length <= 32 ? version : undefined;
}

function ruleOf(resource: JsonObject, resolver: ArmResolver, version: string | undefined): FoundRule | FoundProblem {
  const properties = isObject(resource['properties']) ? resource['properties'] : {};
  const at = [properties['displayName'], resource['name']].find((one) => typeof one === 'string') ?? '';
  const name = attempt(() => resolver.resolve(resource['name'] ?? resource['id'] ?? null));
  const kind = attempt(() => resolver.resolve(resource['kind'] ?? 'Scheduled'));
  if (name instanceof ArmError) return { at, message: `name: ${name.message}` };
  if (kind instanceof ArmError) return { at, message: `kind: ${kind.message}` };
  const fields: Record<string, Json> = {};
  const warnings: string[] = [];
  for (const [field, value] of Object.entries(properties)) {
    const resolved = attempt(() => resolver.resolve(value));
    if (resolved instanceof ArmError) warnings.push(`${field} is left out: ${resolved.message}`);
    else fields[field] = resolved;
  }
  const { displayName = null, description, templateVersion, version: own, ...rest } = fields;
  return {
    at,
    warnings,
    fields: {
      id: (typeof name === 'string' ? name : '').split('/').at(-1) ?? '',
      name: displayName,
      ...(description === undefined ? {} : { description }),
      kind,
      ...rest,
      version: own ?? templateVersion ?? version ?? '1.0.0',
    },
  };
}

function attempt<T>(work: () => T): T | ArmError {
  try {
    return work();
  } catch (error) {
    if (error instanceof ArmError) return error;
    throw error;
  }
}
