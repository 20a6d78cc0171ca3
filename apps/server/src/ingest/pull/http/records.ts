import { SallyportError } from '@sallyport/contracts';
import { elementsAt, JsonTextError, membersAt, skipBlanks } from '../../doors/json-members.ts';

/** Texts of members by name, or undefined when the text is no object. */
const membersOf = (text: string): ReadonlyMap<string, string> | undefined =>
  text.startsWith('{') ? membersAt(text, 0).members : undefined;

/**
 * The text of the JSON value at a dotted path; undefined when there is none. A name that holds dots (`@odata.nextLink`) is found as it stands. As it came: a number of more than 53
 * bits stays what it is.
 */
export function textAt(json: string, path: string): string | undefined {
  const text = json.slice(skipBlanks(json, 0)).trimEnd();
  if (path === '') return text;
  const members = membersOf(text);
  const own = members?.get(path);
  if (own !== undefined) return own;
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const inner = members?.get(path.slice(0, dot));
    const found = inner === undefined ? undefined : textAt(inner, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The string or number at a path, as text; undefined for anything else. */
export function scalarAt(json: string, path: string): string | undefined {
  const text = textAt(json, path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : typeof value === 'number' ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The records of an answer: elements of the array at a path. Throws SallyportError BadRequest when it isn't one. */
export function recordsAt(json: string, path: string): string[] {
  const place = path === '' ? 'the answer' : `\`${path}\` of the answer`;
  try {
    const text = textAt(json, path);
    if (text === undefined) throw new SallyportError('BadRequest', `the answer has no \`${path}\``);
    if (!text.startsWith('[')) throw new SallyportError('BadRequest', `${place} is no array of records`);
    return elementsAt(text, 0);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new SallyportError('BadRequest', `${place} is not JSON: ${error.message}`, { cause: error });
  }
}

/** The time at a path: ISO 8601, or seconds or milliseconds since 1970; undefined when there is none. */
export function timeAt(record: string, path: string): Date | undefined {
  if (path === '') return undefined;
  const text = scalarAt(record, path);
  if (text === undefined) return undefined;
  const number = /^\d{9,13}(\.\d+)?$/.test(text) ? Number(text) : undefined;
  const time = new Date(number === undefined ? text : number < 1e11 ? number * 1_000 : number);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
