import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const privilegedAccessTabs = [
  'assignments',
  'sessions',
  'settings',
  'clouds',
  'alerts',
  'reviews',
  'audit',
] as const;
const Search = z.object({
  tab: oneOf(privilegedAccessTabs),
  kind: oneOf(['eligible', 'active']),
  search: textOf(200),
  /** An assignment's, session's, policy's, cloud's or review's id. */
  selected: textOf(200),
});
export type PrivilegedAccessSearch = Partial<z.infer<typeof Search>>;
export const privilegedAccessSearch = (raw: Record<string, unknown>): PrivilegedAccessSearch => Search.parse(raw);

export interface TabProps {
  readonly search: PrivilegedAccessSearch;
  readonly set: (change: PrivilegedAccessSearch, replace?: boolean) => void;
}
