/**
 * SQL text as a type of its own. The only ways to make one are the tagged template `sql` (whose holes take `Sql` alone, never a
 * bare string) and the quoting functions below, which are the single place where a value or a name becomes SQL.
 */
export class Sql {
  readonly text: string;
  // Nominal: a structurally equal object is not an Sql.
  readonly #made = true;
  private constructor(text: string) {
    this.text = text;
  }
  /** Joins template parts and already made SQL. Reached through `sql` only. */
  static template(parts: TemplateStringsArray, holes: readonly Sql[]): Sql {
    let text = parts[0] ?? '';
    holes.forEach((hole, i) => (text += Sql.#textOf(hole) + (parts[i + 1] ?? '')));
    return new Sql(text);
  }
  static join(items: readonly Sql[], separator: Sql): Sql {
    return new Sql(items.map((item) => Sql.#textOf(item)).join(separator.text));
  }
  static string(value: string): Sql {
    return new Sql(quoteString(value));
  }
  static identifier(name: string): Sql {
    if (name === '') throw new RangeError('an SQL name cannot be empty');
    return new Sql('`' + escape(name).replaceAll('`', '\\`') + '`');
  }
  static integer(value: number | bigint): Sql {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
    return new Sql(String(value));
  }
  static real(value: number): Sql {
    if (Number.isNaN(value)) return new Sql('nan');
    if (!Number.isFinite(value)) return new Sql(value > 0 ? 'inf' : '-inf');
    const text = Object.is(value, -0) ? '-0' : String(value);
    return new Sql(/[.e]/.test(text) ? text : `${text}.`);
  }
  static #textOf(hole: Sql): string {
    if (!(hole instanceof Sql) || !hole.#made) throw new TypeError('only Sql may be put into SQL');
    return hole.text;
  }
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\0': '\\0',
};
// A lone surrogate has no UTF-8 form; it becomes U+FFFD here, as it would on the wire.
const escape = (text: string): string => text.toWellFormed().replaceAll(/[\\'\n\r\t\b\f\0]/g, (c) => escapes[c] ?? c);
const quoteString = (text: string): string => `'${escape(text)}'`;

/** SQL from a template; the holes are `Sql`. */
export const sql = (parts: TemplateStringsArray, ...holes: readonly Sql[]): Sql => Sql.template(parts, holes);
/** A string literal. */
export const string = (value: string): Sql => Sql.string(value);
/** A quoted name of a column, table or database. Throws RangeError when empty. */
export const identifier = (name: string): Sql => Sql.identifier(name);
/** An integer literal. Throws RangeError on a number that is not a safe integer. */
export const integer = (value: number | bigint): Sql => Sql.integer(value);
/** A Float64 literal, `nan` and infinities included. */
export const real = (value: number): Sql => Sql.real(value);
/** SQL parts with a separator between them (default `, `). */
export const join = (items: readonly Sql[], separator: Sql = sql`, `): Sql => Sql.join(items, separator);
