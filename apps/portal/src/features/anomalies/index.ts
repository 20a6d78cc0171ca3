import { AnomalyStatus } from '@sallyport/contracts';
import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const anomalyTabs = ['found', 'rules'] as const;
export const anomalyDays = ['1', '7', '14', '30', '90'] as const;

const Anomalies = z.object({
  tab: oneOf(anomalyTabs),
  status: oneOf(AnomalyStatus.options),
  days: oneOf(anomalyDays),
  /** Only those of one template. */
  template: textOf(64),
  search: textOf(200),
  /** An anomaly's id, or on the tab of rules a template's. */
  selected: textOf(128),
});
export type AnomaliesSearch = Partial<z.infer<typeof Anomalies>>;
export const anomaliesSearch = (raw: Record<string, unknown>): AnomaliesSearch => Anomalies.parse(raw);
