import { z } from 'zod';
import { textOf } from '../../shared/address.ts';

const Watchlists = z.object({ search: textOf(200) });
export type WatchlistsSearch = Partial<z.infer<typeof Watchlists>>;
export const watchlistsSearch = (raw: Record<string, unknown>): WatchlistsSearch => Watchlists.parse(raw);
