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
  match: 'pattern',
  notmatch: 'pattern',
} as const;
export type Operator = keyof typeof operators;

export type PropertyKind = 'text' | 'id' | 'word' | 'collection' | 'userText' | 'userCollection';

/** Which families of operators each kind of property has. */
export const operatorsOfKind: Readonly<Record<PropertyKind, readonly (typeof operators)[Operator][]>> = {
  text: ['equality', 'text', 'membership', 'list'],
  id: ['equality', 'list'],
  word: ['equality'],
  collection: ['membership'],
  userText: ['equality', 'text', 'membership', 'list', 'pattern'],
  userCollection: ['membership'],
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

const userTexts = [
  'city',
  'companyName',
  'country',
  'department',
  'displayName',
  'employeeId',
  'givenName',
  'jobTitle',
  'mail',
  'mailNickName',
  'mobile',
  'onPremisesDistinguishedName',
  'onPremisesSecurityIdentifier',
  'physicalDeliveryOfficeName',
  'postalCode',
  'preferredLanguage',
  'state',
  'streetAddress',
  'surname',
  'telephoneNumber',
  'usageLocation',
  'userPrincipalName',
  'userType',
];

/** What a dynamic group's rule may ask of a user. https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership#supported-properties */
export const userProperties: ReadonlyMap<string, Property> = new Map([
  ...[...userTexts, ...extensionAttributes].map((name) => property(name, 'userText')),
  property('objectId', 'id'),
  property('accountEnabled', 'word', ['True', 'False']),
  property('dirSyncEnabled', 'word', ['True', 'False']),
  property('otherMails', 'userCollection'),
  property('proxyAddresses', 'userCollection'),
]);
