import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { externalWithoutRows, type CompileOptions, type ExternalRequest, type Kql, type Sql } from '@sallyport/kql';
import { fetchAnswer, type Answer, type Call, type FetchOptions } from './fetch.ts';
import type { Allowed, Asker } from './guard.ts';
import { contentHeaders, rowOfAnswer } from './http-request.ts';
import { rowsOfText, tableOf } from './rows.ts';

/** Most addresses of one query, and bytes of all of them. */
const addressesMax = 10;
const bytesMax = 3_000_000;

/** What of other addresses queries may read. */
export interface External {
  /** What stands for the answers in this query; undefined when it asks for none, or when all of it is off. */
  prepare(kql: Kql, text: string, options: CompileOptions, signal?: AbortSignal): Promise<CompileOptions['external']>;
  /** For checks of a query that is not run: tables without rows for what is on; undefined as above. Nothing is asked. */
  withoutRows(text: string): CompileOptions['external'];
}

/** The hosts that administrators allow, by what asks. */
export interface ExternalHosts {
  readonly externalDataHosts: readonly string[];
  readonly httpRequestHosts: readonly string[];
}
const noHosts: ExternalHosts = { externalDataHosts: [], httpRequestHosts: [] };

const settingOf = (asker: Asker): keyof ExternalHosts =>
  asker === 'externaldata' ? 'externalDataHosts' : 'httpRequestHosts';

/** What a request asks of which addresses: the same call is made once. */
function callsOf(request: ExternalRequest): Call[] {
  const { kind: asker } = request;
  if (request.kind === 'externaldata') return request.addresses.map((address) => ({ asker, address }));
  const { uri: address, headers, content } = request;
  if (request.kind === 'http_request') return [{ asker, address, headers }];
  return [{ asker, address, headers: contentHeaders(headers), content: content ?? '' }];
}

/**
 * `externaldata`, `http_request` and `http_request_post` read the addresses that administrators allow, and no others: see `guard.ts`. Each is off where no
 * host is listed. https://learn.microsoft.com/kusto/query/externaldata-operator
 */
export function createExternal(hosts: ExternalHosts = noHosts, given: Partial<FetchOptions> = {}): External {
  const allowedFor = (asker: Asker): Allowed => ({ hosts: hosts[settingOf(asker)], setting: settingOf(asker) });
  const isOn = ({ kind }: ExternalRequest): boolean => allowedFor(kind).hosts.length > 0;
  const withoutRows: External['withoutRows'] = (text) =>
    /\b(?:externaldata|external_data|http_request|http_request_post)\b/.test(text) &&
    (hosts.externalDataHosts.length > 0 || hosts.httpRequestHosts.length > 0)
      ? (request) => (isOn(request) ? externalWithoutRows(request) : undefined)
      : undefined;

  /** What a query asks for: it is compiled once over nothing. A fault of the query is told when it is compiled to be run. */
  const requestsOf = (kql: Kql, text: string, options: CompileOptions): ExternalRequest[] => {
    const requests = new Map<string, ExternalRequest>();
    const without = withoutRows(text);
    const external = (request: ExternalRequest): Sql | undefined => {
      requests.set(JSON.stringify(request), request);
      return without?.(request);
    };
    try {
      kql.compile(text, { ...options, external, noData: true });
    } catch {
      return [];
    }
    return [...requests.values()];
  };

  return {
    withoutRows,
    prepare: async (kql, text, options, signal) => {
      if (withoutRows(text) === undefined) return undefined;
      const requests = requestsOf(kql, text, options);
      const calls = new Map(requests.flatMap(callsOf).map((call) => [JSON.stringify(call), call]));
      const tooMuch = (what: string): SallyportError =>
        new SallyportError('InvalidQuery', `${requests[0]?.kind}: more than ${what} in one query`);
      if (calls.size > addressesMax) throw tooMuch(`${addressesMax} addresses`);
      const own = { 'x-ms-client-request-id': randomUUID(), 'x-ms-readonly': 'true' };
      const answers = new Map<string, Answer>();
      let bytes = 0;
      for (const [key, call] of calls) {
        const answer = await fetchAnswer(call, {
          ...given,
          allowed: allowedFor(call.asker),
          ...(call.asker === 'externaldata' ? {} : { headers: own }),
          ...(signal ? { signal } : {}),
        });
        bytes += answer.text.length;
        if (bytes > bytesMax) throw tooMuch(`${bytesMax} bytes`);
        answers.set(key, answer);
      }
      const rowsOf = (request: ExternalRequest): readonly (readonly string[])[] =>
        callsOf(request).flatMap((call): readonly (readonly string[])[] => {
          const answer = answers.get(JSON.stringify(call));
          if (!answer) return [];
          return request.kind === 'externaldata' ? rowsOfText(answer.text, request) : [rowOfAnswer(answer)];
        });
      const tables = new Map(requests.map((r) => [JSON.stringify(r), tableOf(rowsOf(r), r)]));
      return (request) => tables.get(JSON.stringify(request));
    },
  };
}
