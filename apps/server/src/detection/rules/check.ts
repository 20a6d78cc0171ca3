import { SallyportError } from '@sallyport/contracts';
import { looksLikeSigma, readSigma } from '@sallyport/sigma';
import type { Queries } from '../../hunting/index.ts';
import { parseRule, type Problem } from './parse.ts';
import type { AnalyticsRule } from './rule.ts';
import { loadLogSources, sigmaRules } from './sigma.ts';

export interface CheckedText {
  readonly format: 'sentinel' | 'sigma';
  /** One of Sentinel; of Sigma as many as the text has. */
  readonly rules: readonly AnalyticsRule[];
  /** `error`: it may not be saved. `warning`: it is read otherwise than written, or its query does not compile today. */
  readonly problems: readonly Problem[];
  /** Why the text is no analytics rule at all. */
  readonly skipped?: string;
}

/** Reads a text as rules, by what it looks like. `path` is what problems say. Never throws. */
export async function readText(text: string, path: string): Promise<CheckedText> {
  if (looksLikeSigma(text)) {
    const read = readSigma(text, path);
    const compiled = sigmaRules(read.documents, await loadLogSources());
    const problems = [...read.problems, ...compiled.problems].map((problem): Problem => ({
      ...problem,
      level: 'error',
      code: 'InvalidRule',
    }));
    return { format: 'sigma', rules: compiled.rules, problems };
  }
  const { rule, problems = [], skipped } = parseRule(text, path);
  return {
    format: 'sentinel',
    rules: rule ? [rule] : [],
    problems,
    ...(skipped === undefined ? {} : { skipped }),
  };
}

/** What keeps the query of a rule from running over the tables that there are now, at its line in the rule's text. */
export function queryProblem(queries: Queries, rule: AnalyticsRule, now: Date): Problem | undefined {
  try {
    queries.compile(rule.query, { now, noData: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    const at = Number(/^\d+/.exec(error.target ?? '')?.[0] ?? 0);
    return {
      path: rule.path,
      line: lineOfQuery(rule, at),
      level: 'warning',
      code: 'InvalidQuery',
      message: `query: ${error.message}`,
    };
  }
}

/** The line of a character of the query in the text that it stands in. */
function lineOfQuery(rule: AnalyticsRule, at: number): number {
  const inQuery = rule.query.slice(0, at).split('\n').length;
  const first = rule.query.split('\n', 1)[0] ?? '';
  const start = rule.yaml.split('\n').findIndex((line) => line.includes(first));
  return Math.max(1, start + inQuery);
}
