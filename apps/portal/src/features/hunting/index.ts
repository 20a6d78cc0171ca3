import { z } from 'zod';
import { numberOf, oneOf, textOf } from '../../shared/address.ts';
import { chartKinds } from './charts/names.ts';

const Hunting = z.object({
  range: textOf(64),
  view: oneOf(['table', ...chartKinds]),
  /** Most rows of an answer. */
  rows: numberOf(),
  mode: oneOf(['guided']),
  /** A workspace's GUID. Default: the first. */
  workspace: textOf(64),
});
export type HuntingSearch = Partial<z.infer<typeof Hunting>>;
/** What the address holds of a hunt. The query itself stands after `#query=`, so that it never reaches a log. */
export const huntingSearch = (raw: Record<string, unknown>): HuntingSearch => Hunting.parse(raw);
