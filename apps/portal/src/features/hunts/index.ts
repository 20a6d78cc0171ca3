import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const huntsTabs = ['hunts', 'bookmarks'] as const;
const Hunts = z.object({ tab: oneOf(huntsTabs), search: textOf(200), selected: textOf(64) });
export type HuntsSearch = Partial<z.infer<typeof Hunts>>;
export const huntsSearch = (raw: Record<string, unknown>): HuntsSearch => Hunts.parse(raw);

export const huntTabs = ['queries', 'bookmarks', 'comments'] as const;
const Hunt = z.object({ tab: oneOf(huntTabs), selected: textOf(64) });
export type HuntSearch = Partial<z.infer<typeof Hunt>>;
export const huntSearch = (raw: Record<string, unknown>): HuntSearch => Hunt.parse(raw);
