import { Severity } from '@sallyport/contracts';
import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

const SocMetrics = z.object({ range: textOf(64), severity: oneOf(Severity.options) });
export type SocMetricsSearch = Partial<z.infer<typeof SocMetrics>>;
export const socMetricsSearch = (raw: Record<string, unknown>): SocMetricsSearch => SocMetrics.parse(raw);
