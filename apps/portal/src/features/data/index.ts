import { z } from 'zod';
import { listOf, oneOf, textOf } from '../../shared/address.ts';

export const dataTabs = [
  'tables',
  'sources',
  'doors',
  'connectors',
  'pins',
  'errors',
  'upload',
  'searchJobs',
  'holds',
] as const;
export const tableSorts = ['name', 'rows', 'bytesOnDisk', 'rowsLastDay', 'lastRowAt', 'totalRetentionInDays'] as const;

const Data = z.object({
  tab: oneOf(dataTabs),
  search: textOf(200),
  sort: oneOf(tableSorts),
  order: oneOf(['asc', 'desc']),
  selected: textOf(1_100),
  /** Of sources. */
  state: listOf(['silent', 'errors', 'new', 'healthy', 'unused']),
});
export type DataSearch = Partial<z.infer<typeof Data>>;
export const dataSearch = (raw: Record<string, unknown>): DataSearch => Data.parse(raw);
