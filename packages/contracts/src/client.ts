import { ErrorBody, SallyportError, errorCodes, type ErrorCode } from './errors.ts';
import type { BodyOf, ParamsOf, QueryOf, ResponseOf, RouteDefinition } from './route.ts';
import { routes } from './routes/index.ts';

type Routes = typeof routes;

export interface CallInput<R extends RouteDefinition> {
  params?: ParamsOf<R>;
  query?: Partial<QueryOf<R>>;
  body?: R['body'] extends 'raw' ? Blob | ArrayBuffer : BodyInput<R>;
  signal?: AbortSignal;
}
type BodyInput<R extends RouteDefinition> = R['body'] extends { _zod: { input: infer I } } ? I : BodyOf<R>;

export type Client = {
  readonly [K in keyof Routes]: (input?: CallInput<Routes[K]>) => Promise<ResponseOf<Routes[K]>>;
};

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCodes, code);

/** What an answer that is no success says, out of its JSON. */
export function errorOfAnswer(status: number, body: unknown): SallyportError {
  const parsed = ErrorBody.safeParse(body);
  if (!parsed.success) return new SallyportError('InternalError', `the server answered ${status}`);
  const { code, message, target, details, requestId } = parsed.data.error;
  return new SallyportError(isErrorCode(code) ? code : 'InternalError', message, {
    ...(target === undefined ? {} : { target }),
    ...(requestId === undefined ? {} : { requestId }),
    details: (details ?? []).map((d) => ({
      code: d.code,
      message: d.message,
      ...(d.target === undefined ? {} : { target: d.target }),
    })),
  });
}

/**
 * A typed client of the server's own routes: `client.getIncident({ params: { number: 7 } })`.
 * Answers are parsed by the route's schema; an error answer throws SallyportError with the server's code.
 * `headers` is asked before each call (a bearer token, the CSRF header).
 */
export function createClient(options: {
  baseUrl: string;
  fetch: typeof globalThis.fetch;
  headers?: () => Record<string, string>;
}): Client {
  const call = async (definition: RouteDefinition, input: CallInput<RouteDefinition> = {}): Promise<unknown> => {
    const params = (input.params ?? {}) as Readonly<Record<string, unknown>>;
    const path = definition.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])));
    const url = new URL(path, options.baseUrl);
    const query = (input.query ?? {}) as Readonly<Record<string, string | number | boolean | undefined>>;
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const raw = definition.body === 'raw';
    const response = await options.fetch(url, {
      method: definition.method,
      headers: {
        ...(input.body === undefined ? {} : { 'content-type': raw ? 'application/octet-stream' : 'application/json' }),
        ...options.headers?.(),
      },
      ...(input.body === undefined ? {} : { body: raw ? (input.body as unknown as Blob) : JSON.stringify(input.body) }),
      ...(input.signal ? { signal: input.signal } : {}),
      credentials: 'same-origin',
    });
    if (!response.ok) throw errorOfAnswer(response.status, await response.json().catch(() => undefined));
    return definition.response === 'raw' ? response.text() : definition.response.parse(await response.json());
  };
  return Object.fromEntries(
    Object.entries(routes).map(([name, definition]) => [
      name,
      (input?: CallInput<RouteDefinition>) => call(definition, input),
    ]),
  ) as unknown as Client;
}
