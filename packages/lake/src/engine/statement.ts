import { isAbsolute, normalize, sep } from 'node:path';
import { EngineError } from './errors.ts';
import { tokens, type Token } from '../tokens.ts';
import { sqlString } from '../sql.ts';

/** What the HTTP layer has to know of a statement. */
export interface Statement {
  /** First word, upper case: SELECT, INSERT, KILL, … */
  readonly verb: string;
  /** An INSERT whose rows follow its `FORMAT x`: the text up to FORMAT, the format, and where in the text the rows begin. */
  readonly data?: { readonly format: string; readonly formatStart: number; readonly dataStart: number };
  /** Where `FROM INFILE` may be written: before SETTINGS or FORMAT. */
  readonly infileAt?: number;
  /** A call of `input('structure')`. */
  readonly input?: { readonly start: number; readonly end: number; readonly structure: string };
}

/** Table functions that leave the engine. `file` is apart: allowed inside the given folders. */
const outside = new Set(
  (
    'url urlcluster s3 s3cluster gcs oss cosn hdfs hdfscluster azureblobstorage azureblobstoragecluster mysql postgresql mongodb redis sqlite ' +
    'odbc jdbc executable iceberg icebergs3 iceberglocal icebergazure deltalake deltalakelocal deltalakes3 hudi ytsaurus arrowflight python ' +
    'filecluster paimon paimonlocal'
  ).split(' '),
);

function literal(token: Token | undefined): string | undefined {
  if (token?.kind !== 'string' || !token.text.startsWith("'")) return undefined;
  const body = token.text.slice(1, -1);
  // Other escapes (\n, \x41) have no place in a path or a structure.
  if (/\\[^\\']/.test(body)) return undefined;
  return body.replaceAll(/\\(.)|''/g, (_, escaped?: string) => escaped ?? "'");
}

function checkFile(path: string | undefined, folders: readonly string[]): void {
  const inside =
    path !== undefined &&
    isAbsolute(path) &&
    normalize(path) === path &&
    !/[*?{}]/.test(path) &&
    folders.some((folder) => path.startsWith(folder + sep));
  if (!inside) throw new EngineError(291, 'file() reads the spool folder only', 'DATABASE_ACCESS_DENIED');
}

function checkCall(all: readonly Token[], at: number, folders: readonly string[]): void {
  const name = all[at]!;
  if ((name.kind !== 'word' && name.kind !== 'name') || all[at + 1]?.text !== '(') return;
  const called = (name.kind === 'name' ? name.text.slice(1, -1) : name.text).toLowerCase();
  if (called === 'file') checkFile(literal(all[at + 2]), folders);
  else if (outside.has(called))
    throw new EngineError(497, `the function ${called} is not available here`, 'ACCESS_DENIED');
}

function dataOf(all: readonly Token[], sql: string): Statement['data'] | undefined {
  const last = all.at(-1);
  const before = all.at(-2);
  if (last?.kind !== 'word' || before?.text.toUpperCase() !== 'FORMAT') return undefined;
  const end = sql.charAt(last.end) === '\n' || sql.charAt(last.end) === ' ' ? last.end + 1 : last.end;
  return { format: last.text, formatStart: before.start, dataStart: end };
}

/** Tokens up to where inline rows begin: after `FORMAT x` or `VALUES` of an INSERT. */
function head(sql: string): Token[] {
  const all: Token[] = [];
  let insert = false;
  for (const token of tokens(sql)) {
    if (all.length === 0) insert = token.text.toUpperCase() === 'INSERT';
    all.push(token);
    if (!insert || token.kind !== 'word') continue;
    if (token.text.toUpperCase() === 'VALUES') break;
    const before = all.at(-2);
    if (before?.kind === 'word' && before.text.toUpperCase() === 'FORMAT') break;
  }
  return all;
}

/**
 * Reads a statement and refuses what has no place at this door: several statements, files outside `folders`, INTO OUTFILE, FROM INFILE,
 * table functions that reach other machines or programs. Throws EngineError.
 */
export function readStatement(sql: string, folders: readonly string[]): Statement {
  const all = head(sql);
  const verb = all[0]?.text.toUpperCase();
  if (verb === undefined) throw new EngineError(62, 'Empty query', 'SYNTAX_ERROR');
  let settingsAt: number | undefined;
  let input: Statement['input'];
  for (const [at, token] of all.entries()) {
    checkCall(all, at, folders);
    const text = token.kind === 'word' ? token.text.toUpperCase() : token.text;
    if (text === ';' && at !== all.length - 1)
      throw new EngineError(62, 'Multi-statements are not allowed', 'SYNTAX_ERROR');
    if (text === 'OUTFILE' || text === 'INFILE')
      throw new EngineError(497, `${text} is not available here`, 'ACCESS_DENIED');
    if (text === 'SETTINGS' && verb === 'INSERT') settingsAt ??= token.start;
    if (text === 'INPUT' && all[at + 1]?.text === '(' && all[at + 3]?.text === ')') {
      const structure = literal(all[at + 2]);
      if (structure !== undefined) input = { start: token.start, end: all[at + 3]!.end, structure };
    }
  }
  const data = verb === 'INSERT' ? dataOf(all, sql) : undefined;
  return {
    verb,
    ...(data ? { data, infileAt: Math.min(settingsAt ?? data.formatStart, data.formatStart) } : {}),
    ...(input ? { input } : {}),
  };
}

/**
 * An INSERT whose rows are in the file `path`, as a statement that chDB runs: it reads no stream, and rows of `input()` given
 * inline are lost without a word, so `input()` becomes `file()` and `FORMAT x` becomes `FROM INFILE`.
 */
export function insertFromFile(sql: string, statement: Statement, path: string): string {
  const { data, input, infileAt } = statement;
  if (!data) return sql;
  const file = sqlString(path);
  if (!input)
    return `${sql.slice(0, infileAt)} FROM INFILE ${file} COMPRESSION 'none' ${sql.slice(infileAt, data.formatStart)} FORMAT ${data.format}`;
  const source = `file(${file}, ${sqlString(data.format)}, ${sqlString(input.structure)}, 'none')`;
  return sql.slice(0, input.start) + source + sql.slice(input.end, data.formatStart);
}
