import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SallyportError } from '@sallyport/contracts';

const Labels = z
  .array(
    z.looseObject({
      /** Id of the rule that must fire on the log. */
      rule: z.string().min(1),
      /** Of the log, below any folder and of any extension. */
      path: z.string().min(1),
      /** How often, where that was recorded. */
      expected: z.number().int().nonnegative().nullish(),
    }),
  )
  .max(100_000);

/** A log and the rule that must fire on it. */
export interface LabelledLog {
  readonly rule: string;
  /** As its label says. */
  readonly path: string;
  /** Undefined when there is no such file. */
  readonly file: string | undefined;
  readonly expected: number | undefined;
}

/** Reads `labels.json` of a folder. Throws SallyportError when there is none, or it is no list of labels. */
export async function readLabels(folder: string): Promise<readonly LabelledLog[]> {
  const path = join(folder, 'labels.json');
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new SallyportError('BadRequest', `${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = Labels.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SallyportError('BadRequest', `${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const files = new Map<string, string>();
  for (const file of globSync('**/*.*', { cwd: folder }))
    if (!file.endsWith('labels.json')) files.set(stem(file), join(folder, file));
  return parsed.data.map(({ rule, path: labelled, expected }) => ({
    rule: rule.toLowerCase(),
    path: labelled,
    file: fileOf(stem(labelled), files),
    expected: expected ?? undefined,
  }));
}

const stem = (path: string): string => path.replace(/\.\w+$/, '');

/** A label's path may begin above the folder. */
function fileOf(path: string, files: ReadonlyMap<string, string>): string | undefined {
  for (let rest = path; ;) {
    const file = files.get(rest);
    if (file !== undefined) return file;
    const slash = rest.indexOf('/');
    if (slash < 0) return undefined;
    rest = rest.slice(slash + 1);
  }
}
