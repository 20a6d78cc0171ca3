import { z } from 'zod';
import type { LogSourceOfRule } from './types.ts';

const name = z.string().regex(/^[a-z0-9][\w.:-]*$/, 'expected a name in small letters');
const Match = z
  .strictObject({
    product: name.optional(),
    category: name.optional(),
    service: name.optional(),
    /** KQL over the view's columns: which of its events are of this log source. */
    where: z.string().min(1).optional(),
  })
  .refine((match) => match.product ?? match.category ?? match.service, 'neither product, category nor service');

const identifier = z.string().regex(/^[A-Za-z_]\w*$/);
/** KQL of an expression over the view's columns. */
const expression = z.string().min(1);

/** A file of content/sigma: what log sources of Sigma are in our tables. docs/recipes/sigma-logsource.md */
export const LogSourceFile = z.strictObject({
  description: z.string().min(1),
  /** Whose events these are; of several files the one that says most of a rule's log source counts. */
  logsources: z.array(Match).min(1),
  /** KQL that gives the events, one row each, with TimeGenerated. It becomes the stored function `_Sigma_<name of the file>`. */
  body: z.string().min(1),
  /** Columns of the view that are fields under their own names, by type. */
  columns: z
    .strictObject({ string: z.array(identifier).default([]), long: z.array(identifier).default([]) })
    .default({ string: [], long: [] }),
  /** Fields of other names, or that must be put together → KQL of a text. */
  fields: z.record(z.string().min(1), expression).default({}),
  /** A dynamic column in which every other field is looked for. */
  rest: identifier.optional(),
  /** Where texts without a field are looked for: KQL of texts, or of dynamics, whose JSON is searched. */
  keywords: z.strictObject({ text: z.array(expression).default([]), json: z.array(identifier).default([]) }).optional(),
  /** As in analytics rules. */
  entityMappings: z
    .array(
      z.strictObject({
        entityType: z.string().min(1),
        fieldMappings: z
          .array(z.strictObject({ identifier: z.string().min(1), columnName: z.string().min(1) }))
          .min(1)
          .max(3),
      }),
    )
    .max(10)
    .default([]),
  /** Columns that an alert shows. */
  customDetails: z.array(identifier).max(20).default([]),
});
export type LogSourceFile = z.infer<typeof LogSourceFile>;

/** A log source ready for use. */
export interface LogSource extends LogSourceFile {
  /** The stored function that gives its events. */
  readonly view: string;
}

export interface ChosenLogSource {
  readonly source: LogSource;
  readonly where: string | undefined;
}

/** The log source that fits: everything it names must be what the rule names; the one that names most counts, then the first. */
export function chooseLogSource(sources: readonly LogSource[], wanted: LogSourceOfRule): ChosenLogSource | undefined {
  let best: ChosenLogSource | undefined;
  let bestScore = 0;
  for (const source of sources)
    for (const match of source.logsources) {
      const score = scoreOf(match, wanted);
      if (score > bestScore) [best, bestScore] = [{ source, where: match.where }, score];
    }
  return best;
}

/** A category or service says more than a product. */
const weights = { product: 1, category: 2, service: 2 } as const;

function scoreOf(match: LogSourceOfRule, wanted: LogSourceOfRule): number {
  let score = 0;
  for (const key of ['product', 'category', 'service'] as const) {
    if (match[key] === undefined) continue;
    if (match[key] !== wanted[key]) return 0;
    score += weights[key];
  }
  return score;
}

/** Whether a filter for one log source is for a rule of another: nothing that it names differs. */
export const covers = (filter: LogSourceOfRule, rule: LogSourceOfRule): boolean =>
  (['product', 'category', 'service'] as const).every((key) => filter[key] === undefined || filter[key] === rule[key]);
