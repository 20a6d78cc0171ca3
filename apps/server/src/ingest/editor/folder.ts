import { sourceLimits, type SourceFiles, type SourceReport } from '@sallyport/contracts';
import { expressionFaults, rowLevelFaults } from '@sallyport/kql';
import { RE2JS, RE2JSException } from 're2js';
import { InvalidSource, parseDefinition, type SourceStream } from '../sources/load.ts';
import type { OwnSource } from '../sources/own.ts';
import type { StreamRecogniser } from '../sources/schema.ts';
import { sourceColumns } from '../sources/statements.ts';
import { isOwnTable } from '../sources/streams.ts';

export type Problem = SourceReport['problems'][number];

/** Largest program of a line's regular expression: each door asks it of each line. */
const programSizeMax = 300;

/** A source out of its folder's texts; or why it is none. */
export type ReadSource = { readonly source: OwnSource } | { readonly problems: readonly Problem[] };

/** A person's regular expression: in linear time, whatever the line. Throws Error with what is wrong. */
function lineTest(expression: string): NonNullable<StreamRecogniser['line']> {
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

/** Reads a source made here. What it holds beside (fixtures, README) is not looked at. */
export function readOwnSource(id: string, files: Readonly<SourceFiles>, version: number): ReadSource {
  const file = 'source.yml';
  const text = files[file];
  if (text === undefined) return { problems: [{ file, path: '', message: 'it is missing' }] };
  const problems: Problem[] = [];
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
        if (line === undefined) return { json };
        try {
          return { line: lineTest(line.source) };
        } catch (error) {
          const message = error instanceof Error ? error.message : 'not a regular expression';
          problems.push({ file, path: `streams.${s}.recognise.${r}.line`, message });
          return { json: [] };
        }
      });
      return { ...stream, recognise, flows };
    });
    if (problems.length > 0) return { problems };
    return { source: { ...definition, folder: id, streams, own: { version } } };
  } catch (error) {
    if (!(error instanceof InvalidSource)) throw error;
    return { problems: [...problems, ...error.problems] };
  }
}

/** What a person's stream may not do: read other things than its own row, write what Sallyport alone writes, have more flows than an insert can bear. */
export function forbidden(stream: SourceStream, place: string): Problem[] {
  const columns = sourceColumns(stream);
  const problems: Problem[] = expressionFaults(stream.accept, columns).map(({ message }) => ({
    file: 'source.yml',
    path: `${place}.accept`,
    message,
  }));
  if (stream.prepare !== undefined)
    problems.push({
      file: 'source.yml',
      path: `${place}.prepare`,
      message: 'only sources that ship prepare their rows',
    });
  if (stream.flows.length > sourceLimits.flows)
    problems.push({ file: 'source.yml', path: `${place}.flows`, message: `at most ${sourceLimits.flows} flows` });
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
