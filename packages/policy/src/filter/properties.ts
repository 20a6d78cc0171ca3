/** Operators by the names that the documentation gives them; `-eq` is Equals. */
export const operators = {
  eq: 'equality',
  ne: 'equality',
  startswith: 'text',
  notstartswith: 'text',
  endswith: 'text',
  notendswith: 'text',
  contains: 'membership',
  notcontains: 'membership',
  in: 'list',
  notin: 'list',
} as const;
export type Operator = keyof typeof operators;

export type PropertyKind = 'text' | 'id' | 'word' | 'collection';

/** Which families of operators each kind of property has. */
export const operatorsOfKind: Readonly<Record<PropertyKind, readonly (typeof operators)[Operator][]>> = {
  text: ['equality', 'text', 'membership', 'list'],
  id: ['equality', 'list'],
  word: ['equality'],
  collection: ['membership'],
};

export interface Property {
  /** As in `DeviceInfo`. */
  readonly name: string;
  readonly kind: PropertyKind;
  /** For words: the values that there are. */
  readonly values?: readonly string[];
}

const property = (name: string, kind: PropertyKind, values?: readonly string[]): [string, Property] => [
  name.toLowerCase(),
  { name, kind, ...(values ? { values } : {}) },
];

const texts = [
  'displayName',
  'enrollmentProfileName',
  'manufacturer',
  'model',
  'operatingSystem',
  'operatingSystemVersion',
];
const extensionAttributes = Array.from({ length: 15 }, (_, i) => `extensionAttribute${i + 1}`);

/** What a device filter may ask, with the operators of the documented table. */
export const deviceProperties: ReadonlyMap<string, Property> = new Map([
  ...[...texts, ...extensionAttributes].map((name) => property(name, 'text')),
  property('deviceId', 'id'),
  property('mdmAppId', 'id'),
  property('deviceOwnership', 'word', ['Company', 'Personal']),
  property('isCompliant', 'word', ['True', 'False']),
  property('profileType', 'word', ['RegisteredDevice', 'SecureVM', 'Printer', 'Shared', 'IoT']),
  property('trustType', 'word', ['AzureAD', 'ServerAD', 'Workplace']),
  property('physicalIds', 'collection'),
  property('systemLabels', 'collection'),
]);
