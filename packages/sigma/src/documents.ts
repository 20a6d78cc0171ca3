import { correlationOf } from './correlation-document.ts';
import { detectionOf, type Placed } from './detection.ts';
import type { Placeholders } from './modifiers.ts';
import { durationOf } from './duration.ts';
import {
  levels,
  SigmaError,
  type Head,
  type LogSourceOfRule,
  type SigmaDocument,
  type SigmaFilter,
  type SigmaProblem,
  type SigmaRule,
} from './types.ts';
import { isNothing, readYaml, scalarOf, textOf, type Entry, type Source } from './yaml.ts';

export interface ReadSigma {
  readonly documents: readonly SigmaDocument[];
  readonly problems: readonly SigmaProblem[];
}

/** A file of this many characters is no rule. */
const textCharsMax = 4 * 1_024 * 1_024;
const documentsMax = 1_000;

/** Whether a text looks like Sigma, as against rules in other YAML: it has a title and what it looks for. */
export function looksLikeSigma(text: string): boolean {
  return /^title\s*:/m.test(text) && /^(detection|correlation|filter)\s*:/m.test(text) && !/^query\s*:/m.test(text);
}

/**
 * Reads the rules, correlations and filters of a text, one YAML document each. A document with `action: global` is laid under those after it, `reset`
 * ends that, `repeat` takes the document before. Never throws: what is wrong comes back with its line, and stops no other document.
 */
export function readSigma(text: string, path: string, placeholders: Placeholders = new Map()): ReadSigma {
  if (text.length > textCharsMax)
    return { documents: [], problems: [{ path, line: 1, message: `more than ${textCharsMax} characters` }] };
  const { sources, faults } = readYaml(text);
  const problems: SigmaProblem[] = faults.map((fault) => ({ path, ...fault }));
  if (sources.length > documentsMax)
    problems.push({ path, line: 1, message: `more than ${documentsMax} documents: the rest is left out` });
  const documents: SigmaDocument[] = [];
  let under: readonly Layer[] = [];
  let previous: readonly Layer[] = [];
  for (const source of sources.slice(0, documentsMax)) {
    try {
      const entries = source.entries(source.root, 'the document');
      const layer: Layer = { source, entries };
      const action = entries.find(({ key }) => key === 'action');
      const name = action ? textOf(action.value, 'action').toLowerCase() : undefined;
      if (name === 'global') under = [...under, layer];
      else if (name === 'reset') under = [];
      else {
        const layers = name === 'repeat' ? [...previous, layer] : [...under, layer];
        previous = layers;
        documents.push(documentOf(layers, path, placeholders));
      }
    } catch (error) {
      problems.push(problemOf(error, path));
    }
  }
  return { documents, problems };
}

/** An error of ours as a problem; others are thrown on. */
export function problemOf(error: unknown, path: string): SigmaProblem {
  if (error instanceof SigmaError) return { path, line: error.line, message: error.message };
  throw error;
}

interface Layer {
  readonly source: Source;
  readonly entries: readonly Entry[];
}
interface Found extends Placed {
  readonly line: number;
}
/** The fields of a document and of those under it: the last word counts. */
interface Fields {
  readonly get: (name: string) => Found | undefined;
  /** What each of the documents has, the last at the end. */
  readonly all: (name: string) => readonly Found[];
  readonly line: number;
}

function fieldsOf(layers: readonly Layer[]): Fields {
  const found = new Map<string, Found[]>();
  for (const { source, entries } of layers)
    for (const { key, value, line } of entries) found.set(key, [...(found.get(key) ?? []), { source, value, line }]);
  return {
    get: (name) => found.get(name)?.at(-1),
    all: (name) => found.get(name) ?? [],
    line: layers.at(-1)?.source.root.line ?? 1,
  };
}

