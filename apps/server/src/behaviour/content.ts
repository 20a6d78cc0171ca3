import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** What behaviour analytics is made of: `content/behaviour`. See docs/behaviour.md. */
export const shippedBehaviour = fileURLToPath(new URL('../../../../content/behaviour', import.meta.url));

const Name = z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/);

/** A number that people may change, with the range that makes sense. */
const NumberParameter = z
  .strictObject({
    name: Name,
    type: z.enum(['long', 'real']),
    default: z.number(),
    minimum: z.number(),
    maximum: z.number(),
    description: z.string().min(1).max(500),
  })
  .refine((p) => p.minimum <= p.default && p.default <= p.maximum, 'the default lies outside of the range')
  .refine((p) => p.type === 'real' || Number.isInteger(p.default), 'the default of a long is a whole number');
/** A text that the job sets. */
const TextParameter = z.strictObject({
  name: Name,
  type: z.literal('string'),
  default: z.string(),
  description: z.string().min(1).max(500),
});
const Parameters = z.array(z.union([NumberParameter, TextParameter])).max(20);
export type Parameter = z.infer<typeof NumberParameter> | z.infer<typeof TextParameter>;
export type NumberParameter = z.infer<typeof NumberParameter>;

/** `learn.yaml`, `activities.yaml`, `peers.yaml`, `identities.yaml`: a query whose rows go to a table. */
const PartFile = z.strictObject({ table: z.string(), parameters: Parameters.default([]), query: z.string().min(1) });
export interface Part extends z.infer<typeof PartFile> {
  readonly name: string;
}

/** A file of `anomalies/`. */
const AnomalyFile = z.strictObject({
  id: z.uuid(),
  name: z.string().min(1).max(200),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  /** As Microsoft tells them apart: who behaves unlike before, or what is unusual. */
  kind: z.enum(['UEBA', 'MachineLearning']),
  description: z.string().min(1).max(2_000),
  tactics: z.array(z.string()).min(1),
  techniques: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/)).min(1),
  /** Where its rows come from. */
  tables: z.array(z.string()).min(1),
  parameters: z.array(NumberParameter).max(20),
  query: z.string().min(1),
  /** Text with `{Column}` of the query's columns. */
  explanation: z.string().min(1).max(1_000),
});
export interface AnomalyTemplate extends z.infer<typeof AnomalyFile> {
  /** The file's name. */
  readonly slug: string;
}

export interface BehaviourContent {
  readonly learn: Part;
  readonly activities: Part;
  readonly peers: Part;
  readonly identities: Part;
  /** By id. */
  readonly anomalies: ReadonlyMap<string, AnomalyTemplate>;
}

/** Reads the folder. Throws Error naming the file. */
export async function loadBehaviour(folder = shippedBehaviour): Promise<BehaviourContent> {
  const read = async <T>(file: string, schema: z.ZodType<T>): Promise<T> => {
    const path = join(folder, file);
    const result = schema.safeParse(parse(await readFile(path, 'utf8')));
    if (!result.success) throw new Error(`${path}: ${z.prettifyError(result.error)}`);
    return result.data;
  };
  const part = async (name: string): Promise<Part> => ({ name, ...(await read(`${name}.yaml`, PartFile)) });
  const files = (await readdir(join(folder, 'anomalies'))).filter((file) => file.endsWith('.yaml')).toSorted();
  const anomalies = new Map<string, AnomalyTemplate>();
  for (const file of files) {
    const template = { slug: basename(file, '.yaml'), ...(await read(join('anomalies', file), AnomalyFile)) };
    if (anomalies.has(template.id)) throw new Error(`${file}: its id is that of ${anomalies.get(template.id)?.slug}`);
    anomalies.set(template.id, template);
  }
  const [learn, activities, peers, identities] = await Promise.all(
    ['learn', 'activities', 'peers', 'identities'].map(part),
  );
  if (!learn || !activities || !peers || !identities) throw new Error('a part is missing');
  return { learn, activities, peers, identities, anomalies };
}
