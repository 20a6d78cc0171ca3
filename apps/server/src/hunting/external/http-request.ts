import { headerOf, type Answer } from './fetch.ts';

/** `http_request` and `http_request_post`: https://learn.microsoft.com/kusto/query/http-request-plugin */

/** The headers of a query's own, and what its content is where they don't say. */
export const contentHeaders = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
    ? headers
    : { ...headers, 'content-type': 'application/json; charset=utf-8' };

/** JSON without spaces between its parts; each part stays as it is written, so that no number loses digits. Undefined: it is no JSON. */
function compactJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return text.replaceAll(/("(?:[^"\\]+|\\.)*")|\s+/g, '$1');
}

/** The answer as one row of JSON texts: its headers, and its body, which is JSON where the server says so, and else a text. */
export function rowOfAnswer({ headers, text }: Answer): readonly [headers: string, body: string] {
  const isJson = /^application\/json\s*(?:;|$)/i.test(headerOf(headers, 'content-type') ?? '');
  const body = isJson ? compactJson(text) : undefined;
  return [JSON.stringify(Object.fromEntries(headers)), body ?? (text === '' ? '' : JSON.stringify(text))];
}
