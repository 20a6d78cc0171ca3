import { storableJson } from '../platform/canonical-json.ts';
import { ask, textOf, windowed } from './ask.ts';
import type { OfflineParts } from './offline.ts';
import { systemPrincipal } from '../platform/principal.ts';

const addressesMax = 200_000;
const secondsMax = 120;

/** Brings the addresses that sign-ins are held against up to what indicators in force say now. Answers how many there are. */
export async function refreshAddresses({ platform, queries, content }: OfflineParts): Promise<number> {
  const now = platform.clock.now();
  const rows = await ask(queries(), windowed(content.addresses.query, { from: now, to: now }), {
    as: systemPrincipal('identity protection: addresses'),
    maxRows: addressesMax,
    seconds: secondsMax,
  });
  const found = rows.map((row) => ({
    address: textOf(row['Address']),
    kind: textOf(row['Kind']),
    name: textOf(row['Name']).slice(0, 500),
    source: textOf(row['Source']).slice(0, 200),
  }));
  return platform.database.transaction(async (tx) => {
    await tx.execute('LOCK TABLE risk_addresses IN SHARE ROW EXCLUSIVE MODE');
    await tx.execute('DELETE FROM risk_addresses');
    // What is no address of a network is left out: indicators come from anywhere.
    return tx.execute(
      `INSERT INTO risk_addresses (network, kind, name, source)
       SELECT DISTINCT ON (network, kind) network, kind, name, source FROM (
         SELECT network(x.address::inet)::cidr AS network, x.kind, x.name, x.source
         FROM (SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(address text, kind text, name text, source text) WHERE pg_input_is_valid(r.address, 'inet') OFFSET 0) x) v
       WHERE masklen(network) >= 8 ORDER BY network, kind`,
      [JSON.stringify(storableJson(found))],
    );
  });
}
