import { CasePriority, CaseStatus } from '@sallyport/contracts';
import { z } from 'zod';
import { listOf, numberOf, oneOf, textOf } from '../../shared/address.ts';

const Cases = z.object({
  /** Undefined: those that are not closed. */
  status: listOf(CaseStatus.options),
  priority: listOf(CasePriority.options),
  owner: textOf(254),
  incident: numberOf(),
  search: textOf(200),
});
export type CasesSearch = Partial<z.infer<typeof Cases>>;
export const casesSearch = (raw: Record<string, unknown>): CasesSearch => Cases.parse(raw);

export const caseTabs = ['incidents', 'evidence', 'tasks', 'comments', 'activity'] as const;
const CaseState = z.object({ tab: oneOf(caseTabs) });
export type CaseSearch = Partial<z.infer<typeof CaseState>>;
export const caseSearch = (raw: Record<string, unknown>): CaseSearch => CaseState.parse(raw);
