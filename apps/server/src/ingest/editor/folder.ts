import { sourceLimits, type SourceFiles, type SourceReport } from '@sallyport/contracts';
import { expressionFaults, rowLevelFaults } from '@sallyport/kql';
import { RE2JS, RE2JSException } from 're2js';
import { filesOf, ruleFile, ruleOf } from '../collection-rules/rule.ts';
import { InvalidSource, parseDefinition, type Source, type SourceStream } from '../sources/load.ts';
import type { OwnSource } from '../sources/own.ts';
import type { StreamRecogniser } from '../sources/schema.ts';
import { sourceColumns } from '../sources/statements.ts';
import { isOwnTable } from '../sources/streams.ts';

export type Problem = SourceReport['problems'][number];

/** Largest program of a line's regular expression: each door asks it of each line. */
const programSizeMax = 300;

/** A source out of its folder's texts; or why it is none. */
export type ReadSource = { readonly source: OwnSource } | { readonly problems: readonly Problem[] };

/** The regular expressions of sources: those that ship are trusted, also in somebody's version of one. */
export function expressionsOf(sources: readonly Source[]): ReadonlyMap<string, RegExp> {
  const all = sources.flatMap(({ streams }) =>
    streams.flatMap(({ recognise, begins }) => [...recognise.map(({ line }) => line), begins]),
  );
  return new Map(all.flatMap((one) => (one instanceof RegExp ? [[one.source, one] as const] : [])));
}

/** A person's regular expression: in linear time, whatever the line; as it is where it is one of `trusted`. Throws Error with what is wrong. */
export function lineTest(
  expression: string,
  trusted: ReadonlyMap<string, RegExp>,
): NonNullable<StreamRecogniser['line']> {
  const known = trusted.get(expression);
  if (known !== undefined) return known;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(expression);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new Error(
      `${error.message.replace(/^error parsing regexp: /, '')}: sources made here use RE2’s expressions, without look-around and back-references`,
      { cause: error },
    );
  }
  if (compiled.programSize() > programSizeMax) throw new Error('the expression is too large: say less of the line');
  return { test: (text) => compiled.test(text) };
}

/** Reads a source made here. `trusted`: see `lineTest`. What it holds beside (fixtures, README) is not looked at. */
export function readOwnSource(
  id: string,
  files: Readonly<SourceFiles>,
  version: number,
  trusted: ReadonlyMap<string, RegExp>,
): ReadSource {
  const file = 'source.yml';
  const text = files[file];
  if (text === undefined) return { problems: [{ file, path: '', message: 'it is missing' }] };
  const problems: Problem[] = ruleFaults(files);
  const expression = (line: RegExp, path: string): NonNullable<StreamRecogniser['line']> => {
    try {
      return lineTest(line.source, trusted);
    } catch (error) {
      problems.push({ file, path, message: error instanceof Error ? error.message : 'not a regular expression' });
      return { test: () => false };
    }
  };
  try {
    const definition = parseDefinition(file, text);
    if (definition.id !== id)
      problems.push({ file, path: 'id', message: `id is ${definition.id}, and the source’s ${id}` });
    const streams = definition.streams.map((stream, s): SourceStream => {
      const flows = stream.flows.map(({ table, transform: name }, f) => {
        const transform = files[name];
        if (transform === undefined)
          problems.push({ file, path: `streams.${s}.flows.${f}.transform`, message: `there is no file ${name}` });
        return { table, file: name, transform: transform ?? '' };
      });
      const recognise = stream.recognise.map(({ json, line }, r): StreamRecogniser => {
        return line === undefined ? { json } : { line: expression(line, `streams.${s}.recognise.${r}.line`) };
      });
      const begins = stream.begins === undefined ? undefined : expression(stream.begins, `streams.${s}.begins`);
      const { prepare } = stream;
      const prepared = prepare === undefined ? undefined : { file: prepare, transform: files[prepare] ?? '' };
      if (prepare !== undefined && files[prepare] === undefined)
        problems.push({ file, path: `streams.${s}.prepare`, message: `there is no file ${prepare}` });
      return { ...stream, recognise, begins, flows, prepared };
    });
    if (problems.length > 0) return { problems };
    const rule = ruleOf(files)?.name;
    const own = { version, ...(rule === undefined ? {} : { rule }) };
    return { source: { ...definition, folder: id, streams, own } };
  } catch (error) {
    if (!(error instanceof InvalidSource)) throw error;
    return { problems: [...problems, ...error.problems] };
  }
}

/** Where a folder does not do what the data collection rule in it says. */
function ruleFaults(files: Readonly<SourceFiles>): Problem[] {
  if (files[ruleFile] === undefined) return [];
  const rule = ruleOf(files);
  if (rule === undefined) return [{ file: ruleFile, path: '', message: 'it is no data collection rule' }];
  const made = filesOf(rule);
  const isMade = (path: string): boolean => path === 'source.yml' || path.endsWith('.kql');
  return [...new Set([...Object.keys(made), ...Object.keys(files)].filter(isMade))]
    .filter((path) => made[path] !== files[path])
    .map((file) => ({ file, path: '', message: `it is made from ${ruleFile}: change the data collection rule` }));
}

/** What a person's stream may not do: read other things than its own row, write what Sallyport alone writes, have more flows than an insert can bear. */
export function forbidden(stream: SourceStream, place: string): Problem[] {
  const columns = sourceColumns(stream);
  const problems: Problem[] = expressionFaults(stream.accept, columns).map(({ message }) => ({
    file: 'source.yml',
    path: `${place}.accept`,
    message,
  }));
  if (stream.flows.length > sourceLimits.flows)
    problems.push({ file: 'source.yml', path: `${place}.flows`, message: `at most ${sourceLimits.flows} flows` });
  const { prepared } = stream;
  if (prepared !== undefined)
    for (const { message, start, end } of rowLevelFaults(prepared.transform, { name: 'source', columns }))
      problems.push({ file: prepared.file, path: `${start}..${end}`, message });
  for (const [f, { table, file, transform }] of stream.flows.entries()) {
    if (isOwnTable(table))
      problems.push({
        file: 'source.yml',
        path: `${place}.flows.${f}.table`,
        message: `${table} is written by Sallyport alone`,
      });
    for (const { message, start, end } of rowLevelFaults(transform, { name: 'source', columns }))
      problems.push({ file, path: `${start}..${end}`, message });
  }
  return problems;
}
