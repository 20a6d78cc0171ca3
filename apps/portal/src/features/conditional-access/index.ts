import { policyStates } from '@sallyport/contracts/conditional-access';
import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const accessTabs = [
  'policies',
  'what-if',
  'coverage',
  'locations',
  'strengths',
  'contexts',
  'terms',
  'emergency',
] as const;
export type AccessTab = (typeof accessTabs)[number];

const Search = z.object({
  tab: oneOf(accessTabs),
  search: textOf(200),
  state: oneOf(policyStates),
  selected: textOf(128),
  /** Of What If. */
  user: textOf(128),
  app: textOf(128),
  ip: textOf(64),
  country: textOf(2),
  platform: textOf(32),
  client: textOf(64),
  signInRisk: textOf(16),
  userRisk: textOf(16),
  device: textOf(16),
  flow: textOf(32),
});
export type AccessSearch = Partial<z.infer<typeof Search>>;
export const accessSearch = (raw: Record<string, unknown>): AccessSearch => Search.parse(raw);

const Editor = z.object({ template: textOf(64), from: textOf(64) });
export type PolicyEditorSearch = Partial<z.infer<typeof Editor>>;
export const policyEditorSearch = (raw: Record<string, unknown>): PolicyEditorSearch => Editor.parse(raw);
