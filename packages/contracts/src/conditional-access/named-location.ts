import { z } from 'zod';
import { conditionalAccessLimits } from './policy.ts';

const address = z.string().min(2).max(64);
const IpRange = z.union([
  z.strictObject({ '@odata.type': z.string().max(256).optional(), cidrAddress: address }),
  z.strictObject({ '@odata.type': z.string().max(256).optional(), lowerAddress: address, upperAddress: address }),
]);

const described = {
  id: z.string().min(1).max(conditionalAccessLimits.idLength),
  displayName: z.string().min(1).max(256),
  createdDateTime: z.string().max(64).nullish(),
  modifiedDateTime: z.string().max(64).nullish(),
};

/** Graph's `ipNamedLocation`: networks, of which those that are trusted count as `AllTrusted`. */
export const IpNamedLocation = z.strictObject({
  ...described,
  '@odata.type': z.literal('#microsoft.graph.ipNamedLocation'),
  isTrusted: z.boolean(),
  ipRanges: z.array(IpRange).min(1).max(conditionalAccessLimits.rangesOfALocation),
});

/** Graph's `countryNamedLocation`: countries by ISO 3166 code, found by the address or by the position of a phone. */
export const CountryNamedLocation = z.strictObject({
  ...described,
  '@odata.type': z.literal('#microsoft.graph.countryNamedLocation'),
  countriesAndRegions: z.array(z.string().regex(/^[A-Za-z]{2}$/, 'expected a country by its two letters')).max(300),
  includeUnknownCountriesAndRegions: z.boolean().nullish(),
  countryLookupMethod: z.enum(['clientIpAddress', 'authenticatorAppGps']).nullish(),
});

export const NamedLocation = z.discriminatedUnion('@odata.type', [IpNamedLocation, CountryNamedLocation]);
export type NamedLocation = z.infer<typeof NamedLocation>;
