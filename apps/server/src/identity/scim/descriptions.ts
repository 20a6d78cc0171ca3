import SCIMMY from 'scimmy';
import { SallyportError } from '@sallyport/contracts';
import { enterpriseSchema, groupSchema, userSchema } from './user-form.ts';

/** Rows of a page, whatever `count` says. */
export const pageMax = 200;

/** RFC 7643, 5. */
export const serviceProviderConfig = (base: string) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: pageMax },
  changePassword: { supported: false },
  sort: { supported: true },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'An API token with the permission directory.provision',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
});

const resourceType = (name: 'User' | 'Group', schema: string, base: string) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  id: name,
  name,
  endpoint: `/${name}s`,
  schema,
  ...(name === 'User' ? { schemaExtensions: [{ schema: enterpriseSchema, required: false }] } : {}),
  meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
});
export const resourceTypes = (base: string) => [
  resourceType('User', userSchema, base),
  resourceType('Group', groupSchema, base),
];

const described = [SCIMMY.Schemas.User, SCIMMY.Schemas.EnterpriseUser, SCIMMY.Schemas.Group];
export const schemas = (base: string): Record<string, unknown>[] =>
  described.map(({ definition }) => ({ ...definition.describe(`${base}/Schemas`) }));

export const list = (resources: readonly object[], totalResults = resources.length, startIndex = 1) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults,
  startIndex,
  itemsPerPage: resources.length,
  Resources: resources,
});

export function oneOf<T extends Record<string, unknown>>(all: readonly T[], id: string): T {
  const one = all.find((entry) => entry['id'] === id);
  if (!one) throw new SallyportError('NotFound', `there is no ${id.slice(0, 200)}`);
  return one;
}
