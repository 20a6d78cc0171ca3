import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseRule, type Problem } from './parse.ts';
import type { AnalyticsRule } from './rule.ts';

export interface LoadedRules {
  /** By id, in order of path. */
  readonly rules: readonly AnalyticsRule[];
  /** What stopped a rule from loading (`level: 'error'`) or was read otherwise than written (`'warning'`). */
  readonly problems: readonly Problem[];
  /** YAML files that hold no analytics rule: hunting queries, entity queries, tests. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

const filesMax = 50_000;

/**
 * Reads the rules of folders (every `*.yaml` and `*.yml` in them, except `tests.yaml`) and single files. One bad rule never stops the rest: it
 * becomes a problem with path, line and reason. Of two rules with one id the first by path counts. Throws only when a path given is not there.
 */
export async function loadRules(paths: readonly string[]): Promise<LoadedRules> {
  const rules = new Map<string, AnalyticsRule>();
  const problems: Problem[] = [];
  const skipped: { path: string; reason: string }[] = [];
  for (const { file, shown } of await filesOf(paths)) {
    const outcome = parseRule(await readFile(file, 'utf8'), shown);
    if (outcome.problems) problems.push(...outcome.problems);
    if (outcome.skipped !== undefined) skipped.push({ path: shown, reason: outcome.skipped });
    if (!outcome.rule) continue;
    const other = rules.get(outcome.rule.id);
    if (other)
      problems.push({
        path: shown,
        line: 1,
        level: 'error',
        code: 'DuplicateId',
        message: `id \`${outcome.rule.id}\` is also that of ${other.path}`,
      });
    else rules.set(outcome.rule.id, outcome.rule);
  }
  return { rules: [...rules.values()], problems, skipped };
}

async function filesOf(paths: readonly string[]): Promise<{ file: string; shown: string }[]> {
  const files: { file: string; shown: string }[] = [];
  for (const path of paths) {
    if (isYaml(path)) {
      files.push({ file: path, shown: path });
      continue;
    }
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || !isYaml(entry.name) || entry.name === 'tests.yaml' || entry.name === 'tests.yml') continue;
      const file = join(entry.parentPath, entry.name);
      files.push({ file, shown: join(path, relative(path, file)) });
      if (files.length > filesMax) throw new RangeError(`more than ${filesMax} rule files`);
    }
  }
  return files.toSorted((a, b) => (a.shown < b.shown ? -1 : 1));
}

const isYaml = (path: string): boolean => /\.ya?ml$/i.test(path);
