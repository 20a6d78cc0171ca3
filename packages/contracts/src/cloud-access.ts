import { z } from 'zod';

/** Clouds in which roles are given and taken away. */

const httpsUrl = z
  .url({ protocol: /^https$/ })
  .max(500)
  .transform((url) => url.replace(/\/+$/, ''));

/**
 * An application of a Microsoft Entra tenant with User Access Administrator, or Role Based Access Control Administrator, over the scopes of its roles.
 * https://learn.microsoft.com/azure/role-based-access-control/role-assignments-rest
 */
export const AzureSettings = z.object({
  provider: z.literal('azure'),
  tenantId: z.guid(),
  clientId: z.guid(),
  /** Where tokens are asked for. */
  authorityUrl: httpsUrl.default('https://login.microsoftonline.com'),
  /** Azure Resource Manager. Tokens are for `<this>/.default`. */
  resourceManagerUrl: httpsUrl.default('https://management.azure.com'),
});
export type AzureSettings = z.infer<typeof AzureSettings>;

export const CloudSettings = z.discriminatedUnion('provider', [AzureSettings]);
export type CloudSettings = z.infer<typeof CloudSettings>;
export type CloudProvider = CloudSettings['provider'];

/** How a cloud calls what its connection is made of. `scope` and `role`: what they must be. */
export interface CloudProviderFacts {
  readonly name: string;
  readonly secret: string;
  readonly scope: { readonly label: string; readonly pattern: RegExp; readonly example: string };
  readonly role: { readonly label: string; readonly pattern: RegExp; readonly example: string };
  /** Whom the cloud gives roles to. */
  readonly principal: { readonly label: string; readonly pattern: RegExp };
}

/** Of the statuses of a request that Azure documents, those that what is written into a cloud goes through. */
export const CloudGrantState = z.enum(['PendingProvisioning', 'Provisioned', 'PendingRevocation', 'Revoked']);
export type CloudGrantState = z.infer<typeof CloudGrantState>;

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A segment of a resource's id. Never `.` or `..`, which would lead elsewhere. */
const segment = String.raw`(?!\.{1,2}(?:/|$))[\w.()~-]{1,90}`;
export const cloudProviders: Readonly<Record<CloudProvider, CloudProviderFacts>> = {
  azure: {
    name: 'Azure',
    secret: 'Client secret',
    scope: {
      label: 'Scope',
      pattern: new RegExp(String.raw`^/(?:subscriptions|providers/Microsoft\.Management/managementGroups)(?:/${segment}){1,20}$`, 'i'), // prettier-ignore
      example: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/production',
    },
    role: { label: 'Role definition id', pattern: guid, example: 'b24988ac-6180-42a0-ab88-20f7382dd24c' },
    principal: { label: 'Object id in Entra', pattern: guid },
  },
};
