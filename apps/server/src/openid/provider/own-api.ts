import { sallyportApplication } from '../../conditional-access/index.ts';

/** What an application asks a token for to call Sallyport itself: this, or Sallyport's own address. */
export const ownApiUri = 'api://sallyport';

/** Sallyport as a resource in rows of the sign-in logs, and in policies. */
export const ownApi = { appId: sallyportApplication, body: { displayName: 'Sallyport' } } as const;

export const isOwnApi = (uri: string, issuer: string): boolean => uri === ownApiUri || uri === issuer;

const defaultScope = '/.default';

/**
 * Applications ask as Entra has it, by the one scope `<resource>/.default`, where RFC 8707 has the parameter `resource`.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export function resourceOfScope(grantType: unknown, scope: unknown): string | undefined {
  if (grantType !== 'client_credentials' || typeof scope !== 'string' || !scope.endsWith(defaultScope))
    return undefined;
  const resource = scope.slice(0, -defaultScope.length);
  return resource.includes(' ') ? undefined : resource;
}
