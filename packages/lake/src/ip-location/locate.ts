import { z } from 'zod';
import type { Place, System } from './record.ts';
import type { IpLocationNames } from './store.ts';
import { sqlString } from '../sql.ts';

/** What is known of an address. Members that are not known are left out. */
export interface Location extends Place, Partial<System> {}

/** Most addresses asked about at once. */
export const locateMax = 10_000;

const Row = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.number().nullable(),
  z.number().nullable(),
  z.coerce.number(),
  z.string(),
]);

/** Asks of each text in `{addresses:Array(String)}`. */
export function locateSql({ networks, places, systems }: IpLocationNames): string {
  const get = (dictionary: string, column: string, key: string, none: string): string =>
    `dictGetOrDefault(${sqlString(dictionary)}, '${column}', ${key}, ${none})`;
  const text = (column: string): string => get(places, column, 'place', "''");
  const real = (column: string): string => get(places, column, 'place', 'NULL');
  const columns = [
    text('country'),
    text('country_name'),
    text('region'),
    text('city'),
    real('latitude'),
    real('longitude'),
  ];
  return (
    `SELECT address, ${columns.join(', ')}, asn, ${get(systems, 'organisation', 'toUInt64(asn)', "''")}` +
    ` FROM (SELECT address, ${get(networks, 'place', 'ip', 'toUInt64(0)')} AS place, ${get(networks, 'asn', 'ip', 'toUInt32(0)')} AS asn` +
    ` FROM (SELECT arrayJoin({addresses:Array(String)}) AS address, toIPv6OrDefault(address) AS ip)) WHERE place != 0 OR asn != 0`
  );
}

export function locationsOf(rows: readonly (readonly unknown[])[]): Map<string, Location> {
  return new Map(
    rows.map((row) => {
      const [address, country, countryName, region, city, latitude, longitude, asn, organisation] = Row.parse(row);
      const known: Record<string, string | number | null> = {
        country,
        countryName,
        region,
        city,
        latitude,
        longitude,
        asn,
        organisation,
      };
      const without = ([name, value]: [string, string | number | null]): boolean =>
        value !== null && value !== '' && !(name === 'asn' && value === 0);
      return [address, Object.fromEntries(Object.entries(known).filter(without)) as Location];
    }),
  );
}
