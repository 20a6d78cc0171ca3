import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What a database may say of a network. Members that it does not know are left out. */
export interface Place {
  /** ISO 3166-1, two letters. */
  readonly country?: string | undefined;
  readonly countryName?: string | undefined;
  readonly region?: string | undefined;
  readonly city?: string | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
}

export interface System {
  readonly asn: number;
  readonly organisation: string;
}

export interface NetworkFacts {
  readonly place?: Place;
  readonly system?: System;
}

const short = z.string().trim().min(1).max(300);
const text = short.optional().catch(undefined);
const degrees = (most: number) => z.number().min(-most).max(most).optional().catch(undefined);
const named = z
  .object({ iso_code: text, names: z.object({ en: text }).optional().catch(undefined) })
  .optional()
  .catch(undefined);
/** MaxMind has objects where others have plain texts. */
const nameOr = z
  .union([short.transform((en) => ({ iso_code: undefined, names: { en } })), named])
  .optional()
  .catch(undefined);
const asn = z.coerce.number().int().min(1).max(0xffff_ffff);

/** Records of GeoIP2, GeoLite2 and DB-IP, of ip-location-db, and of IPinfo. */
const Record = z.object({
  country: nameOr,
  registered_country: named,
  subdivisions: z.array(named).optional().catch(undefined),
  city: nameOr,
  location: z
    .object({ latitude: degrees(90), longitude: degrees(180) })
    .optional()
    .catch(undefined),
  country_code: text,
  state1: text,
  region: text,
  latitude: degrees(90),
  longitude: degrees(180),
  autonomous_system_number: asn.optional().catch(undefined),
  autonomous_system_organization: text,
  asn: z
    .union([
      asn,
      z
        .string()
        .regex(/^AS\d{1,10}$/)
        .transform((s) => Number(s.slice(2))),
    ])
    .optional()
    .catch(undefined),
  as_name: text,
});
type Record = z.infer<typeof Record>;

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** The English name of a country; without what only tells two states of one name or claim apart: `Hong Kong SAR China`. */
function nameOfCountry(code: string | undefined): string | undefined {
  if (code === undefined || !/^[A-Z]{2}$/.test(code)) return undefined;
  return countryNames.of(code)?.replace(/ SAR China$| \(.*\)$/, '');
}

/** Reads a record. What is of another shape is taken as not known. */
export function factsOf(data: unknown): NetworkFacts {
  const parsed = Record.safeParse(data);
  if (!parsed.success) return {};
  const place = placeOf(parsed.data);
  const system = systemOf(parsed.data);
  return { ...(place ? { place } : {}), ...(system ? { system } : {}) };
}

function placeOf(record: Record): Place | undefined {
  const country = (
    record.country_code ??
    record.country?.iso_code ??
    record.registered_country?.iso_code
  )?.toUpperCase();
  const place: Place = {
    country,
    countryName: record.country?.names?.en ?? record.registered_country?.names?.en ?? nameOfCountry(country),
    region: record.subdivisions?.[0]?.names?.en ?? record.state1 ?? record.region,
    city: record.city?.names?.en,
    latitude: record.location?.latitude ?? record.latitude,
    longitude: record.location?.longitude ?? record.longitude,
  };
  return Object.values(place).some((value) => value !== undefined) ? place : undefined;
}

function systemOf(record: Record): System | undefined {
  const number = record.autonomous_system_number ?? record.asn;
  if (number === undefined) return undefined;
  return { asn: number, organisation: record.autonomous_system_organization ?? record.as_name ?? '' };
}

/** What Kusto's geo_info_from_ip_address() answers. */
export const infoOf = ({ countryName, country, region, city, latitude, longitude }: Place): string =>
  JSON.stringify({ country: countryName ?? country, state: region, city, latitude, longitude });

/** A number for a place that is the same in every database and version, and never 0. */
export function idOf(place: Place): bigint {
  const { country, countryName, region, city, latitude, longitude } = place;
  const key = JSON.stringify([country, countryName, region, city, latitude, longitude]);
  return createHash('sha256').update(key).digest().readBigUInt64BE() | 1n;
}

/** Of several databases the first that knows a place, and the first that knows a system. */
export const together = (facts: readonly NetworkFacts[]): NetworkFacts => {
  const place = facts.find((f) => f.place)?.place;
  const system = facts.find((f) => f.system)?.system;
  return { ...(place ? { place } : {}), ...(system ? { system } : {}) };
};
