import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

const Hunting = z.object({
  range: textOf(64),
  view: oneOf(['table', 'chart']),
});
export type HuntingSearch = Partial<z.infer<typeof Hunting>>;
/** What the address holds of a hunt. The query itself stands after `#query=`, so that it never reaches a log. */
export const huntingSearch = (raw: Record<string, unknown>): HuntingSearch => Hunting.parse(raw);
