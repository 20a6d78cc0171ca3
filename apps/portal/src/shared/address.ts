import { z } from 'zod';

/** Addresses are plain `name=value` pairs; a list is joined by commas. A link reads as what it shows. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]): [string, string] => [name, Array.isArray(value) ? value.join(',') : String(value)]);
  const text = new URLSearchParams(pairs)
    .toString()
    .replaceAll('%2C', ',')
    .replaceAll('%3A', ':')
    .replaceAll('%2F', '/');
  return text === '' ? '' : `?${text}`;
}

/** A list of allowed values in the address; anything else in it is left out. Undefined when the address names none. */
export const listOf = <const T extends string>(values: readonly T[]): z.ZodType<T[] | undefined> =>
  z.preprocess(
    (raw) => {
      if (raw === undefined) return undefined;
      const given: unknown[] = Array.isArray(raw) ? raw : typeof raw === 'string' ? raw.split(',') : [];
      return values.filter((value) => given.includes(value));
    },
    z.array(z.enum(values)).optional(),
  ) as z.ZodType<T[] | undefined>;

export const oneOf = <const T extends string>(values: readonly T[]): z.ZodType<T | undefined> =>
  z.enum(values).optional().catch(undefined) as unknown as z.ZodType<T | undefined>;

export const textOf = (max = 200): z.ZodType<string | undefined> =>
  z.preprocess(
    (raw) => (typeof raw === 'string' ? raw : undefined),
    z.string().max(max).optional().catch(undefined),
  ) as z.ZodType<string | undefined>;

export const numberOf = (): z.ZodType<number | undefined> =>
  z.preprocess(
    (raw) => (raw === undefined ? undefined : Number(raw)),
    z.int().min(0).optional().catch(undefined),
  ) as z.ZodType<number | undefined>;

/** Text in the part of the address after `#`, which never leaves the browser: base64url of UTF-8, safe in any chat or mail. */
export function encodeFragment(text: string): string {
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The text of such a fragment; undefined when it is none. */
export function decodeFragment(fragment: string): string | undefined {
  try {
    const binary = atob(fragment.replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** `#a=1&b=2` as pairs. */
export const fragmentValue = (hash: string, name: string): string | undefined =>
  new URLSearchParams(hash.replace(/^#/, '')).get(name) ?? undefined;
