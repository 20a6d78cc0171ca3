/** Why a text is not what it should be. `offset` counts UTF-16 units from 0. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(`${message} at offset ${offset}`);
    this.offset = offset;
  }
}

const blanks = /[ \t\r\n]*/y;
const scalarToken = /[^\s,{}[\]":]+/y;
const structure = /["{}[\]]/g;

function matched(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : -1;
}

export const skipBlanks = (text: string, at: number): number => matched(blanks, text, at);

/** A string's end by searching for its quote: a regular expression over a long one would use up the stack of its matcher. */
function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
  throw new JsonTextError('a string does not end', at);
}

/** The offset after the value that begins at `at`. Looks at brackets and strings only: whoever uses the value parses it. */
function endOfValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return endOfString(text, at);
  if (first !== '{' && first !== '[') {
    const end = matched(scalarToken, text, at);
    if (end === -1) throw new JsonTextError('a value expected', at);
    return end;
  }
  let depth = 0;
  for (let next = at; ;) {
    structure.lastIndex = next;
    const found = structure.exec(text);
    if (found === null) throw new JsonTextError('the JSON ends too early', text.length);
    next = found.index + 1;
    if (found[0] === '"') next = endOfString(text, found.index);
    else if (found[0] === '{' || found[0] === '[') depth++;
    else if (--depth === 0) return next;
  }
}

export interface JsonMembers {
  /** Text of each value, by name. Of a name that comes twice, the last. */
  readonly members: ReadonlyMap<string, string>;
  /** The offset after the object. */
  readonly end: number;
}

function nameAt(text: string, at: number, end: number): string {
  try {
    return JSON.parse(text.slice(at, end)) as string;
  } catch {
    throw new JsonTextError('a property name expected', at);
  }
}

/** The members of the JSON object that begins at `at`, their values as text. Throws JsonTextError. */
export function membersAt(text: string, at: number): JsonMembers {
  if (text[at] !== '{') throw new JsonTextError('an object expected', at);
  const members = new Map<string, string>();
  let next = skipBlanks(text, at + 1);
  if (text[next] === '}') return { members, end: next + 1 };
  for (;;) {
    if (text[next] !== '"') throw new JsonTextError('a property name expected', next);
    const nameEnd = endOfString(text, next);
    const name = nameAt(text, next, nameEnd);
    next = skipBlanks(text, nameEnd);
    if (text[next] !== ':') throw new JsonTextError('a colon expected', next);
    next = skipBlanks(text, next + 1);
    const end = endOfValue(text, next);
    members.set(name, text.slice(next, end));
    next = skipBlanks(text, end);
    if (text[next] === '}') return { members, end: next + 1 };
    if (text[next] !== ',') throw new JsonTextError('a comma expected', next);
    next = skipBlanks(text, next + 1);
  }
}

/** The text of each element of the JSON array that begins at `at`. Throws JsonTextError. */
export function elementsAt(text: string, at: number): string[] {
  if (text[at] !== '[') throw new JsonTextError('an array expected', at);
  const elements: string[] = [];
  let next = skipBlanks(text, at + 1);
  if (text[next] === ']') return elements;
  for (;;) {
    const end = endOfValue(text, next);
    elements.push(text.slice(next, end));
    next = skipBlanks(text, end);
    if (text[next] === ']') return elements;
    if (text[next] !== ',') throw new JsonTextError('a comma expected', next);
    next = skipBlanks(text, next + 1);
  }
}
