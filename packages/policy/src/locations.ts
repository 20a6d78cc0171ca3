import type { NamedLocation } from '@sallyport/contracts/conditional-access';
import { AddressRanges, parseAddress, parseRange, type Address } from './addresses.ts';
import { no, unknown, yes, type Truth } from './conditions.ts';
import type { SignInConditions } from './request.ts';

export interface CompiledLocation {
  readonly trusted: boolean;
  readonly holds: (place: Place) => Truth;
}

/** Where a sign-in comes from, read once. */
export interface Place {
  /** Nothing: not known, or no address. */
  readonly address: Address | undefined;
  readonly country: string | undefined;
  readonly gpsCountry: string | undefined;
}

export function placeOf({ ipAddress, country, gpsCountry }: SignInConditions): Place {
  return {
    address: ipAddress === undefined ? undefined : parseAddress(ipAddress),
    country: country?.toUpperCase(),
    gpsCountry: gpsCountry?.toUpperCase(),
  };
}

/** A range that is none makes the whole location one of which nothing is known: it may be the one that was meant. */
export function compileLocation(location: NamedLocation): CompiledLocation {
  if (location['@odata.type'] === '#microsoft.graph.countryNamedLocation') return compileCountries(location);
  const parsed = location.ipRanges.map(parseRange);
  const ranges = new AddressRanges(parsed.filter((range) => range !== undefined));
  const otherwise = parsed.includes(undefined) ? unknown : no;
  return {
    trusted: location.isTrusted,
    holds: ({ address }) => (address === undefined ? unknown : ranges.has(address) ? yes : otherwise),
  };
}

function compileCountries(
  location: Extract<NamedLocation, { '@odata.type': '#microsoft.graph.countryNamedLocation' }>,
): CompiledLocation {
  const countries = new Set(location.countriesAndRegions.map((country) => country.toUpperCase()));
  const whenUnknown = location.includeUnknownCountriesAndRegions ? yes : no;
  const isIn = (country: string): Truth => (countries.has(country) ? yes : no);
  if (location.countryLookupMethod === 'authenticatorAppGps')
    // A phone that does not say where it is has not been asked, or will not say.
    return { trusted: false, holds: ({ gpsCountry }) => (gpsCountry === undefined ? unknown : isIn(gpsCountry)) };
  return {
    trusted: false,
    holds: ({ address, country }) => {
      if (country !== undefined) return isIn(country);
      return address === undefined ? unknown : whenUnknown;
    },
  };
}
