import { createHash } from 'node:crypto';
import { SallyportError, type SentinelWorkspace } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ErrorFace } from '../http/index.ts';
import type { Workspace, Workspaces } from '../workspaces/index.ts';

/** What all faces of Azure Resource Manager's `Microsoft.SecurityInsights` share. */

/** The id under which a workspace's resources are. */
export const rootOf = ({ subscriptionId, resourceGroupName, workspaceName }: SentinelWorkspace): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroupName}/providers/Microsoft.OperationalInsights/workspaces/${workspaceName}/providers/Microsoft.SecurityInsights`;

/** A workspace by its name, and its root. Throws NotFound where there is none. */
export function workspaceFor(
  params: SentinelWorkspace,
  workspaces: Pick<Workspaces, 'find'>,
): { readonly workspace: Workspace; readonly root: string } {
  const workspace = workspaces.find(params.workspaceName);
  if (workspace) return { workspace, root: rootOf(params) };
  throw noWorkspace(params);
}

const noWorkspace = ({ workspaceName }: SentinelWorkspace): SallyportError =>
  new SallyportError('NotFound', `The workspace '${workspaceName.slice(0, 100)}' could not be found`);

/** Throws NotFound when the workspace is not this one; else answers its root. */
export function rootFor(params: SentinelWorkspace, isWorkspace: (name: string) => boolean): string {
  if (isWorkspace(params.workspaceName)) return rootOf(params);
  throw noWorkspace(params);
}

/** A text that changes with what it is of. */
export const etagOf = (row: object): string =>
  `"${createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 32)}"`;

export const ifMatch = (request: FastifyRequest): string | undefined => request.headers['if-match'];

/** Throws Conflict when `etag` is of another state of `row`. Without one the change is made whatever it was before. */
export function checkEtag(row: object, etag: string | undefined): void {
  if (etag === undefined || etag === '*') return;
  const expected = etagOf(row);
  const plain = (value: string) => value.replaceAll('"', '');
  if (plain(etag) === plain(expected)) return;
  throw new SallyportError(
    'Conflict',
    `A newer instance exists: expected etag ${expected}, got etag ${etag.slice(0, 100)}`,
  );
}

/** What a client has put, by its schema. Throws BadRequest with the place. */
export function readBody<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue?.path.join('.') ?? '';
  throw new SallyportError('BadRequest', `Invalid data model. [${at}: ${issue?.message ?? 'not understood'}]`, {
    target: at,
  });
}

export const sendArm = (reply: FastifyReply, status: number, body?: object): FastifyReply => {
  void reply.code(status).header('cache-control', 'no-store');
  return body === undefined ? reply.send() : reply.type('application/json; charset=utf-8').send(JSON.stringify(body));
};

/** Codes of Azure Resource Manager. https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors */
const faults: Readonly<Record<SallyportError['code'], readonly [number, string]>> = {
  BadRequest: [400, 'BadRequest'],
  InvalidQuery: [400, 'BadRequest'],
  QueryLimitExceeded: [400, 'BadRequest'],
  Unauthenticated: [401, 'AuthenticationFailed'],
  Forbidden: [403, 'AuthorizationFailed'],
  NotFound: [404, 'NotFound'],
  Conflict: [409, 'Conflict'],
  Gone: [410, 'Gone'],
  PayloadTooLarge: [413, 'RequestContentTooLarge'],
  UnsupportedMediaType: [415, 'UnsupportedMediaType'],
  TooManyRequests: [429, 'TooManyRequests'],
  InternalError: [500, 'InternalServerError'],
  Unavailable: [503, 'ServiceUnavailable'],
};
export const armError: ErrorFace = (error, request) => {
  const [status, code] = faults[error.code];
  return {
    status,
    headers: { 'x-ms-request-id': request.id, 'x-ms-error-code': code },
    body: { error: { code, message: error.message, ...(error.target === undefined ? {} : { target: error.target }) } },
  };
};
