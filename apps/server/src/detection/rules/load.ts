import { readFile } from 'node:fs/promises';
import { looksLikeSigma, readSigma, type Placeholders, type SigmaDocument, type SigmaProblem } from '@sallyport/sigma';
import { ruleFiles, type RuleFile } from './files.ts';
import { parseRule, type Problem } from './parse.ts';
import { isPlaceholderFile, readPlaceholders } from './placeholders.ts';
import type { AnalyticsRule } from './rule.ts';
import { loadLogSources, sigmaRules } from './sigma.ts';

export interface LoadedRules {
  /** By id: Sentinel's in order of path, then Sigma's. */
  readonly rules: readonly AnalyticsRule[];
  /** What stopped a rule from loading (`level: 'error'`) or was read otherwise than written (`'warning'`). */
  readonly problems: readonly Problem[];
  /** YAML files that hold no analytics rule: hunting queries, entity queries, tests. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Reads the rules of folders, Microsoft Sentinel's and Sigma's beside each other (every `*.yaml` and `*.yml` in them, except `tests.yaml`), and single
 * files. One bad rule never stops the rest: it becomes a problem with path, line and reason. `placeholders.yml` has the values of Sigma's placeholders. Of
 * two rules with one id the first counts. Throws only when a path given is not there.
 */
export async function loadRules(paths: readonly string[]): Promise<LoadedRules> {
  const { documents, problems: faults, others } = await readRuleFiles(paths);
  const rules = new Map<string, AnalyticsRule>();
  const problems: Problem[] = faults.map(asProblem);
  const skipped: { path: string; reason: string }[] = [];
  const add = (rule: AnalyticsRule): void => {
    const other = rules.get(rule.id);
    if (other) problems.push(duplicate(rule, other));
    else rules.set(rule.id, rule);
  };
  for (const { text, shown } of others) {
    const outcome = parseRule(text, shown);
    if (outcome.problems) problems.push(...outcome.problems);
    if (outcome.skipped !== undefined) skipped.push({ path: shown, reason: outcome.skipped });
    if (outcome.rule) add(outcome.rule);
  }
  if (documents.length > 0) {
    const compiled = sigmaRules(documents, await loadLogSources());
    problems.push(...compiled.problems.map(asProblem));
    compiled.rules.forEach(add);
  }
  return { rules: [...rules.values()], problems, skipped };
}

export interface ReadRuleFiles {
  /** Of Sigma. */
  readonly documents: readonly SigmaDocument[];
  readonly problems: readonly SigmaProblem[];
  /** Files that are no Sigma. */
  readonly others: readonly { readonly shown: string; readonly text: string }[];
}

/** Tells Sigma's files from others and reads them, with the placeholders of the folders' files. */
export async function readRuleFiles(paths: readonly string[]): Promise<ReadRuleFiles> {
  const files = await ruleFiles(paths);
  const problems: SigmaProblem[] = [];
  const placeholders = await placeholdersOf(files, problems);
  const documents: SigmaDocument[] = [];
  const others: { shown: string; text: string }[] = [];
  for (const { file, shown } of files.filter((one) => !isPlaceholderFile(one.file))) {
    const text = await readFile(file, 'utf8');
    if (!looksLikeSigma(text)) {
      others.push({ shown, text });
      continue;
    }
    const read = readSigma(text, shown, placeholders);
    problems.push(...read.problems);
    documents.push(...read.documents);
  }
  return { documents, problems, others };
}

async function placeholdersOf(files: readonly RuleFile[], problems: SigmaProblem[]): Promise<Placeholders> {
  const values = new Map<string, readonly string[]>();
  for (const { file, shown } of files.filter((one) => isPlaceholderFile(one.file))) {
    const read = readPlaceholders(await readFile(file, 'utf8'));
    if (typeof read === 'string') problems.push({ path: shown, line: 1, message: read });
    else for (const [name, list] of read) values.set(name, list);
  }
  return values;
}

const asProblem = (problem: SigmaProblem): Problem => ({ ...problem, level: 'error', code: 'InvalidRule' });

const duplicate = (rule: AnalyticsRule, other: AnalyticsRule): Problem => ({
  path: rule.path,
  line: 1,
  level: 'error',
  code: 'DuplicateId',
  message: `id \`${rule.id}\` is also that of ${other.path}`,
});
