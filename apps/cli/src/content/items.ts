import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { checkWorkbook, NotAWorkbook, parseWorkbook } from '@sallyport/contracts';
import type { FunctionDefinition } from '@sallyport/kql';
import { looksLikeSigma } from '@sallyport/sigma';

/** A query as its file has it. */
export interface Item {
  /** The file; of JSON lines with `:<line>`. */
  readonly path: string;
  readonly query: string;
  /** Of a parser or function: what it takes, and the names that queries call it by. */
  readonly callable?: Callable;
}
export interface Callable {
  readonly names: readonly string[];
  readonly parameters: readonly Parameter[];
}
export interface Parameter {
  readonly name: string;
  /** A scalar type, or the columns of a table: `(TimeGenerated:datetime)`, `(*)`. */
  readonly type: string;
  /** As Kusto writes it. */
  readonly default: string | undefined;
}
export interface Failure {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

const identifier = /^[A-Za-z_]\w*$/;

/** Parameters as Azure-Sentinel's parsers have them: `T:(a:string)` of type `table`, defaults as values or as text. */
const ParserParameter = z
  .object({
    Name: z.string(),
    Type: z.string(),
    Default: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
  })
  .transform(({ Name, Type, Default }): Parameter => {
    const [name = Name, columns] = /^(\w+)\s*:\s*(\(.*\))$/s.exec(Name)?.slice(1) ?? [];
    return { name, type: columns ?? (Type === 'table' ? '(*)' : Type), default: defaultText(Type, Default) };
  });

/** A text default is a text, and of other types it is an expression: `datetime(null)`. */
function defaultText(type: string, value: string | number | boolean | null | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return type === 'string' ? JSON.stringify(String(value)) : String(value);
}

const Parser = z
  .object({
    name: z.string().nullish(),
    builtin: z.string().nullish(),
    functionAlias: z.string().optional(),
    params: z.array(ParserParameter).nullish(),
    query: z.string().min(1),
    kind: z.string().optional(),
    severity: z.string().optional(),
  })
  .transform((p) => ({ ...p, builtin: p.builtin ?? p.functionAlias }));
/** A custom detection of Defender XDR, as Microsoft Graph has it. */
const CustomDetection = z
  .object({ displayName: z.string().optional(), queryCondition: z.object({ queryText: z.string().min(1) }) })
  .transform((d) => ({ name: d.displayName, params: undefined, query: d.queryCondition.queryText, kind: 'Custom' }));
/** A rule as PowerShell's AzSentinel exports it, and as a template for deployment has it. */
const ExportedRule = z
  .object({ DisplayName: z.string().optional(), Query: z.string().min(1) })
  .transform((r) => ({ name: r.DisplayName, params: undefined, query: r.Query, kind: 'Exported' }));
const DeployedRule = z
  .object({ properties: z.object({ displayName: z.string().optional(), query: z.string().min(1) }) })
  .transform(({ properties: r }) => ({ name: r.displayName, params: undefined, query: r.query, kind: 'Deployed' }));
/** The file format of ASIM parsers in Microsoft's repository. */
const ParserFile = z
  .object({
    ParserName: z.string(),
    EquivalentBuiltInParser: z.string().optional(),
    ParserParams: z.array(ParserParameter).optional(),
    ParserQuery: z.string().min(1),
  })
  .transform((p) => ({
    name: p.ParserName,
    builtin: p.EquivalentBuiltInParser,
    params: p.ParserParams ?? [],
    query: p.ParserQuery,
  }));
/** And of its other functions. */
const FunctionFile = z
  .object({ FunctionName: z.string(), FunctionAlias: z.string().optional(), FunctionQuery: z.string().min(1) })
  .transform((p) => ({ name: p.FunctionName, builtin: p.FunctionAlias, params: [], query: p.FunctionQuery }));

function itemOf(path: string, raw: unknown): Item | undefined {
  const parsed = z
    .union([ParserFile, FunctionFile, Parser, CustomDetection, ExportedRule, DeployedRule])
    .safeParse(raw);
  if (!parsed.success) return undefined;
  const { name, builtin, params, query, kind, severity } = {
    builtin: undefined,
    kind: undefined,
    severity: undefined,
    ...parsed.data,
  };
  // Sentinel has the functions of ASIM's library built in under a name with an underscore in front.
  const library = name?.startsWith('ASIM_') ? `_${name}` : undefined;
  const names = [name, builtin, library].flatMap((n) => (n && identifier.test(n) ? [n] : []));
  const callable = (params ?? undefined) !== undefined || (kind === undefined && severity === undefined);
  return { path, query, ...(callable ? { callable: { names, parameters: params ?? [] } } : {}) };
}

/** Every query in the files and folders given, and what could not be read. Sigma is not looked at here. */
export function collect(paths: readonly string[]): { items: Item[]; failures: Failure[] } {
  const items: Item[] = [];
  const failures: Failure[] = [];
  for (const path of paths.flatMap(filesOf)) {
    const workbook = isJson(path) ? readWorkbook(path) : undefined;
    items.push(...(workbook?.items ?? []));
    failures.push(...(workbook?.failures ?? []));
    // Other JSON that lies in a folder may be anything.
    if (workbook || (isJson(path) && !paths.includes(path))) continue;
    for (const entry of entriesOf(path, paths.includes(path))) {
      try {
        const item = itemOf(entry.path, entry.parse());
        if (item) items.push(item);
        else if (!path.endsWith('tests.yaml'))
          failures.push({ path: entry.path, code: 'NoQuery', message: 'it has no `query`' });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failures.push({ path: entry.path, code: 'NotReadable', message });
      }
    }
  }
  return { items, failures };
}

const isJson = (path: string): boolean => /\.(?:json|workbook)$/i.test(path);
/** A workbook, or a template that holds one. */
const isWorkbook = (text: string): boolean => /"Notebook\/1\.0\\?"/.test(text);

/** The queries of a workbook, each with its part's name, and the parts that are not drawn; undefined for a file that holds none. */
function readWorkbook(path: string): { items: Item[]; failures: Failure[] } | undefined {
  const text = readFileSync(path, 'utf8');
  if (!isWorkbook(text)) return undefined;
  try {
    const { queries, notDrawn } = checkWorkbook(parseWorkbook(text).document, new Date());
    return {
      items: queries.map(({ place, query }) => ({ path: `${path}: ${place}`, query })),
      failures: notDrawn.map(({ place, reason }) => ({ path: `${path}: ${place}`, code: 'NotDrawn', message: reason })),
    };
  } catch (error) {
    if (!(error instanceof NotAWorkbook)) throw error;
    return { items: [], failures: [{ path, code: 'NotReadable', message: error.message }] };
  }
}

/** Of JSON lines that were found in a folder, those of queries: others are logs. */
function entriesOf(path: string, named: boolean): { path: string; parse: () => unknown }[] {
  const text = readFileSync(path, 'utf8');
  if (!path.endsWith('.jsonl')) return isSigma(path, text) ? [] : [{ path, parse: () => parseYaml(text) as unknown }];
  if (!named && !/"query"\s*:/.test(text)) return [];
  return text
    .split('\n')
    .flatMap((line, n) =>
      line.trim() === '' ? [] : [{ path: `${path}:${n + 1}`, parse: () => JSON.parse(line) as unknown }],
    );
}

/** Rules, and the values of their placeholders. */
const isSigma = (path: string, text: string): boolean =>
  looksLikeSigma(text) || /(^|\/)placeholders\.ya?ml$/i.test(path);

const filesOf = (path: string): string[] =>
  statSync(path).isDirectory()
    ? globSync('**/*.{yaml,yml,jsonl,json,workbook}', { cwd: path })
        .map((file) => join(path, file))
        .toSorted()
    : [path];

const declaration = ({ name, type, default: value }: Parameter): string =>
  `${name}:${type}${value === undefined ? '' : `=${value}`}`;
const parameterList = (parameters: readonly Parameter[]): string => `(${parameters.map(declaration).join(', ')})`;

/**
 * What the items may call: the functions among them, the first of a name, and of those that ship the ones that no item replaces. None takes the name of a
 * table.
 */
export function functionsOf(
  items: readonly Item[],
  shipped: readonly FunctionDefinition[],
  tables: Iterable<string>,
): FunctionDefinition[] {
  const taken = new Set(tables);
  const functions: FunctionDefinition[] = [];
  for (const { query, callable } of items)
    for (const name of callable?.names ?? []) {
      if (taken.has(name)) continue;
      taken.add(name);
      functions.push({ name, parameters: parameterList(callable!.parameters), body: query });
    }
  return [...shipped.filter((f) => !taken.has(f.name)), ...functions];
}

const emptyOf = (type: string): string =>
  type.startsWith('(')
    ? `(datatable${type === '(*)' ? '(TimeGenerated:datetime)' : type}[])`
    : type === 'string'
      ? "''"
      : `${type}(null)`;

/**
 * The text to compile: of a function its call, with its defaults and otherwise nothing; in a `print` when it gives a value and no table.
 * Its query begins at `offset`.
 */
export function textOf({ query, callable }: Item, gives: 'table' | 'value'): { text: string; offset: number } {
  if (!callable || (callable.parameters.length === 0 && gives === 'table')) return { text: query, offset: 0 };
  const head = `let __checked = ${parameterList(callable.parameters)} {`;
  const args = callable.parameters.filter((p) => p.default === undefined).map((p) => emptyOf(p.type));
  return { text: `${head}${query}\n};\n${gives === 'value' ? 'print ' : ''}__checked(${args.join(', ')})`, offset: head.length };
}
