import { WatchlistAlias } from '@sallyport/contracts';
import { z } from 'zod';
import { armResources, looksLikeArm, resolvedProperties } from '../rules/import/arm.ts';
import type { Json } from '../rules/import/arm-expressions.ts';
import type { ImportFile } from '../rules/import/unpack.ts';
import type { Problem } from '../rules/index.ts';

/** A watchlist with its items, as a template has it. */
export interface ReadWatchlist {
  readonly alias: string;
  readonly name: string;
  readonly description: string;
  readonly provider: string;
  readonly source: string;
  readonly itemsSearchKey: string;
  readonly format: 'csv' | 'tsv';
  readonly skipLines: number;
  readonly content: string;
  readonly path: string;
  readonly line: number;
}

/** https://learn.microsoft.com/azure/templates/microsoft.securityinsights/watchlists */
const Properties = z.object({
  displayName: z.string().trim().min(3).max(64),
  watchlistAlias: WatchlistAlias.optional(),
  description: z.string().max(5_000).nullish(),
  provider: z.string().max(256).nullish(),
  source: z.string().max(256).nullish(),
  itemsSearchKey: z.string().min(1).max(128),
  rawContent: z.string().min(1),
  contentType: z.string().max(64).nullish(),
  numberOfLinesToSkip: z.int().min(0).max(10_000).nullish(),
});

/** The watchlists in ARM templates. Other files are not looked at. */
export function readWatchlists(files: readonly ImportFile[]): {
  readonly found: readonly ReadWatchlist[];
  readonly problems: readonly Problem[];
} {
  const found: ReadWatchlist[] = [];
  const problems: Problem[] = [];
  for (const { path, text } of files) {
    if (!path.toLowerCase().endsWith('.json') || !/\/watchlists"/i.test(text)) continue;
    let value: Json;
    try {
      value = JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
    } catch {
      // Told where rules are read.
      continue;
    }
    const isList = ({ type }: { readonly [name: string]: Json }) =>
      typeof type === 'string' && /\/watchlists$/i.test(type);
    if (!looksLikeArm(value)) continue;
    for (const resource of armResources(value, isList).found) {
      const { name, properties } = resolvedProperties(resource);
      const line = lineOf(text, properties['displayName']);
      const parsed = Properties.safeParse(properties);
      const alias = WatchlistAlias.safeParse(parsed.data?.watchlistAlias ?? name);
      if (!parsed.success || !alias.success) {
        const issue = parsed.error?.issues[0] ?? alias.error?.issues[0];
        const at = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : 'alias: ';
        problems.push({
          path,
          line,
          level: 'error',
          code: 'InvalidRule',
          message: `watchlist: ${at}${issue?.message ?? ''}`,
        });
        continue;
      }
      const {
        displayName,
        description,
        provider,
        source,
        itemsSearchKey,
        rawContent,
        contentType,
        numberOfLinesToSkip,
      } = parsed.data;
      found.push({
        alias: alias.data,
        name: displayName,
        description: description ?? '',
        provider: provider ?? '',
        source: source ?? path.split('/').at(-1)?.slice(0, 256) ?? '',
        itemsSearchKey,
        format: /tab-separated|tsv/i.test(contentType ?? '') ? 'tsv' : 'csv',
        skipLines: numberOfLinesToSkip ?? 0,
        content: rawContent,
        path,
        line,
      });
    }
  }
  return { found, problems };
}

function lineOf(text: string, name: Json | undefined): number {
  const at = typeof name === 'string' ? text.indexOf(JSON.stringify(name)) : -1;
  return at < 0 ? 1 : text.slice(0, at).split('\n').length;
}
