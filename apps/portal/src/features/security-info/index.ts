import { z } from 'zod';
import { oneOf } from '../../shared/address.ts';

export const securityInfoTabs = ['methods', 'sign-ins', 'devices', 'sessions'] as const;
const Search = z.object({ tab: oneOf(securityInfoTabs) });
export type SecurityInfoSearch = Partial<z.infer<typeof Search>>;
export const securityInfoSearch = (raw: Record<string, unknown>): SecurityInfoSearch => Search.parse(raw);
