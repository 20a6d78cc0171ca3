import { sql } from '../sql.ts';
import { toText } from './convert.ts';
import { scalarWith } from './registry.ts';

/** What only graph operators call. */
export const graphFunctions = {
  /** The hash of a node's identifier, as Kusto gives it: xxHash64 of its text. */
  nodeHash: scalarWith(
    '$node_hash',
    ['any'],
    'long',
    ([id]) => sql`reinterpret(xxHash64(${toText(id!)}), 'Int64')`,
    'never',
  ),
} as const;
