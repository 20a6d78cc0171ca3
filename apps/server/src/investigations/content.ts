import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EntityKind, ResponseActionKind } from '@sallyport/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import { identifierOf } from '../incidents/index.ts';

/** The playbooks that ship. See docs/recipes/investigation-playbook.md. */
export const shippedPlaybooks = fileURLToPath(new URL('../../../../content/investigations', import.meta.url));

const Slug = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
const hoursMax = 30 * 24;

/** A column of the query for each identifier of an entity, named as Sentinel names it. */
const EvidenceMapping = z
  .strictObject({
    kind: EntityKind,
    identifiers: z.record(z.string(), z.string().regex(/^[A-Za-z_]\w{0,99}$/)),
    /** Whether the investigation goes on to ask about it once it is suspicious. */
    widens: z.boolean().default(false),
  })
  .refine(({ kind, identifiers }) => Object.keys(identifiers).every((name) => identifierOf(kind, name) === name), {
    message: 'an identifier is none of its kind',
  });
export type EvidenceMapping = z.infer<typeof EvidenceMapping>;

const Judgement = z.strictObject({
  /** KQL over the query's columns: whether this speaks for (or, below 0, against) a threat. */
  when: z.string().min(1),
  score: z.int().min(-100).max(100),
  /** A sentence with `{Column}` of the query's columns. */
  reason: z.string().min(1).max(500),
  /** Kinds of the row's evidence that it is about. Default: all. */
  on: z.array(EntityKind).optional(),
});

const Step = z.strictObject({
  id: Slug,
  name: z.string().min(1).max(200),
  /** The kind that it asks about; its identifiers are the query's parameters (`subjects.ts`). */
  for: EntityKind,
  /** All tables that the query reads, and no other; it is not asked while none of `needs` (default: these) has a row. */
  tables: z.array(z.string()).min(1),
  needs: z.array(z.string()).min(1).optional(),
  /** Gives FirstSeen, LastSeen and Count, the columns that `evidence` and `verdict` name, and DeviceName where the evidence lies on a device. */
  query: z.string().min(1),
  evidence: z.array(EvidenceMapping).min(1).max(5),
  verdict: z.array(Judgement).min(1).max(30),
});
export type Step = z.infer<typeof Step>;

const PlaybookFile = z
  .strictObject({
    name: z.string().min(1).max(200),
    description: z.string().min(1).max(2_000),
    /** An alert starts it by itself when it names an entity of one of these kinds and the condition holds; by hand the entities are enough. */
    entities: z.array(EntityKind).min(1),
    /** KQL over AlertName, Description, Severity (strings), Tactics, Techniques, Kinds (arrays). */
    condition: z.string().min(1),
    /** How long before the alerts' first and after their last activity rows are looked for. */
    window: z.strictObject({
      beforeHours: z.int().min(0).max(hoursMax),
      afterHours: z.int().min(0).max(hoursMax),
    }),
    steps: z.array(Step).min(1).max(20),
    /** What is proposed against evidence of a kind, from a verdict on. */
    actions: z
      .array(z.strictObject({ kind: ResponseActionKind, on: EntityKind, from: z.enum(['Suspicious', 'Malicious']) }))
      .max(20),
  })
  .refine(({ steps }) => new Set(steps.map(({ id }) => id)).size === steps.length, 'a step’s id is used twice');
export interface Playbook extends z.infer<typeof PlaybookFile> {
  /** The file's name. */
  readonly id: string;
}
/** By id. */
export type Playbooks = ReadonlyMap<string, Playbook>;

/** Reads `<id>.yml` of the folder; `<id>.tests.yml` are their tests. Throws Error naming the file. */
export async function loadPlaybooks(folder = shippedPlaybooks): Promise<Playbooks> {
  const files = (await readdir(folder))
    .filter((file) => file.endsWith('.yml') && !file.endsWith('.tests.yml'))
    .toSorted();
  const playbooks = new Map<string, Playbook>();
  for (const file of files) {
    const id = Slug.parse(basename(file, '.yml'));
    const result = PlaybookFile.safeParse(parse(await readFile(join(folder, file), 'utf8')));
    if (!result.success) throw new Error(`${join(folder, file)}: ${z.prettifyError(result.error)}`);
    playbooks.set(id, { id, ...result.data });
  }
  return playbooks;
}
