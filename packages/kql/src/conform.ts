import { readFile } from 'node:fs/promises';
import { compileAsking } from './compile.ts';
import { KqlError } from './errors.ts';
import type { Column, KqlCatalogue } from './types.ts';

/** Runs one SELECT and answers its rows, each an array of JSON values in the order of the columns. */
export type Executor = (sql: string) => Promise<readonly (readonly unknown[])[]> | readonly (readonly unknown[])[];

export interface ConformCase {
  readonly id: string;
  readonly state: 'passed' | 'failed' | 'errored';
  readonly message: string;
}
export interface ConformReport {
  readonly total: number;
  readonly passed: number;
  /** Wrong columns or rows. */
  readonly failed: number;
  /** Refused by us, or by the engine. */
  readonly errored: number;
  readonly cases: readonly ConformCase[];
}

export interface ConformOptions {
  /** What `now()` answers. Default: the moment of the call. */
  readonly now?: Date;
  /** Only cases with this text in their id or query. */
  readonly only?: string;
}

interface Case {
  readonly id: string;
  readonly query: string;
  readonly error?: string;
  readonly expected?: {
    readonly columns: readonly string[];
    readonly types?: readonly string[];
    readonly typeClasses?: readonly string[];
    readonly rows: readonly (readonly unknown[])[];
  };
  readonly ordered?: boolean;
}

const emptyCatalogue: KqlCatalogue = { version: 'none', tables: [], functions: [] };
const netTypes: Readonly<Record<string, string>> = {
  SByte: 'bool',
  Boolean: 'bool',
  Bool: 'bool',
  Int32: 'int',
  Int64: 'long',
  Double: 'real',
  Real: 'real',
  String: 'string',
  DateTime: 'datetime',
  TimeSpan: 'timespan',
  Guid: 'guid',
  SqlDecimal: 'decimal',
  Decimal: 'decimal',
  Object: 'dynamic',
  Dynamic: 'dynamic',
};

const sameNumber = (a: number, b: number): boolean =>
  a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};
/** `sets`: arrays are compared without their order. */
function sameJson(a: unknown, b: unknown, sets: boolean): boolean {
  if (typeof a === 'number' && typeof b === 'number') return sameNumber(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    if (!sets) return a.length === b.length && a.every((x, i) => sameJson(x, b[i], sets));
    const left: unknown[] = [...(b as unknown[])];
    return (
      a.length === b.length &&
      a.every((x) => {
        const at = left.findIndex((y) => sameJson(x, y, sets));
        if (at >= 0) left.splice(at, 1);
        return at >= 0;
      })
    );
  }
  if (a !== null && b !== null && typeof a === 'object' && typeof b === 'object') {
    const l = Object.entries(a);
    const r = new Map(Object.entries(b));
    return l.length === r.size && l.every(([k, v]) => r.has(k) && sameJson(v, r.get(k), sets));
  }
  return a === b;
}
const ticks = (text: string): string =>
  text
    .replace(/Z$/, '')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
    .replace(' ', 'T');

/** Whether our cell says what the real engine said. */
function sameCell(column: Column, ours: unknown, theirs: unknown, sets: boolean): boolean {
  // Microsoft's pages write a null out.
  if (theirs === 'null' && column.type !== 'string') return ours === null || ours === '';
  switch (column.type) {
    case 'dynamic': {
      const mine = typeof ours === 'string' ? (ours === '' ? null : parsed(ours)) : ours;
      const his = typeof theirs === 'string' ? (theirs === '' ? null : parsed(theirs)) : theirs;
      return sameJson(mine, his, sets) || sameJson(mine, theirs, sets) || (mine === null && theirs === '');
    }
    case 'bool':
      return ours === theirs || (typeof theirs === 'number' && ours === (theirs !== 0));
    case 'int':
    case 'long':
      return ours === theirs || (ours !== null && theirs !== null && Number(ours) === Number(theirs));
    case 'real':
    case 'decimal':
      if (ours === null || theirs === null) return ours === theirs || (ours === 'NaN' && theirs === null);
      return sameNumber(Number(ours), Number(theirs)) || ours === theirs;
    case 'datetime':
      return (
        ours === theirs || (typeof ours === 'string' && typeof theirs === 'string' && ticks(ours) === ticks(theirs))
      );
    default:
      return ours === theirs || (ours === '' && theirs === null);
  }
}

