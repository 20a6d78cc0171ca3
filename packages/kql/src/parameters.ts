import { buildGlobals, child, childOrNone, elements, kindOf, nameOf, parseAndAnalyze, textOf } from './bind/kusto.ts';
import { KqlError, type Span } from './errors.ts';

/** A query whose parameters have their values, as text that compiles by itself. */
export interface WithParameters {
  readonly text: string;
  /** An error over that text as one over the text that was given. */
  readonly restore: (error: unknown) => unknown;
}

interface Edit extends Span {
  readonly text: string;
}

/**
 * Writes values into `declare query_parameters(…)` in place of its defaults. A value is a number, a string, or for types other than string and long
 * the text of a literal, as Kusto's clients send them (https://learn.microsoft.com/kusto/api/rest/request#set-client-request-properties-and-query-parameters).
 * Values that no parameter asks for are left. Throws KqlError for one that is not of its parameter's type: never is a value read as query text.
 */
export function withParameters(text: string, values: Readonly<Record<string, unknown>>): WithParameters {
  const edits = /\bquery_parameters\b/.test(text) ? editsOf(text, values) : [];
  let out = '';
  let at = 0;
  for (const edit of edits) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return { text: out + text.slice(at), restore: restorer(edits) };
}

function editsOf(text: string, values: Readonly<Record<string, unknown>>): Edit[] {
  const { Syntax: root } = parseAndAnalyze(text, noNames());
  return elements(root, 'Statements')
    .filter((statement) => kindOf(statement) === 'QueryParametersStatement')
    .flatMap((statement) => elements(statement, 'Parameters'))
    .flatMap((parameter): Edit[] => {
      const declared = child(parameter, 'NameAndType');
      const name = nameOf(child(declared, 'Name'));
      if (!Object.hasOwn(values, name)) return [];
      const literal = literalOf(textOf(child(declared, 'Type')).toLowerCase(), values[name]);
      if (literal === undefined) {
        const message = `the value of parameter ${name} is no ${textOf(child(declared, 'Type'))}`;
        throw new KqlError('InvalidArgument', message, { start: parameter.TextStart, end: parameter.End });
      }
      const given = childOrNone(parameter, 'DefaultValue');
      return [
        { start: given?.TextStart ?? parameter.End, end: parameter.End, text: `${given ? '' : ' '}= ${literal}` },
      ];
    });
}

let globals: ReturnType<typeof buildGlobals> | undefined;
const noNames = () => (globals ??= buildGlobals({ version: '', tables: [], functions: [] }, []));

/** What stands inside `type(…)`, for the types whose literals hold neither brackets nor quotes. */
const plainLiterals: Readonly<Record<string, RegExp>> = {
  bool: /^(true|false|0|1)$/i,
  int: /^[-+]?\d{1,20}$/,
  long: /^[-+]?\d{1,20}$/,
  real: /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$|^nan$|^[-+]?inf$/i,
  decimal: /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i,
  datetime: /^\d{4}[-\d:T Z.+]*$/i,
  timespan: /^-?[\d.:]+\s*[a-z]*$/i,
  guid: /^[\da-f-]{32,36}$/i,
};
const longNames: Readonly<Record<string, string>> = {
  boolean: 'bool',
  date: 'datetime',
  time: 'timespan',
  double: 'real',
  uuid: 'guid',
  uniqueid: 'guid',
};

function literalOf(declared: string, value: unknown): string | undefined {
  const type = longNames[declared] ?? declared;
  if (type === 'string') return value === null ? '""' : quoted(value);
  const text = typeof value === 'string' ? value.trim() : JSON.stringify(value ?? null);
  const inner =
    new RegExp(`^(?:${type}|${declared}|time|todatetime)\\(([\\s\\S]*)\\)$`, 'i').exec(text)?.[1]?.trim() ?? text;
  const bare = type === 'dynamic' ? inner : inner.replace(/^(["'])(.*)\1$/s, '$2');
  if (/^null$/i.test(bare)) return `${type}(null)`;
  if (type === 'dynamic') return isJson(bare) ? `dynamic(${bare})` : undefined;
  return plainLiterals[type]?.test(bare) ? `${type}(${bare})` : undefined;
}

const quoted = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? JSON.stringify(String(value))
    : undefined;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function restorer(edits: readonly Edit[]): WithParameters['restore'] {
  /** An offset after an edit moves back by what the edit added; one inside of it goes to its start. */
  const original = (offset: number): number => {
    let moved = 0;
    for (const { start, end, text } of edits) {
      const newStart = start + moved;
      if (offset < newStart) break;
      if (offset < newStart + text.length) return start;
      moved += text.length - (end - start);
    }
    return offset - moved;
  };
  const span = ({ start, end }: Span): Span => ({ start: original(start), end: original(end) });
  return (error) =>
    error instanceof KqlError && edits.length > 0
      ? new KqlError(
          error.code,
          error.message,
          span(error.span),
          error.others.map((other) => ({ ...other, span: span(other.span) })),
        )
      : error;
}
