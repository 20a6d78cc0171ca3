/**
 * What a sign-in is judged by: two features, each from coarse to fine. A level is judged within the one before it: which provider, of those in this country; which
 * address, of those of this provider. Another address of the same provider is then not as strange as one of another continent.
 */
export const features = {
  address: ['country', 'asn', 'address'],
  userAgent: ['deviceType', 'operatingSystem', 'browser', 'userAgent'],
} as const;
export type Feature = keyof typeof features;
export const featureNames = Object.keys(features) as readonly Feature[];
export type Level = (typeof features)[Feature][number];

/** The values of a sign-in, one for each level. The empty string stands for what is not known, and is a value like others. */
export type SignInValues = Readonly<Record<Level, string>>;

/**
 * How many values a level has at least, within the one before it: what attackers choose from, and what a person has not used yet. Orders of magnitude; where more are
 * seen, those count.
 */
export const expectedValues: Readonly<Record<Level, number>> = {
  country: 200,
  asn: 50,
  address: 1_000,
  deviceType: 3,
  operatingSystem: 5,
  browser: 30,
  userAgent: 5,
};

export interface LevelKey {
  readonly level: Level;
  readonly parent: string;
  readonly key: string;
}

/** For each level, the key of the level before it and its own. Keys hold the values before, each with its length, so that none is mistaken for another. */
export function keysOf(feature: Feature, values: SignInValues): LevelKey[] {
  let key: string = feature;
  return features[feature].map((level) => {
    const parent = key;
    const value = values[level];
    key = `${parent}|${value.length}:${value}`;
    return { level, parent, key };
  });
}
