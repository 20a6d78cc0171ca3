import { createHash } from 'node:crypto';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { armResources, looksLikeArm, resolvedProperties } from '../rules/import/arm.ts';
import type { Json } from '../rules/import/arm-expressions.ts';
import type { ImportFile } from '../rules/import/unpack.ts';
import type { Problem } from '../rules/index.ts';
import { uuidOf } from '../run/uuid.ts';

/** A hunting query that a file holds. */
export interface ReadHuntingQuery {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly query: string;
  readonly path: string;
  readonly line: number;
}

const queryCharsMax = 100_000;
/** Fields of rules, and of functions, which share the form. */
const ofOthers = [
  'kind',
  'queryFrequency',
  'triggerOperator',
  'functionAlias',
  'FunctionName',
  'ParserName',
  'InputEntityType',
];
const Names = z
  .union([z.string(), z.array(z.string())])
  .nullish()
  .catch(undefined)
  .transform((names) =>
    (typeof names === 'string' ? names.split(',') : (names ?? []))
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
/** As in Microsoft's repository, for Sentinel and for Defender XDR. https://github.com/Azure/Azure-Sentinel/wiki/Query-Style-Guide */
const Yaml = z.object({
  id: z.string().trim().min(1).max(128).optional().catch(undefined),
  name: z.string().trim().min(1).max(256),
  description: z.string().max(20_000).nullish().catch(''),
  tactics: Names,
  relevantTechniques: Names,
  query: z.string().trim().min(1).max(queryCharsMax),
});
/** A saved search of a workspace. https://learn.microsoft.com/azure/templates/microsoft.operationalinsights/workspaces/savedsearches */
const SavedSearch = z.object({
  category: z.string().regex(/^hunting queries$/i),
  displayName: z.string().trim().min(1).max(256),
  query: z.string().trim().min(1).max(queryCharsMax),
  tags: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});

/**
 * The hunting queries in files: Sentinel's YAML (several documents a file), saved searches of ARM templates, and texts of KQL (`.kql`), which are named as their file is. Other files
 * are not looked at. Never throws for a file; of two with one id the first counts.
 */
export function readHuntingQueries(files: readonly ImportFile[]): {
  readonly found: readonly ReadHuntingQuery[];
  readonly problems: readonly Problem[];
} {
  const found = new Map<string, ReadHuntingQuery>();
  const problems: Problem[] = [];
  for (const file of files) {
    const path = file.path.toLowerCase();
    const read = path.endsWith('.kql') ? ofKql(file) : path.endsWith('.json') ? ofArm(file) : ofYaml(file);
    for (const one of read) {
      const other = found.get(one.id);
      if (!other) found.set(one.id, one);
      else if (other.query !== one.query)
        problems.push({
          path: one.path,
          line: one.line,
          level: 'error',
          code: 'DuplicateId',
          message: `id \`${one.id}\` is also that of ${other.path}`,
        });
    }
  }
  return { found: [...found.values()], problems };
}

function ofYaml({ path, text }: ImportFile): ReadHuntingQuery[] {
  // Most files of a repository are others: no need to parse them.
  if (!/^query\s*:/m.test(text) || !/^name\s*:/m.test(text)) return [];
  let line = 1;
  return text.split(/^---[ \t]*\r?\n/m).flatMap((part) => {
    const at = line;
    line += part.split('\n').length;
    const value = valueOf(part);
    if (typeof value !== 'object' || value === null || ofOthers.some((field) => field in value)) return [];
    const parsed = Yaml.safeParse(value);
    if (!parsed.success) return [];
    const { id, description, relevantTechniques, ...rest } = parsed.data;
    return [
      {
        ...rest,
        id: id ?? uuidOf('hunting query', path, rest.name),
        description: (description ?? '').trim(),
        techniques: relevantTechniques,
        path,
        line: at,
      },
    ];
  });
}

function valueOf(text: string): unknown {
  try {
    const document = parseDocument(text.replace(/^\uFEFF/, ''), { uniqueKeys: false, logLevel: 'silent' });
    return document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 100 }) as unknown);
  } catch {
    return undefined;
  }
}

function ofArm({ path, text }: ImportFile): ReadHuntingQuery[] {
  if (!/savedSearches/i.test(text)) return [];
  let value: Json;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch {
    // Told where rules are read.
    return [];
  }
  if (!looksLikeArm(value)) return [];
  const isSaved = ({ type }: { readonly [name: string]: Json }) =>
    typeof type === 'string' && /savedsearches$/i.test(type);
  return armResources(value, isSaved).found.flatMap((resource) => {
    const { name, properties } = resolvedProperties(resource);
    const parsed = SavedSearch.safeParse(properties);
    if (!parsed.success) return [];
    const { displayName, query, tags } = parsed.data;
    const tag = (wanted: string) => tags?.find((one) => one.name.toLowerCase() === wanted)?.value ?? '';
    const place = text.indexOf(JSON.stringify(displayName));
    return [
      {
        id: name || uuidOf('hunting query', path, displayName),
        name: displayName,
        description: tag('description'),
        tactics: Names.parse(tag('tactics')),
        techniques: Names.parse(tag('techniques') || tag('relevanttechniques')),
        query,
        path,
        line: place < 0 ? 1 : text.slice(0, place).split('\n').length,
      },
    ];
  });
}

function ofKql({ path, text }: ImportFile): ReadHuntingQuery[] {
  const query = text.replace(/^\uFEFF/, '').trim();
  if (query === '' || query.length > queryCharsMax) return [];
  const name = (path.split('/').at(-1) ?? path)
    .replace(/\.kql$/i, '')
    .replaceAll(/[-_]+/g, ' ')
    .trim();
  // Comments at the beginning say what it is for.
  const said = /^(?:\s*\/\/[^\n]*\n)+/.exec(query)?.[0] ?? '';
  const description = said.replaceAll(/^\s*\/\/ ?/gm, '').trim();
  return [{ id: uuidOf('hunting query', path), name, description, tactics: [], techniques: [], query, path, line: 1 }];
}

/** What a query is, to tell whether it has changed. */
export const hashOfQuery = ({
  name,
  description,
  tactics,
  techniques,
  query,
}: Omit<ReadHuntingQuery, 'path' | 'line' | 'id'>): string =>
  createHash('sha256')
    .update(JSON.stringify([name, description, tactics, techniques, query]))
    .digest('base64url');
