/** Plain JSON values. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON text that is the same for equal values: keys sorted by UTF-16 code units, no white space, as RFC 8785 (JCS) has it.
 * Drops undefined members like JSON.stringify.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonicalJson(value.toJSON());
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** Text that PostgreSQL takes: no NUL, no half of a surrogate pair, at most `max` UTF-16 units. */
export const storableText = (text: string, max = 2_048): string =>
  text.slice(0, max).replaceAll('\0', '').toWellFormed();

const storableTextMax = 100_000;

function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value, storableTextMax);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storableText(key), storable(member)]));
}

/** A value as plain JSON whose texts, keys too, PostgreSQL takes. */
export const storableJson = (value: unknown): unknown => {
  const text = JSON.stringify(value);
  return text === undefined ? null : storable(JSON.parse(text));
};
