import { InvestigationState, type AutomationLevel } from '@sallyport/contracts';
import { z } from 'zod';
import { listOf, oneOf, textOf } from '../../shared/address.ts';
import type { Tone } from '../../shared/Status.tsx';

export const investigationTabs = ['investigations', 'playbooks', 'automation'] as const;
const Investigations = z.object({
  tab: oneOf(investigationTabs),
  state: listOf(InvestigationState.options),
  search: textOf(200),
});
export type InvestigationsSearch = Partial<z.infer<typeof Investigations>>;
export const investigationsSearch = (raw: Record<string, unknown>): InvestigationsSearch => Investigations.parse(raw);

/** What a state is called, and how it looks. */
export const states: Readonly<Record<InvestigationState, readonly [name: string, tone: Tone]>> = {
  queued: ['Queued', 'waiting'],
  running: ['Running', 'working'],
  pendingApproval: ['Pending approval', 'waiting'],
  pendingResource: ['Approved, not carried out', 'waiting'],
  threatsFound: ['Threats found', 'bad'],
  benign: ['No threats found', 'good'],
  partiallyInvestigated: ['Partially investigated', 'off'],
  unsupportedAlertType: ['No playbook', 'off'],
  failed: ['Failed', 'bad'],
  terminatedByUser: ['Ended by a person', 'off'],
};

export const levelNames: Readonly<Record<AutomationLevel, string>> = {
  full: 'Full: remediate threats automatically',
  semiAllFolders: 'Semi: approval for all folders',
  semiCoreFolders: 'Semi: approval for core folders',
  semiNonTempFolders: 'Semi: approval for non-temp folders',
  noAutomatedResponse: 'No automated response',
};
