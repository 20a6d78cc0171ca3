import { SallyportError } from '@sallyport/contracts';
import { externalWithoutRows, type CompileOptions, type ExternalRequest, type Kql, type Sql } from '@sallyport/kql';
import { resolveBySystem } from '../../platform/outbound/index.ts';
import { fetchText, type FetchOptions } from './fetch.ts';
import { rowsOfText, tableOf } from './rows.ts';

/** Most addresses of one query, and bytes of all of them. */
const addressesMax = 10;
const bytesMax = 3_000_000;

export interface ExternalData {
  /** What stands for `externaldata` of this query; undefined when it has none, or when reading other addresses is off. */
  prepare(kql: Kql, text: string, options: CompileOptions, signal?: AbortSignal): Promise<CompileOptions['external']>;
}

const keyOf = ({ addresses, columns, format, properties }: ExternalRequest): string =>
  JSON.stringify([addresses, columns, format, properties]);

/** What a query asks for: it is compiled once over nothing. A fault of the query is told when it is compiled to be run. */
function requestsOf(kql: Kql, text: string, options: CompileOptions): ExternalRequest[] {
  const requests = new Map<string, ExternalRequest>();
  const external = (request: ExternalRequest): Sql => {
    requests.set(keyOf(request), request);
    return externalWithoutRows(request);
  };
  try {
    kql.compile(text, { ...options, external, noData: true });
  } catch {
    return [];
  }
  return [...requests.values()];
}

/**
 * `externaldata` reads the addresses that administrators allow, and no others: see `guard.ts`. Off when `allowed` is empty.
 * https://learn.microsoft.com/kusto/query/externaldata-operator
 */
export function createExternalData(allowed: readonly string[], given: Partial<FetchOptions> = {}): ExternalData {
  return {
    prepare: async (kql, text, options, signal) => {
      if (allowed.length === 0 || !/\b(?:externaldata|external_data)\b/.test(text)) return undefined;
      const requests = requestsOf(kql, text, options);
      const addresses = [...new Set(requests.flatMap((r) => r.addresses))];
      if (addresses.length > addressesMax)
        throw new SallyportError('InvalidQuery', `externaldata: more than ${addressesMax} addresses in one query`);
      const texts = new Map<string, string>();
      let bytes = 0;
      for (const address of addresses) {
        const content = await fetchText(address, {
          resolve: resolveBySystem,
          ...given,
          allowed,
          ...(signal ? { signal } : {}),
        });
        bytes += content.length;
        if (bytes > bytesMax)
          throw new SallyportError('InvalidQuery', `externaldata: more than ${bytesMax} bytes in one query`);
        texts.set(address, content);
      }
      const tables = new Map(
        requests.map((r) => [
          keyOf(r),
          tableOf(
            r.addresses.flatMap((a) => rowsOfText(texts.get(a) ?? '', r)),
            r,
          ),
        ]),
      );
      return (request) => tables.get(keyOf(request));
    },
  };
}
