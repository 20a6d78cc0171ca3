import { looksLikeSigma } from '@sallyport/sigma';
import { parseRule, type Problem } from '../parse.ts';
import { yamlOf } from '../yaml.ts';
import { readSigmaFiles } from './sigma-files.ts';
import { armRules, looksLikeArm } from './arm.ts';
import type { Json } from './arm-expressions.ts';
import { defenderRules } from './defender.ts';
import type { FoundProblem, FoundRule, ReadRule } from './found.ts';
import type { ImportFile } from './unpack.ts';

export interface ReadImport {
  readonly found: readonly ReadRule[];
  readonly problems: readonly Problem[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Reads files in any of the forms that rules come in: Sentinel's YAML, ARM templates and solution packages, Sigma, Defender's custom detections. What is
 * wrong with one file or rule becomes a problem with its place, and the rest is read. Of two rules with one id the first counts.
 */
export async function readImport(files: readonly ImportFile[]): Promise<ReadImport> {
  const found = new Map<string, ReadRule>();
  const problems: Problem[] = [];
  const skipped: { path: string; reason: string }[] = [];
  const add = (one: ReadRule): void => {
    const other = found.get(one.id);
    if (!other) found.set(one.id, one);
    else if (other.text !== one.text)
      problems.push({
        path: one.path,
        line: one.line,
        level: 'error',
        code: 'DuplicateId',
        message: `id \`${one.id}\` is also that of ${other.path}`,
      });
    else skipped.push({ path: one.path, reason: `the same as ${other.path}` });
  };
  const sigma = files.filter(({ text }) => looksLikeSigma(text));
  for (const file of files) {
    if (sigma.includes(file)) continue;
    const read = file.path.toLowerCase().endsWith('.json') ? readJson(file) : readYaml(file);
    read.found.forEach(add);
    problems.push(...read.problems);
    skipped.push(...read.skipped);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const read = await readSigmaFiles(sigma);
  read.found.forEach(add);
  problems.push(...read.problems);
  return { found: [...found.values()], problems, skipped };
}

/** A file may hold several rules, one YAML document each. */
function readYaml({ path, text }: ImportFile): ReadImport {
  const found: ReadRule[] = [];
  const problems: Problem[] = [];
  const skipped: { path: string; reason: string }[] = [];
  let line = 1;
  const documents = path.toLowerCase().endsWith('.json') ? [text] : text.split(/^---[ \t]*\r?\n/m);
  for (const document of documents) {
    const at = line;
    line += document.split('\n').length;
    if (document.trim() === '' && documents.length > 1) continue;
    const outcome = parseRule(document, path);
    const moved = (outcome.problems ?? []).map((one) => ({ ...one, line: one.line + at - 1 }));
    if (!outcome.rule) problems.push(...moved);
    else
      found.push({
        id: outcome.rule.id,
        form: 'sentinel',
        path,
        line: at,
        text: document,
        rules: [outcome.rule],
        warnings: moved,
      });
    if (outcome.skipped !== undefined) skipped.push({ path, reason: outcome.skipped });
  }
  return { found, problems, skipped };
}

function readJson(file: ImportFile): ReadImport {
  const { path, text } = file;
  const wrong = (line: number, message: string, code: Problem['code'] = 'InvalidRule'): Problem => ({
    path,
    line,
    level: 'error',
    code,
    message,
  });
  let value: Json;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch (error) {
    const at = Number(/position (\d+)/.exec(String(error))?.[1] ?? 0);
    const line = text.slice(0, at).split('\n').length;
    return { found: [], problems: [wrong(line, 'not JSON that can be read', 'InvalidYaml')], skipped: [] };
  }
  const defender = defenderRules(value);
  const read = defender ?? (looksLikeArm(value) ? armRules(value) : undefined);
  // JSON is YAML: a rule of Sentinel's own fields.
  if (!read) return readYaml(file);
  const form = defender ? 'defender' : 'arm';
  const outcomes = read.rules.map((one) => readFound(one, form, file));
  const found = outcomes.flatMap((one) => one.rule ?? []);
  const problems = [
    ...read.problems.map((one: FoundProblem) => wrong(lineOf(text, one.at), one.message)),
    ...outcomes.flatMap((one) => one.problems),
  ];
  const none = found.length === 0 && problems.length === 0;
  return { found, problems, skipped: none ? [{ path, reason: 'a template without analytics rules' }] : [] };
}

function readFound(
  { fields, at, warnings }: FoundRule,
  form: 'arm' | 'defender',
  file: ImportFile,
): { readonly rule?: ReadRule; readonly problems: readonly Problem[] } {
  const line = lineOf(file.text, at);
  const text = yamlOf(fields);
  const { rule, problems = [], skipped } = parseRule(text, file.path);
  const name = at === '' ? '' : `${at}: `;
  const moved = problems.map((one): Problem => ({ ...one, line, message: `${name}${one.message}` }));
  if (!rule)
    return {
      problems:
        moved.length > 0
          ? moved
          : [{ path: file.path, line, level: 'error', code: 'InvalidRule', message: `${name}${skipped ?? 'no rule'}` }],
    };
  const more = warnings.map((message): Problem => ({
    path: file.path,
    line,
    level: 'warning',
    code: 'Ignored',
    message,
  }));
  return {
    rule: { id: rule.id, form, path: file.path, line, text, rules: [rule], warnings: [...moved, ...more] },
    problems: [],
  };
}

function lineOf(text: string, at: string): number {
  const index = at === '' ? -1 : text.indexOf(JSON.stringify(at));
  return index < 0 ? 1 : text.slice(0, index).split('\n').length;
}
