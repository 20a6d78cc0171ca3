import type { ServerResponse } from 'node:http';
import { z } from 'zod';

/** Answers as Azure documents it, for role assignments of a tenant, with what goes wrong in between. Not a part of Sallyport. */

export interface ArmAssignment {
  readonly name: string;
  readonly scope: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly roleDefinitionId: string;
}
interface Asked {
  readonly url: URL;
  readonly headers: { readonly authorization?: string | undefined };
  readonly method: string;
  readonly body: string;
}
/** What a call gets in place of its answer; `lose`: it is done, and its answer is lost. */
type Fault = 'lose' | { readonly status: number; readonly code: string; readonly retryAfter?: string };

const Put = z.object({
  properties: z.object({ roleDefinitionId: z.string(), principalId: z.guid(), principalType: z.string() }),
});
const path = /^(\/.+)\/providers\/Microsoft\.Authorization\/(roleAssignments|roleDefinitions)(?:\/([0-9a-f-]{36}))?$/i;
const lower = (text: string): string => text.toLowerCase();

export class TestArm {
  readonly assignments: ArmAssignment[] = [];
  /** For the next calls about role assignments, one each. */
  readonly faults: Fault[] = [];
  /** Of calls about role assignments, in order. */
  readonly calls: string[] = [];
  readonly #client: { readonly tenantId: string; readonly clientId: string; readonly secret: string };
  #tokens = 0;

  constructor(client: { tenantId: string; clientId: string; secret: string }) {
    this.#client = client;
  }

  /** The tokens that were given so far hold no more. */
  revokeTokens(): void {
    this.#tokens += 1;
  }

  readonly answer = (asked: Asked, response: ServerResponse): void => {
    const { url, headers, method } = asked;
    if (url.pathname === `/${this.#client.tenantId}/oauth2/v2.0/token`) return this.#token(asked, response);
    if (headers.authorization !== `Bearer token-${this.#tokens}`)
      return fail(response, 401, 'InvalidAuthenticationToken');
    const [, scope = '', kind, name = ''] = path.exec(url.pathname) ?? [];
    if (kind === undefined) return fail(response, 404, 'InvalidResourceType');
    if (url.searchParams.get('api-version') !== '2022-04-01') return fail(response, 400, 'InvalidApiVersionParameter');
    if (lower(kind) === 'roledefinitions') return send(response, 200, { value: definitionsOver(scope) });
    this.calls.push(method);
    const fault = this.faults.shift();
    if (fault !== undefined && fault !== 'lose')
      return fail(response, fault.status, fault.code, fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }); // prettier-ignore
    const [status, body] = this.#assignment(method, scope, name, asked.body);
    if (fault === 'lose') return void response.socket?.destroy();
    send(response, status, body);
  };

  #token({ body }: Asked, response: ServerResponse): void {
    const form = new URLSearchParams(body);
    const { clientId, secret } = this.#client;
    const isRight =
      form.get('grant_type') === 'client_credentials' &&
      form.get('client_id') === clientId &&
      form.get('client_secret') === secret &&
      /^https:\/\/localhost:\d+\/\.default$/.test(form.get('scope') ?? '');
    if (!isRight) return send(response, 401, { error: 'invalid_client', error_description: 'AADSTS7000215' });
    send(response, 200, { token_type: 'Bearer', expires_in: 3_599, access_token: `token-${this.#tokens}` });
  }

  #assignment(method: string, scope: string, name: string, text: string): [number, unknown] {
    const at = this.assignments.findIndex((one) => one.name === name && lower(one.scope) === lower(scope));
    const found = this.assignments[at];
    if (method === 'GET') return found ? [200, bodyOf(found)] : [404, faultOf('RoleAssignmentNotFound')];
    if (method === 'DELETE') {
      if (!found) return [204, undefined];
      this.assignments.splice(at, 1);
      return [200, bodyOf(found)];
    }
    const { properties } = Put.parse(JSON.parse(text));
    const isSame = this.assignments.some(
      (one) =>
        lower(one.scope) === lower(scope) &&
        one.principalId === properties.principalId &&
        lower(one.roleDefinitionId) === lower(properties.roleDefinitionId),
    );
    if (isSame) return [409, faultOf('RoleAssignmentExists')];
    if (found) return [400, faultOf('RoleAssignmentUpdateNotPermitted')];
    const made = { name, scope, ...properties };
    this.assignments.push(made);
    return [201, bodyOf(made)];
  }
}

const bodyOf = ({ name, scope, ...properties }: ArmAssignment): unknown => ({
  id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
  type: 'Microsoft.Authorization/roleAssignments',
  name,
  properties: { ...properties, scope },
});
const definitionsOver = (scope: string): unknown =>
  [
    ['b24988ac-6180-42a0-ab88-20f7382dd24c', 'Contributor'],
    ['acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader'],
  ].map(([name, roleName]) => ({
    id: `${scope}/providers/Microsoft.Authorization/roleDefinitions/${name}`,
    type: 'Microsoft.Authorization/roleDefinitions',
    name,
    properties: { roleName, type: 'BuiltInRole', assignableScopes: ['/'], permissions: [] },
  }));
const faultOf = (code: string): unknown => ({ error: { code, message: `${code}, as Azure says it.` } });
const fail = (response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void =>
  send(response, status, faultOf(code), headers);
function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
