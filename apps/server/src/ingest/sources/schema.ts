import { kqlTypes } from '@sallyport/kql';
import { z } from 'zod';

const Identifier = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'small letters and digits, joined by single -');
const StreamName = z
  .string()
  .max(100)
  .regex(/^Custom-[A-Za-z][A-Za-z0-9_]*$/, 'Custom- and a name of letters, digits and _');
const FileName = z.string().regex(/^[a-z0-9][a-z0-9-]*\.kql$/, 'a .kql file of the source’s folder');
/** A property's name (which may hold dots), or a dotted path of names: `System.EventID`. */
const JsonPath = z.string().min(1).max(200);

const LineExpression = z
  .string()
  .min(1)
  .max(2_000)
  .transform((text, context) => {
    try {
      return new RegExp(text, 'u');
    } catch (error) {
      context.addIssue({
        code: 'custom',
        message: error instanceof Error ? error.message : 'not a regular expression',
      });
      return z.NEVER;
    }
  });

const Recogniser = z
  .strictObject({ json: z.array(JsonPath).min(1).max(20).optional(), line: LineExpression.optional() })
  .refine((r) => (r.json === undefined) !== (r.line === undefined), { message: 'either json or line' });

/** How a record is known: by paths that its object has, or by what its line fits. */
export interface StreamRecogniser {
  readonly json?: readonly string[] | undefined;
  /** A regular expression. Of sources made here one that takes linear time: the product's own are trusted, a person's not. */
  readonly line?: { test(text: string): boolean } | undefined;
}

const ColumnDeclaration = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,60}$/),
  type: z.enum(kqlTypes),
});

const Flow = z.strictObject({
  table: z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/),
  transform: FileName,
});

const Stream = z
  .strictObject({
    name: StreamName,
    format: z.enum(['jsonObjects', 'lines', 'columns']),
    columns: z.array(ColumnDeclaration).min(1).max(500).optional(),
    recognise: z.array(Recogniser).max(20).default([]),
    /** In files: a record begins with a line that this fits, tested on the line before and the line, joined by `\n`, and goes on to the next such line. */
    begins: LineExpression.optional(),
    accept: z.string().min(1).max(4_000).default('true'),
    /** A transform, in a file of the folder, of what `accept` took: its result is the `source` of every flow. It extends, and does not project. */
    prepare: FileName.optional(),
    flows: z.array(Flow).min(1).max(50),
  })
  .refine((s) => (s.format === 'columns') === (s.columns !== undefined), {
    path: ['columns'],
    message: 'format columns declares columns, and no other format does',
  })
  .refine((s) => s.begins === undefined || s.format === 'lines', {
    path: ['begins'],
    message: 'only records of lines begin with one',
  });
export type StreamDefinition = z.infer<typeof Stream>;

/** `content/sources/<id>/source.yml`, as docs/recipes/source.md describes it. */
export const SourceFile = z.strictObject({
  id: Identifier,
  name: z.string().min(1).max(100),
  vendor: z.string().min(1).max(100),
  product: z.string().min(1).max(100),
  link: z.url({ protocol: /^https$/ }).optional(),
  description: z.string().max(2_000).optional(),
  /** Recognition asks sources of higher priority first, then in order of id. */
  priority: z.int().min(-100).max(100).default(0),
  streams: z.array(Stream).min(1).max(50),
});
export type SourceFile = z.infer<typeof SourceFile>;
