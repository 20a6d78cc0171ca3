import { readSigma, type SigmaProblem } from '@sallyport/sigma';
import type { Problem } from '../parse.ts';
import { loadLogSources, sigmaRules } from '../sigma.ts';
import type { ReadRule } from './found.ts';
import type { ImportFile } from './unpack.ts';

/** Reads Sigma's files together, since correlations and filters name rules of other files. Each file is kept as one text. */
export async function readSigmaFiles(
  files: readonly ImportFile[],
): Promise<{ readonly found: readonly ReadRule[]; readonly problems: readonly Problem[] }> {
  if (files.length === 0) return { found: [], problems: [] };
  const read = files.map((file) => ({ file, ...readSigma(file.text, file.path) }));
  const documents = read.flatMap((one) => one.documents);
  const compiled = sigmaRules(documents, await loadLogSources());
  const faults = new Map<string, SigmaProblem[]>();
  for (const problem of [...read.flatMap(({ problems }) => problems), ...compiled.problems])
    faults.set(problem.path, [...(faults.get(problem.path) ?? []), problem]);
  const found: ReadRule[] = [];
  const problems: Problem[] = [];
  for (const { file, documents: own } of read) {
    const rules = compiled.rules.filter(({ path }) => path === file.path);
    const wrong = (faults.get(file.path) ?? []).map((problem): Problem => ({
      ...problem,
      level: 'error',
      code: 'InvalidRule',
    }));
    const id = rules[0]?.id ?? own[0]?.id ?? '';
    // A file with one bad rule among good ones is taken, and tells what is wrong.
    if (id === '' || (rules.length === 0 && wrong.length > 0)) problems.push(...wrong);
    else
      found.push({
        id,
        form: 'sigma',
        path: file.path,
        line: 1,
        text: file.text,
        rules,
        warnings: wrong.map((problem) => ({ ...problem, level: 'warning' })),
      });
  }
  return { found, problems };
}