function documentOf(layers: readonly Layer[], path: string, placeholders: Placeholders): SigmaDocument {
  const fields = fieldsOf(layers);
  const head = headOf(fields, path, layers.at(-1)?.source.text ?? '');
  const correlation = fields.get('correlation');
  if (correlation) return correlationOf(head, correlation.source, correlation.value, generateOf(fields));
  const filter = fields.get('filter');
  if (filter) return filterOf(head, fields, filter, placeholders);
  const detection = fields.get('detection');
  if (!detection)
    throw new SigmaError(fields.line, 'neither `detection`, `correlation` nor `filter`: this is no Sigma');
  return ruleOf(head, fields, placeholders);
}

function ruleOf(head: Head, fields: Fields, placeholders: Placeholders): SigmaRule {
  const { clause, aggregation, timeframe, timeframeLine } = detectionOf(fields.all('detection'), placeholders);
  const seconds = timeframe === undefined ? undefined : durationOf(timeframe, timeframeLine);
  return {
    ...head,
    kind: 'rule',
    ...logSourceOf(fields),
    clause,
    ...(aggregation ? { aggregation } : {}),
    ...(seconds === undefined ? {} : { timeframe: seconds }),
  };
}

function filterOf(head: Head, fields: Fields, filter: Placed, placeholders: Placeholders): SigmaFilter {
  const { source, value: place } = filter;
  const { clause, aggregation } = detectionOf([filter], placeholders, new Set(['rules']));
  if (aggregation) throw new SigmaError(place.line, 'a filter can’t count');
  const rules = source.entries(place, 'filter').find(({ key }) => key === 'rules');
  // Earlier versions of the specification had no word for all rules: the list was left out.
  const names = rules ? source.items(rules.value).map((one) => textOf(one, 'a rule')) : [];
  const { logsource } = logSourceOf(fields);
  return {
    ...head,
    kind: 'filter',
    logsource,
    clause,
    rules: names.length === 0 || names.includes('any') ? 'any' : names,
  };
}

function logSourceOf(fields: Fields): { logsource: LogSourceOfRule; logsourceLine: number } {
  const layers = fields.all('logsource');
  const last = layers.at(-1);
  if (!last) throw new SigmaError(fields.line, 'there is no `logsource`');
  const logsource: Record<string, string> = {};
  for (const layer of layers)
    for (const { key, value } of layer.source.entries(layer.value, 'logsource'))
      if ((key === 'product' || key === 'category' || key === 'service') && !isNothing(value))
        logsource[key] = textOf(value, `logsource.${key}`).trim().toLowerCase();
  if (Object.keys(logsource).length === 0)
    throw new SigmaError(last.line, '`logsource` has neither product, category nor service');
  return { logsource, logsourceLine: last.line };
}

function generateOf(fields: Fields): boolean {
  const found = fields.get('generate');
  return found !== undefined && scalarOf(found.value, 'generate') === true;
}

function headOf(fields: Fields, path: string, text: string): Head {
  const one = (name: string): string => {
    const found = fields.get(name);
    return found && !isNothing(found.value) ? textOf(found.value, name).trim() : '';
  };
  const several = (name: string): string[] => {
    const found = fields.get(name);
    return found
      ? found.source.items(found.value).flatMap((item) => (isNothing(item) ? [] : [textOf(item, `a value of ${name}`)]))
      : [];
  };
  const title = one('title');
  if (title === '') throw new SigmaError(fields.line, 'there is no `title`');
  const level = one('level').toLowerCase();
  const known = levels.find((name) => name === level);
  if (level !== '' && !known)
    throw new SigmaError(fields.get('level')?.line ?? fields.line, `level: expected one of ${levels.join(', ')}`);
  const name = one('name');
  return {
    path,
    line: fields.line,
    title,
    id: one('id').toLowerCase(),
    name: name === '' ? undefined : name,
    description: one('description'),
    status: one('status'),
    level: known,
    author: authorOf(several('author')),
    version: one('modified') || one('date'),
    tags: several('tags').map((tag) => tag.trim().toLowerCase()),
    references: several('references'),
    falsePositives: several('falsepositives'),
    fields: several('fields'),
    text,
  };
}

const authorOf = (names: readonly string[]): string => names.join(', ');
