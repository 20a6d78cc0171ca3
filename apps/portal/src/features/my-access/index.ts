import { z } from 'zod';
import { oneOf } from '../../shared/address.ts';

export const myAccessTabs = ['access', 'requests', 'approvals', 'reviews', 'groups', 'history'] as const;
const Search = z.object({ tab: oneOf(myAccessTabs) });
export type MyAccessSearch = Partial<z.infer<typeof Search>>;
export const myAccessSearch = (raw: Record<string, unknown>): MyAccessSearch => Search.parse(raw);