const sameRow = (columns: readonly Column[], a: readonly unknown[], b: readonly unknown[], sets: boolean): boolean =>
  a.length === b.length && columns.every((c, i) => sameCell(c, a[i], b[i], sets));

function sameRows(
  columns: readonly Column[],
  ours: readonly (readonly unknown[])[],
  theirs: readonly (readonly unknown[])[],
  ordered: boolean,
  sets: boolean,
): boolean {
  if (ours.length !== theirs.length) return false;
  if (ordered) return ours.every((row, i) => sameRow(columns, row, theirs[i]!, sets));
  const left = [...theirs];
  return ours.every((row) => {
    const at = left.findIndex((other) => sameRow(columns, row, other, sets));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** Whether arrays come of what has no order, and nothing sorts them. */
const gathersSets = (query: string): boolean =>
  /\b(?:make_?set(?:_if)?|set_(?:union|intersect|difference))\s*\(/.test(query) && !/\barray_sort_/.test(query);

/** Whether the last thing that shapes the rows is a sort. */
const sorts = (query: string): boolean => {
  const last = query.split(/\b(?:summarize|join|union|mv-expand|distinct|make-series|lookup)\b/).at(-1) ?? '';
  return /\|\s*(?:sort|order|top)\s/.test(last);
};

function wrong(testCase: Case, columns: readonly Column[], rows: readonly (readonly unknown[])[]): string | undefined {
  const { expected } = testCase;
  if (!expected) return 'the real engine rejects this query';
  const names = columns.map((c) => c.name);
  if (JSON.stringify(names) !== JSON.stringify(expected.columns))
    return `columns ${JSON.stringify(names)}, expected ${JSON.stringify(expected.columns)}`;
  const types = columns.map((c) => c.type);
  const exact = expected.types?.map((t) => netTypes[t] ?? t);
  if (exact && JSON.stringify(exact) !== JSON.stringify(types))
    return `types ${types.join()}, expected ${exact.join()}`;
  const classes = expected.typeClasses?.map((t) => netTypes[t] ?? t.toLowerCase());
  const merged = types.map((t) => (t === 'long' ? 'int' : t === 'decimal' ? 'real' : t));
  if (classes && JSON.stringify(classes) !== JSON.stringify(merged))
    return `types ${merged.join()}, expected ${classes.join()}`;
  const ordered = testCase.ordered === true || sorts(testCase.query);
  if (sameRows(columns, rows, expected.rows, ordered, gathersSets(testCase.query))) return undefined;
  const show = (r: unknown): string => JSON.stringify(r).slice(0, 600);
  return `rows ${show(rows)}, expected ${show(expected.rows)}`;
}

async function runCase(testCase: Case, execute: Executor, now: Date): Promise<ConformCase> {
  const { id } = testCase;
  try {
    const compiled = await compileAsking(testCase.query, emptyCatalogue, { now }, async (sql) => execute(sql));
    const rows = await execute(compiled.sql);
    const message = wrong(testCase, compiled.columns, rows);
    return { id, state: message === undefined ? 'passed' : 'failed', message: message ?? '' };
  } catch (error) {
    const rejected = error instanceof KqlError;
    const message = error instanceof Error ? `${rejected ? error.code : 'engine'}: ${error.message}` : String(error);
    if (testCase.error !== undefined)
      return { id, state: rejected ? 'passed' : 'errored', message: rejected ? '' : message };
    return { id, state: 'errored', message };
  }
}

/**
 * Runs a file of cases (JSON lines: `query` with `expected` columns, types and rows, or with the `error` of the real engine) and
 * compares. Rows are compared in order where the query sorts, else as a multiset; reals to 1e-9. Throws when the file cannot be read.
 */
export async function conform(
  casesFile: string,
  execute: Executor,
  options: ConformOptions = {},
): Promise<ConformReport> {
  const { now = new Date(), only = '' } = options;
  const text = await readFile(casesFile, 'utf8');
  const cases: ConformCase[] = [];
  for (const line of text.split('\n')) {
    if (!line.trim()) continue;
    const testCase = JSON.parse(line) as Case;
    if (testCase.id.includes(only) || testCase.query.includes(only)) cases.push(await runCase(testCase, execute, now));
  }
  const count = (state: ConformCase['state']): number => cases.filter((c) => c.state === state).length;
  return { total: cases.length, passed: count('passed'), failed: count('failed'), errored: count('errored'), cases };
}
