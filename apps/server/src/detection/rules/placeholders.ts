import { basename } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Placeholders } from '@sallyport/sigma';

/** `name: value` or `name: [values]`; what Sigma's rules call `%name%`. */
const PlaceholderFile = z.record(
  z.string().max(128),
  z.union([z.string().max(10_000), z.number(), z.array(z.union([z.string().max(10_000), z.number()])).max(10_000)]),
);

export const isPlaceholderFile = (path: string): boolean => /^placeholders\.ya?ml$/i.test(basename(path));

/** Reads a file of placeholders. Answers a text when it is none. */
export function readPlaceholders(text: string): Placeholders | string {
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 100 }) ?? {};
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n', 1)[0] ?? error.message) : String(error);
  }
  const parsed = PlaceholderFile.safeParse(content);
  if (!parsed.success) return parsed.error.issues[0]?.message ?? 'not a mapping of names to values';
  return new Map(
    Object.entries(parsed.data).map(([name, value]) => [name, (Array.isArray(value) ? value : [value]).map(String)]),
  );
}
