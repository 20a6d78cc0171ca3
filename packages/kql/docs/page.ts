import { readdirSync, readFileSync } from 'node:fs';
import { specialCallNames } from '../src/bind/expressions.ts';
import { ownCalls } from '../src/bind/calls.ts';
import { compile } from '../src/compile.ts';
import { KqlError } from '../src/errors.ts';
import { hostFunctions } from '../src/functions/hosts.ts';
import { aggregateFunctions, scalarFunctions, seriesColumns, windowFunctions } from '../src/functions/index.ts';
import { ownFunctions } from '../src/functions/entities.ts';
import { refusedFunctions } from '../src/functions/refused.ts';
import { plugins, sourcePlugins } from '../src/operators/plugins/index.ts';
import { refused as refusedPlugins } from '../src/operators/plugins/refused.ts';
import { aggregatesOfColumns } from '../src/operators/summarize.ts';
import type { KqlCatalogue } from '../src/types.ts';

/**
 * The page of what runs of Kusto's language, made from the registries: a name that is in none of them is refused when a query uses it.
 * Operators, statements and the like have no registry by their names; each has a small query in kusto.json that is compiled.
 */

interface Reference {
  readonly samples: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly functions: Readonly<Record<string, readonly string[]>>;
  readonly plugins: readonly string[];
  readonly library: readonly string[];
}
interface Entry {
  readonly name: string;
  /** Undefined: it runs. Else what to write instead. */
  readonly refusal: string | undefined;
}

const here = new URL('.', import.meta.url);
const reference = JSON.parse(readFileSync(new URL('kusto.json', here), 'utf8')) as Reference;
const catalogue: KqlCatalogue = {
  version: 'docs',
  tables: [{ name: 'T', columns: [{ name: 'a', type: 'long' }] }],
  functions: [],
};

/** Where the library has no name for a thing and can only say so. */
const hints: Readonly<Record<string, string>> = {
  'inline external table':
    'a query does not read other addresses here: keep the rows in a watchlist or a table of your own',
  external_table: 'there are no external tables: bring the data in with a source',
  graph: 'there are no stored graphs: make-graph makes one of tables',
  materialized_view: 'there are no materialized views: name a table or a stored function',
  stored_query_result: 'answers are not stored: keep the rows in a watchlist or a table of your own',
};

function compiled(name: string, query: string): Entry {
  try {
    compile(query, catalogue, { now: new Date(0), several: true });
    return { name, refusal: undefined };
  } catch (error) {
    if (!(error instanceof KqlError)) throw error;
    // What only the data knows is asked before the query runs.
    return { name, refusal: error.code === 'NeedsData' ? undefined : (hints[name] ?? error.message) };
  }
}

const functionNames: readonly { has(name: string): boolean }[] = [
  scalarFunctions,
  aggregateFunctions,
  windowFunctions,
  hostFunctions,
  seriesColumns,
  ownCalls,
  specialCallNames,
  aggregatesOfColumns,
];
const notYet = 'not supported';
const functionEntry = (name: string): Entry => ({
  name,
  refusal: functionNames.some((names) => names.has(name)) ? undefined : (refusedFunctions.get(name) ?? notYet),
});
const pluginEntry = (name: string): Entry =>
  sourcePlugins.has(name)
    ? compiled(name, `evaluate ${name}("https://example.org")`)
    : { name, refusal: plugins.has(name) ? undefined : (refusedPlugins.get(name) ?? notYet) };

/** Stored functions that ship, by their files. */
function libraryEntries(): readonly Entry[] {
  const files = new Set(readdirSync(new URL('../../../content/functions', here)).map((f) => f.replace(/\.ya?ml$/, '')));
  const refusal = 'needs code of other languages, which does not run here';
  return reference.library.map((name) => ({ name, refusal: files.has(name) ? undefined : refusal }));
}

const code = (text: string): string => (text.includes('|') ? text.replaceAll('|', '\\|') : `\`${text}\``);
function section(title: string, entries: readonly Entry[]): string {
  const runs = entries.filter((e) => e.refusal === undefined);
  const refused = entries.filter((e) => e.refusal !== undefined);
  const lines = [`## ${title}`, '', `${runs.length} of ${entries.length} run.`, ''];
  if (runs.length) lines.push(runs.map((e) => code(e.name)).join(', '), '');
  if (refused.length) {
    lines.push('| refused | what to write instead |', '| --- | --- |');
    lines.push(
      ...refused.map((e) => `| ${code(e.name)} | ${e.refusal!.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`),
      '',
    );
  }
  return lines.join('\n');
}

/** The sections of the page: each of Kusto's names with its state. */
export function states(): readonly (readonly [title: string, entries: readonly Entry[]])[] {
  return [
    ...Object.entries(reference.samples).map(
      ([title, samples]) => [title, Object.entries(samples).map(([name, query]) => compiled(name, query))] as const,
    ),
    ...Object.entries(reference.functions).map(([title, names]) => [title, names.map(functionEntry)] as const),
    ['Plugins', reference.plugins.map(pluginEntry)],
    ['Function library', libraryEntries()],
  ];
}

/** What Kusto has no name for. */
const ownSection = (): string =>
  [
    '## Functions of our own',
    '',
    '| function | what it answers |',
    '| --- | --- |',
    ...ownFunctions.map(({ name, parameters, description }) => `| \`${name}${parameters}\` | ${description} |`),
  ].join('\n');

/** Where what runs answers otherwise than Kusto does, and knowingly so. */
const differences = [
  '## Where answers differ',
  '',
  'JSON is read by the engine’s own parser, which is what makes dynamics fast, and it knows numbers by their value:',
  '',
  '- A whole real that is read out of JSON is written without `.0`: `tostring(parse_json(\'{"a":1.0}\').a)` is `1`, and `gettype` of it `long`, where Kusto keeps `1.0` and `double`. As a number it is the same. Constants (`dynamic(1.0)`) and reals packed in the query stay as they are.',
  '- `parse_json` gives a number that the engine has no place for (an integer beyond 64 bits, a real beyond Float64, a real from 2^64 to 1e21) as a string of its digits, and U+FFFD for half a surrogate pair.',
  '',
].join('\n');

/** The page, as Markdown. */
export function page(): string {
  const sections = states();
  const all = sections.flatMap(([, entries]) => entries);
  const running = all.filter((e) => e.refusal === undefined).length;
  const head = [
    '# What runs of KQL',
    '',
    'Generated by `npm run docs:kql` from the compiler’s registries and the names of Kusto’s reference; do not edit by hand.',
    `Of ${all.length} names ${running} run. A query that uses one of the others is refused before it runs, at the name’s place, with what stands here.`,
    '',
  ].join('\n');
  return `${[head, differences, ...sections.map(([title, entries]) => section(title, entries)), ownSection()].join('\n').trimEnd()}\n`;
}
