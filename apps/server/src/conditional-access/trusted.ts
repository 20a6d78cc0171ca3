import { isIP } from 'node:net';
import type { Queryable } from '../platform/database/index.ts';

/** Whether an address is in a named location that is trusted. */
export const isTrustedAddress = async (db: Queryable, address: string): Promise<boolean> =>
  isIP(address) !== 0 &&
  (await db.first(
    `SELECT 1 FROM conditional_access_objects o, jsonb_array_elements(o.body->'ipRanges') r
     WHERE o.kind = 'namedLocation' AND o.body->>'isTrusted' = 'true' AND $1::inet <<= (r->>'cidrAddress')::inet LIMIT 1`,
    [address],
  )) !== undefined;
