import { SallyportError, type AzureSettings } from '@sallyport/contracts';
import { z } from 'zod';
import type { Clock } from '../../../platform/clock.ts';
import {
  clientToken,
  dropToken,
  fetchHttps,
  retryAfterSeconds,
  type TokenCache,
  type TokenFetcher,
} from '../../../platform/outbound/index.ts';
import { CloudError, type Cloud, type CloudGrant, type CloudRoleDefinition } from '../types.ts';

/** Role assignments of Azure. https://learn.microsoft.com/rest/api/authorization/role-assignments */

const apiVersion = '2022-04-01';
const answerBytesMax = 4 * 1024 * 1024;
/** Shorter than what a server holds a grant for: one call more than a token, an assignment and a look at it. */
const callMs = 6_000;
const definitionsMax = 1_000;
const pagesMax = 20;
const principalTypes = { user: 'User', group: 'Group', servicePrincipal: 'ServicePrincipal' } as const;

const Fault = z.object({ error: z.object({ code: z.string(), message: z.string().catch('') }) });
const Assignment = z.object({
  properties: z.object({ principalId: z.string(), roleDefinitionId: z.string(), scope: z.string().optional() }),
});
const Definitions = z.object({
  value: z.array(z.object({ name: z.string(), properties: z.object({ roleName: z.string() }) })),
  nextLink: z.string().nullish(),
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Azure with an application's secret. */
export function openAzure(
  settings: AzureSettings,
  secret: string,
  { clock, tokens }: { readonly clock: Pick<Clock, 'now'>; readonly tokens: TokenCache },
): Cloud {
  const { resourceManagerUrl } = settings;
  const client = {
    tokenUrl: `${settings.authorityUrl}/${settings.tenantId}/oauth2/v2.0/token`,
    clientId: settings.clientId,
    scope: `${resourceManagerUrl}/.default`,
  };

  const token = async (signal: AbortSignal): Promise<string> => {
    const fetcher: TokenFetcher = {
      call: async (url, call) => {
        const answer = await fetchHttps(
          url,
          { ...call, signal },
          { bytesMax: answerBytesMax, timeoutMs: callMs },
        ).catch((error: unknown) => unreachable(url, error));
        return { status: answer.status, text: await answer.text() };
      },
    };
    try {
      return await clientToken(tokens, fetcher, client, secret);
    } catch (error) {
      if (error instanceof SallyportError) throw new CloudError(error.message);
      throw error;
    }
  };

  const once = async (method: string, url: string, signal: AbortSignal, body?: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${await token(signal)}`, 'content-type': 'application/json' };
    const answer = await fetchHttps(
      url,
      { method, headers, signal, ...(body ? { body: JSON.stringify(body) } : {}) },
      { bytesMax: answerBytesMax, timeoutMs: callMs },
    ).catch((error: unknown) => unreachable(new URL(url), error));
    return {
      status: answer.status,
      body: parsed(await answer.text()),
      headers: Object.fromEntries(answer.headers),
    };
  };
  /** With a new token where the old one was taken back. */
  const call = async (method: string, url: string, signal: AbortSignal, body?: object): Promise<Answer> => {
    const answer = await once(method, url, signal, body);
    if (answer.status !== 401) return answer;
    dropToken(tokens, client, secret);
    return once(method, url, signal, body);
  };
  const refused = ({ status, body, headers }: Answer): CloudError => {
    const fault = Fault.safeParse(body);
    const said = fault.success ? `${fault.data.error.code}: ${fault.data.error.message}` : 'without a reason';
    return new CloudError(`Azure answered ${status}, ${said}`, retryAfterSeconds({ headers }, clock.now()));
  };

  const urlOf = ({ scope, id }: CloudGrant): string =>
    `${resourceManagerUrl}${scope}/providers/Microsoft.Authorization/roleAssignments/${id}?api-version=${apiVersion}`;
  const definitionOf = ({ scope, roleId }: CloudGrant): string => {
    const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
    return `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`;
  };
  /** What is there under the id of a grant, if it is what was asked for. */
  const isThere = async (grant: CloudGrant, signal: AbortSignal): Promise<boolean> => {
    const { status, body } = await call('GET', urlOf(grant), signal);
    const found = Assignment.safeParse(body);
    return (
      status === 200 &&
      found.success &&
      found.data.properties.principalId.toLowerCase() === grant.externalId.toLowerCase() &&
      found.data.properties.roleDefinitionId.toLowerCase().endsWith(`/${grant.roleId.toLowerCase()}`)
    );
  };

  return {
    give: async (grant, signal) => {
      const answer = await call('PUT', urlOf(grant), signal, {
        properties: {
          roleDefinitionId: definitionOf(grant),
          principalId: grant.externalId,
          principalType: principalTypes[grant.principalType],
          description: 'Written by Sallyport, which takes it away at its end',
        },
      });
      if (answer.status === 200 || answer.status === 201) return;
      // Ours from a call whose answer was lost, or another's, which is left alone.
      if (answer.status === 409 && (await isThere(grant, signal))) return;
      throw refused(answer);
    },

    takeAway: async (grant, signal) => {
      const answer = await call('DELETE', urlOf(grant), signal);
      // 404: the scope itself is gone.
      if (answer.status !== 200 && answer.status !== 204 && !isGone(answer)) throw refused(answer);
    },

    definitions: async (scope, signal) => {
      const found: CloudRoleDefinition[] = [];
      let url: string | undefined =
        `${resourceManagerUrl}${scope}/providers/Microsoft.Authorization/roleDefinitions?api-version=${apiVersion}`;
      for (let page = 0; url !== undefined && page < pagesMax && found.length < definitionsMax; page += 1) {
        const answer = await call('GET', url, signal);
        const read = Definitions.safeParse(answer.body);
        if (answer.status !== 200 || !read.success) throw refused(answer);
        found.push(...read.data.value.map(({ name, properties }) => ({ id: name, name: properties.roleName })));
        const next: string | undefined = read.data.nextLink ?? undefined;
        // The token goes to nobody else.
        url = next?.startsWith(`${resourceManagerUrl}/`) ? next : undefined;
      }
      return found.slice(0, definitionsMax).toSorted((a, b) => a.name.localeCompare(b.name));
    },
  };
}

/** Not any 404: a proxy's, or that of a wrong address, says nothing of the assignment. */
function isGone({ status, body }: Answer): boolean {
  const fault = Fault.safeParse(body);
  return (
    status === 404 &&
    fault.success &&
    ['RoleAssignmentNotFound', 'ResourceGroupNotFound', 'ResourceNotFound'].includes(fault.data.error.code)
  );
}

function unreachable(url: URL, error: unknown): never {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code: unknown = inner instanceof Error && 'code' in inner ? inner.code : undefined;
  const why = typeof code === 'string' ? code : inner instanceof Error ? inner.name : 'unknown';
  throw new CloudError(`${url.host} could not be reached (${why})`);
}
