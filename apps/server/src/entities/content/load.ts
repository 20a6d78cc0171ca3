import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EntityKind } from '@sallyport/contracts';
import { parse } from 'yaml';
import { z } from 'zod';

/** What is known of entities: `content/entities`. See docs/entities.md. */
export const shippedEntities = fileURLToPath(new URL('../../../../../content/entities', import.meta.url));

/** `<kind>/observed.yaml`: what newly arrived rows show of a kind. */
const ObservedFile = z.strictObject({
  kind: EntityKind,
  /** Of the columns that each table's part may give: `(Seen:datetime, …)`. */
  columns: z.string().regex(/^\(Seen:datetime(?:, [A-Za-z]+:(?:string|dynamic))+\)$/),
  /** KQL behind the table's rows that arrived. */
  tables: z.record(z.string().regex(/^[A-Za-z]\w*$/), z.string().min(1)),
  /** KQL behind all of them: gives Name, Rank, Short, Strong, Keys, Identifiers, Properties. */
  resolve: z.string().min(1),
});
export type Observed = z.infer<typeof ObservedFile>;

/** `any/criticality.yaml`, `any/risk.yaml`, `any/devices.yaml`. */
const ConclusionFile = z.strictObject({ table: z.string().optional(), query: z.string().min(1) });
export type Conclusion = z.infer<typeof ConclusionFile>;

const common = {
  id: z.uuid(),
  name: z.string().min(1).max(200),
  description: z.string().min(1).max(2_000),
  /** As Sentinel calls it. */
  inputEntityType: EntityKind,
  /** Identifiers that it needs, of each set one: `[[Account_Sid], [Account_Name, Account_UPNSuffix]]`. None: any will do. */
  requiredInputFieldsSets: z.array(z.array(z.string()).min(1)).default([]),
  /** Where its rows come from: while none of them holds a row it is not asked. */
  tables: z.array(z.string()).min(1),
  query: z.string().min(1),
};
const InsightFile = z.strictObject({
  kind: z.literal('Insight'),
  ...common,
  /** A chart has a time or a text first, and then one number. */
  display: z.enum(['table', 'chart']).default('table'),
});
/** Gives StartTime, EndTime and Count of each group of rows, and the columns that title and content name. */
const ActivityFile = z.strictObject({
  kind: z.literal('Activity'),
  ...common,
  /** Text with `{{Column}}`. */
  title: z.string().min(1).max(500),
  content: z.string().min(1).max(1_000),
});
const EntityQueryFile = z.discriminatedUnion('kind', [InsightFile, ActivityFile]);
export type Insight = z.infer<typeof InsightFile>;
export type Activity = z.infer<typeof ActivityFile>;
export type EntityQuery = Insight | Activity;

export interface EntityContent {
  readonly observed: readonly Observed[];
  readonly criticality: Conclusion;
  readonly risk: Conclusion;
  readonly devices: Conclusion & { readonly table: string };
  readonly insights: readonly Insight[];
  readonly activities: readonly Activity[];
}

/** Reads the folder. Throws Error naming the file. */
export async function loadEntityContent(folder = shippedEntities): Promise<EntityContent> {
  const read = async <T>(file: string, schema: z.ZodType<T>): Promise<T> => {
    const path = join(folder, file);
    const result = schema.safeParse(parse(await readFile(path, 'utf8')));
    if (!result.success) throw new Error(`${path}: ${z.prettifyError(result.error)}`);
    return result.data;
  };
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.yaml')).toSorted();
  const observed: Observed[] = [];
  const queries = new Map<string, EntityQuery>();
  for (const file of files) {
    if (file.startsWith('any')) continue;
    if (basename(file) === 'observed.yaml') observed.push(await read(file, ObservedFile));
    else {
      const query = await read(file, EntityQueryFile);
      if (queries.has(query.id)) throw new Error(`${file}: its id is that of “${queries.get(query.id)?.name}”`);
      queries.set(query.id, query);
    }
  }
  const all = [...queries.values()];
  const devices = await read(join('any', 'devices.yaml'), ConclusionFile);
  return {
    observed,
    criticality: await read(join('any', 'criticality.yaml'), ConclusionFile),
    risk: await read(join('any', 'risk.yaml'), ConclusionFile),
    devices: { ...devices, table: devices.table ?? 'DeviceInfo' },
    insights: all.filter((query) => query.kind === 'Insight'),
    activities: all.filter((query) => query.kind === 'Activity'),
  };
}
