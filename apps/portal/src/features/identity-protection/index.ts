import { z } from 'zod';
import { RiskState } from '@sallyport/contracts';
import { oneOf, textOf } from '../../shared/address.ts';

export const riskTabs = ['users', 'sign-ins', 'detections', 'workloads'] as const;
export const riskLevels = ['high', 'medium', 'low'] as const;

const Search = z.object({
  tab: oneOf(riskTabs),
  level: oneOf(riskLevels),
  state: oneOf(RiskState.options),
  search: textOf(200),
  /** A user's, workload identity's, sign-in's or detection's id. */
  selected: textOf(320),
});
export type RiskSearch = Partial<z.infer<typeof Search>>;
export const riskSearch = (raw: Record<string, unknown>): RiskSearch => Search.parse(raw);
