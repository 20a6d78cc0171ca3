import type { PersonAttributes, PersonChange } from '@sallyport/contracts';
import type { DirectoryPerson } from '../directory/store.ts';
import { scimError } from './errors.ts';

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** What SCIM says of a person, as it is kept: null takes away. */
export interface Draft {
  userName?: string | undefined;
  displayName?: string | null | undefined;
  externalId?: string | null | undefined;
  active?: boolean | undefined;
  manager?: string | null | undefined;
  attributes: Record<string, string | string[] | null>;
}
type Setter = (draft: Draft, value: unknown) => void;

const textOf = (value: unknown, name: string): string | null => {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw scimError('invalidValue', `\`${name}\` takes a text`);
};
const attribute =
  (name: keyof PersonAttributes): Setter =>
  (draft, value) => {
    draft.attributes[name] = textOf(value, name);
  };
/** Entra ID sends `"False"`. */
const boolean: Setter = (draft, value) => {
  const text = String(value).toLowerCase();
  if (text !== 'true' && text !== 'false') throw scimError('invalidValue', '`active` takes true or false');
  draft.active = text === 'true';
};
const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const records = (value: unknown): Record<string, unknown>[] =>
  (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map((one) =>
    typeof one === 'string' ? { value: one } : record(one),
  );
const kindOf = (one: Record<string, unknown>) => (typeof one['type'] === 'string' ? one['type'] : 'work').toLowerCase();
const ofKind = (value: unknown, kind: string) =>
  records(value).find((one) => kindOf(one) === kind) ?? (kind === 'work' ? records(value)[0] : undefined);

const addressParts = {
  streetaddress: 'streetAddress',
  locality: 'city',
  region: 'state',
  postalcode: 'postalCode',
  country: 'country',
} as const;
const parts =
  (paths: Readonly<Record<string, Setter>>, prefix: string): Setter =>
  (draft, value) => {
    const given = record(value);
    for (const [name, part] of Object.entries(given)) paths[`${prefix}.${name}`.toLowerCase()]?.(draft, part);
  };

const namePaths: Readonly<Record<string, Setter>> = {
  'name.givenname': attribute('givenName'),
  'name.familyname': attribute('surname'),
};
const enterprise = enterpriseSchema.toLowerCase();
const managerOf: Setter = (draft, value) => {
  draft.manager = textOf(typeof value === 'object' ? record(value)['value'] : value, 'manager');
};
const enterprisePaths: Readonly<Record<string, Setter>> = {
  [`${enterprise}:department`]: attribute('department'),
  [`${enterprise}:organization`]: attribute('companyName'),
  [`${enterprise}:employeenumber`]: attribute('employeeId'),
  [`${enterprise}:manager`]: managerOf,
  [`${enterprise}:manager.value`]: managerOf,
};
const addressPaths = Object.fromEntries(
  Object.entries(addressParts).map(([part, name]) => [`addresses[type eq "work"].${part}`, attribute(name)]),
);

/** Paths of PATCH, in small letters. A complex attribute sets its parts. */
const paths: Readonly<Record<string, Setter>> = {
  username: (draft, value) => {
    draft.userName = textOf(value, 'userName') ?? '';
  },
  displayname: (draft, value) => {
    draft.displayName = textOf(value, 'displayName');
  },
  externalid: (draft, value) => {
    draft.externalId = textOf(value, 'externalId');
  },
  active: boolean,
  title: attribute('jobTitle'),
  usertype: attribute('employeeType'),
  preferredlanguage: attribute('preferredLanguage'),
  ...namePaths,
  'name.formatted': () => undefined,
  name: parts(namePaths, 'name'),
  ...enterprisePaths,
  [enterprise]: (draft, value) => {
    for (const [name, part] of Object.entries(record(value)))
      enterprisePaths[`${enterprise}:${name.toLowerCase()}`]?.(draft, part);
  },
  ...addressPaths,
  'addresses[type eq "work"]': parts(addressPaths, 'addresses[type eq "work"]'),
  addresses: (draft, value) => parts(addressPaths, 'addresses[type eq "work"]')(draft, ofKind(value, 'work') ?? {}),
  'emails[type eq "work"].value': attribute('mail'),
  'emails[type eq "work"]': (draft, value) => attribute('mail')(draft, record(value)['value']),
  emails: (draft, value) => {
    attribute('mail')(draft, ofKind(value, 'work')?.['value']);
    const others = records(value).filter((one) => kindOf(one) !== 'work');
    draft.attributes['otherMails'] = others.flatMap((one) => textOf(one['value'], 'emails') ?? []);
  },
  'phonenumbers[type eq "mobile"].value': attribute('mobilePhone'),
  'phonenumbers[type eq "work"].value': (draft, value) => {
    const text = textOf(value, 'phoneNumbers');
    draft.attributes['businessPhones'] = text === null ? [] : [text];
  },
  phonenumbers: (draft, value) => {
    attribute('mobilePhone')(draft, ofKind(value, 'mobile')?.['value']);
    const work = records(value).find((one) => kindOf(one) === 'work');
    draft.attributes['businessPhones'] = work ? [textOf(work['value'], 'phoneNumbers') ?? ''].filter(Boolean) : [];
  },
};

/** Attributes of the standard that are not kept here: taken and passed over, as RFC 7644, 3.3 allows. */
const passedOver = /^(schemas|id|meta|nickname|profileurl|locale|timezone|password|ims|photos|groups|entitlements|roles|x509certificates|name\.(middlename|honorific\w+)|phonenumbers\[.*|emails\[.*|addresses\[.*|urn:.*)/; // prettier-ignore

function set(draft: Draft, path: string, value: unknown): void {
  const lower = path.trim().toLowerCase();
  const bare = lower.startsWith(`${userSchema.toLowerCase()}:`) ? lower.slice(userSchema.length + 1) : lower;
  const known = Object.hasOwn(paths, bare) ? paths[bare] : undefined;
  if (known) known(draft, value);
  else if (!passedOver.test(bare)) throw scimError('invalidPath', `there is no attribute \`${path.slice(0, 200)}\``);
}

/** A whole resource: what it leaves out is taken away when it replaces another. */
export function draftOfResource(body: Readonly<Record<string, unknown>>, replaces: boolean): Draft {
  const draft: Draft = { attributes: {} };
  if (replaces) {
    for (const path of ['externalId', 'title', 'userType', 'preferredLanguage', 'addresses', 'emails', 'phoneNumbers', 'displayName', 'name.givenName', 'name.familyName', `${enterpriseSchema}:department`, `${enterpriseSchema}:organization`, `${enterpriseSchema}:employeeNumber`, `${enterpriseSchema}:manager`]) set(draft, path, null); // prettier-ignore
  }
  for (const [name, value] of Object.entries(body)) set(draft, name, value);
  const formatted = record(body['name'])['formatted'];
  if ((draft.displayName ?? null) === null && typeof formatted === 'string') draft.displayName = formatted;
  return draft;
}

const operationsMax = 100;
export interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string | undefined;
  readonly value: unknown;
}
/** RFC 7644, 3.5.2; operations in whatever case, as Entra ID writes them. Throws invalidSyntax. */
export function operationsOf(body: Readonly<Record<string, unknown>>): Operation[] {
  const given = body['Operations'];
  if (!Array.isArray(given) || given.length === 0 || given.length > operationsMax)
    throw scimError('invalidSyntax', `1 to ${operationsMax} \`Operations\` are expected`);
  return given.map((one): Operation => {
    const { op, path, value } = record(one);
    const kind = String(op).toLowerCase();
    if (kind !== 'add' && kind !== 'replace' && kind !== 'remove')
      throw scimError('invalidSyntax', '`op` is add, replace or remove');
    if (path !== undefined && typeof path !== 'string') throw scimError('invalidPath', '`path` is a text');
    if (kind === 'remove' && path === undefined) throw scimError('noTarget', '`remove` needs a `path`');
    return { op: kind, path, value };
  });
}

export function draftOfPatch(body: Readonly<Record<string, unknown>>): Draft {
  const draft: Draft = { attributes: {} };
  for (const { op, path, value } of operationsOf(body)) {
    if (path !== undefined) set(draft, path, op === 'remove' ? null : value);
    else for (const [name, part] of Object.entries(record(value))) set(draft, name, part);
  }
  return draft;
}

export const changeOfDraft = (draft: Draft): PersonChange & { attributes: PersonAttributes } => ({
  ...(draft.userName === undefined ? {} : { userPrincipalName: draft.userName }),
  ...(draft.displayName ? { displayName: draft.displayName } : {}),
  ...(draft.active === undefined ? {} : { accountEnabled: draft.active }),
  attributes: draft.attributes as PersonAttributes,
});

/** A person as SCIM has it. */
export function userForm(person: DirectoryPerson, location: string): Record<string, unknown> {
  const { attributes: is } = person;
  const without = (object: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null));
  const email = (value: string, type: string) => ({ value, type, primary: type === 'work' });
  const address = without({ streetAddress: is.streetAddress, locality: is.city, region: is.state, postalCode: is.postalCode, country: is.country }); // prettier-ignore
  const phones = [
    ...(is.businessPhones ?? []).map((value) => ({ value, type: 'work' })),
    ...(is.mobilePhone ? [{ value: is.mobilePhone, type: 'mobile' }] : []),
  ];
  const name = without({ givenName: is.givenName, familyName: is.surname });
  const extension = without({
    employeeNumber: is.employeeId,
    department: is.department,
    organization: is.companyName,
    manager: person.managerId === null ? undefined : { value: person.managerId },
  });
  return {
    schemas: [userSchema, enterpriseSchema],
    id: person.id,
    ...without({ externalId: person.externalId }),
    userName: person.userPrincipalName,
    displayName: person.displayName,
    active: person.disabledAt === null,
    ...(Object.keys(name).length > 0 ? { name: { ...name, formatted: person.displayName } } : {}),
    ...without({ title: is.jobTitle, userType: is.employeeType, preferredLanguage: is.preferredLanguage }),
    ...(is.mail || is.otherMails ? { emails: [...(is.mail ? [email(is.mail, 'work')] : []), ...(is.otherMails ?? []).map((one) => email(one, 'other'))] } : {}), // prettier-ignore
    ...(phones.length > 0 ? { phoneNumbers: phones } : {}),
    ...(Object.keys(address).length > 0 ? { addresses: [{ ...address, type: 'work' }] } : {}),
    [enterpriseSchema]: extension,
    meta: metaOf('User', person, location),
  };
}

export const etagOf = ({ revision }: { readonly revision: number }): string => `W/"${revision}"`;
export const metaOf = (
  resourceType: 'User' | 'Group',
  thing: { readonly createdAt: Date; readonly modifiedAt: Date; readonly revision: number },
  location: string,
) => ({
  resourceType,
  created: thing.createdAt.toISOString(),
  lastModified: thing.modifiedAt.toISOString(),
  location,
  version: etagOf(thing),
});
