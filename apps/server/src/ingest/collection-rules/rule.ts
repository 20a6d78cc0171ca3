import { createHash } from 'node:crypto';
import { SallyportError, sourceLimits, type SourceFiles } from '@sallyport/contracts';
import { stringify } from 'yaml';
import { z } from 'zod';

/**
 * A data collection rule of Azure Monitor as a source made here: its streams, transforms and tables.
 * https://learn.microsoft.com/azure/azure-monitor/essentials/data-collection-rule-structure
 */

/** In a source's folder: the rule that all else in it is made from. */
export const ruleFile = 'data-collection-rule.json';

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftinsights */
export const RuleName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{1,61}[A-Za-z0-9]$/, 'not a name of a rule');

/** Their types, and KQL's. */
const types = {
  string: 'string',
  int: 'int',
  long: 'long',
  real: 'real',
  boolean: 'bool',
  dynamic: 'dynamic',
  datetime: 'datetime',
  guid: 'guid',
} as const;
const typeOf = (name: string): string | undefined =>
  Object.entries(types).find(([one]) => one === name.toLowerCase())?.[1];
const Type = z
  .string()
  .refine((name) => typeOf(name) !== undefined, { message: `the type is one of ${Object.keys(types).join(', ')}` });

const Declared = z.string().regex(/^Custom-[A-Za-z][A-Za-z0-9_]{0,59}$/, 'Custom- and a name of letters, digits and _');
const Output = z
  .string()
  .regex(/^(?:Custom-\w{1,59}_CL|Microsoft-\w{1,63})$/, 'Custom-<table>_CL or Microsoft-<table>');
const Columns = z
  .array(z.looseObject({ name: z.string().max(60), type: Type }))
  .min(1)
  .max(500);
const Flow = z.looseObject({
  streams: z.array(z.string().max(128)).min(1).max(20),
  destinations: z.array(z.string().max(128)).max(10).optional(),
  transformKql: z.string().max(15_360).nullish(),
  outputStream: Output.nullish(),
});
const Properties = z.looseObject({
  description: z.string().max(2_000).nullish(),
  streamDeclarations: z.record(Declared, z.looseObject({ columns: Columns })),
  dataSources: z.record(z.string(), z.unknown()).nullish(),
  dataFlows: z.array(Flow).min(1).max(50),
});
/** What is put. What it says beside is kept, and given back. */
export const RuleBody = z.looseObject({
  location: z.string().max(64).optional(),
  kind: z.string().max(32).nullish(),
  tags: z.record(z.string().max(512), z.string().max(256)).nullish(),
  properties: Properties,
});
export type RuleBody = z.infer<typeof RuleBody>;

/** The rule as it stands in a source's folder. */
export const StoredRule = z.object({ name: RuleName, body: RuleBody });
export type StoredRule = z.infer<typeof StoredRule>;

/** Names of resources differ by more than letters' case. */
const digest = (name: string): string =>
  createHash('sha256').update(`data collection rule ${name.toLowerCase()}`).digest('hex');

/** What a client of the Logs Ingestion API names the rule by. */
export const immutableIdOf = (name: string): string => `dcr-${digest(name).slice(0, 32)}`;

/** The rule that a source's folder was made from; undefined where there is none, or its text is not one. */
export function ruleOf(files: Readonly<SourceFiles>): StoredRule | undefined {
  const text = files[ruleFile];
  if (text === undefined) return undefined;
  try {
    return StoredRule.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Id of the source that a rule is. */
export const sourceIdOf = (name: string): string => `dcr-${digest(name).slice(0, 12)}`;

/** What a rule's stream is called here, where each rule may have one of that name. */
export const streamOf = (rule: string, stream: string): string => `${stream}_dcr${digest(rule).slice(0, 8)}`;

type Flows = RuleBody['properties']['dataFlows'];

/**
 * The folder of the source that a rule is. Throws BadRequest where it asks for what is not done here: agents of Azure Monitor (`dataSources`), streams that are not
 * declared.
 */
export function filesOf({ name, body }: StoredRule): SourceFiles {
  const { description, streamDeclarations, dataSources, dataFlows } = body.properties;
  if (Object.values(dataSources ?? {}).some((sources) => !Array.isArray(sources) || sources.length > 0))
    throw refused(
      'properties.dataSources',
      'agents of Azure Monitor are not configured here; a connector, or a door of the agent that there is, brings what they would',
    );
  for (const [f, { streams }] of dataFlows.entries())
    for (const stream of streams)
      if (streamDeclarations[stream] === undefined)
        throw refused(`properties.dataFlows[${f}].streams`, `the stream ${stream} is not declared`);
  const transforms = new Map<string, string>();
  const streams = Object.entries(streamDeclarations).map(([stream, { columns }]) => ({
    name: streamOf(name, stream),
    format: 'columns',
    columns: columns.map(({ name: column, type }) => ({ name: column, type: typeOf(type) })),
    flows: flowsOf(stream, dataFlows, transforms),
  }));
  const definition = {
    id: sourceIdOf(name),
    name,
    vendor: 'Azure Monitor',
    product: 'Data collection rule',
    ...(description ? { description } : {}),
    streams,
  };
  return {
    [ruleFile]: `${JSON.stringify({ name, body }, null, 2)}\n`,
    'source.yml': stringify(definition, { lineWidth: 0 }),
    ...Object.fromEntries(transforms),
  };
}

/** Flows of one stream; their transforms go to `transforms`, by file. */
function flowsOf(stream: string, all: Flows, transforms: Map<string, string>): { table: string; transform: string }[] {
  const made = all.flatMap(({ streams, transformKql, outputStream }, f) => {
    if (!streams.includes(stream)) return [];
    const transform = `flow-${f}.kql`;
    transforms.set(transform, transformKql?.trim() || 'source');
    return [{ table: tableOf(outputStream ?? stream, `properties.dataFlows[${f}].outputStream`), transform }];
  });
  if (made.length === 0)
    throw refused(`properties.streamDeclarations.${stream}`, `no data flow takes the stream ${stream}`);
  if (made.length > sourceLimits.flows)
    throw refused('properties.dataFlows', `at most ${sourceLimits.flows} data flows take the stream ${stream}`);
  return made;
}

function tableOf(output: string, place: string): string {
  if (!Output.safeParse(output).success) throw refused(place, `the stream ${output} needs an output stream`);
  return output.slice(output.indexOf('-') + 1);
}

const refused = (target: string, message: string): SallyportError =>
  new SallyportError('BadRequest', `Data collection rule is invalid. ${message}`, { target });
