import { SallyportError } from '@sallyport/contracts';
import { KqlError, type Kql } from '@sallyport/kql';
import type { Lake } from '@sallyport/lake';
import { loadLogSources, readRuleFiles } from '@sallyport/server';
import { compileSigma, type CompiledSigma } from '@sallyport/sigma';
import type { Failure } from './items.ts';

export interface CheckedSigma {
  /** Rules, correlations and filters, those that could not be read too. */
  readonly total: number;
  readonly failures: readonly Failure[];
}

/** Conditions that one statement holds: their view is analysed once for all of them. */
const batchMax = 50;

/** Compiles the Sigma rules of files and folders; with `run` also asks what they compile to of empty tables. Other files are not looked at. */
export async function checkSigma(paths: readonly string[], kql: Kql, lake: Lake, run: boolean): Promise<CheckedSigma> {
  const { documents, problems } = await readRuleFiles(paths);
  if (documents.length + problems.length === 0) return { total: 0, failures: [] };
  const compiled = compileSigma(documents, { logSources: await loadLogSources() });
  const failures: Failure[] = [...problems, ...compiled.problems].map(({ path, line, message }) => ({
    path,
    code: 'InvalidSigma',
    message: `${message} (line ${line})`,
  }));
  const unread = new Set(problems.map(({ path }) => path)).size;
  const whole = compiled.rules.filter(({ condition }) => condition === undefined);
  for (const rule of whole) failures.push(...(await faultsOf([rule], kql, lake, run)));
  const byView = Map.groupBy(
    compiled.rules.filter(({ condition }) => condition !== undefined),
    ({ view }) => view,
  );
  for (const rules of byView.values())
    for (let at = 0; at < rules.length; at += batchMax)
      failures.push(...(await faultsOf(rules.slice(at, at + batchMax), kql, lake, run)));
  return { total: documents.length + unread, failures };
}

/** Which of some rules of one view are wrong: all at once, and when that fails by halves. */
async function faultsOf(rules: readonly CompiledSigma[], kql: Kql, lake: Lake, run: boolean): Promise<readonly Failure[]> {
  const failure = await faultOf(textOf(rules), kql, lake, run);
  if (!failure) return [];
  if (rules.length === 1) return [{ path: rules[0]!.head.path, ...failure }];
  const half = Math.ceil(rules.length / 2);
  return [
    ...(await faultsOf(rules.slice(0, half), kql, lake, run)),
    ...(await faultsOf(rules.slice(half), kql, lake, run)),
  ];
}

function textOf(rules: readonly CompiledSigma[]): string {
  const [first] = rules;
  if (rules.length === 1 || first?.view === undefined) return first?.query ?? '';
  return `${first.view}\n| project ${rules.map(({ condition }, at) => `R${at} = (${condition})`).join(',\n')}`;
}

async function faultOf(text: string, kql: Kql, lake: Lake, run: boolean): Promise<Omit<Failure, 'path'> | undefined> {
  try {
    const { sql, reads } = kql.compile(text, { now: new Date(), database: lake.workspace, maxRows: 10, noData: true });
    const tables = [...new Set(reads.map(({ table }) => table))];
    if (run) await lake.query(sql, { operation: 'content check', tables });
    return undefined;
  } catch (error) {
    if (error instanceof KqlError) return { code: error.code, message: error.message };
    if (error instanceof SallyportError)
      return { code: error.code, message: error.cause instanceof Error ? `${error.message}: ${error.cause.message.slice(0, 500)}` : error.message };
    throw error;
  }
}
