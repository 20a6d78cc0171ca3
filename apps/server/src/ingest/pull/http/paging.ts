import { SallyportError, type ConnectorSettings } from '@sallyport/contracts';
import type { Answer } from './request.ts';
import { scalarAt } from './records.ts';

type Settings = ConnectorSettings<'http'>;

/** The address of a relation in `Link` headers (RFC 8288). */
export function linkOf(header: string | readonly string[] | undefined, relation: string): string | undefined {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  for (const [, address, parameters = ''] of text.matchAll(
    /<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)/g,
  )) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i.exec(parameters) ?? [];
    if ((quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes(relation)) return address;
  }
  return undefined;
}

/** What a source's answer names as its next page. Credentials go there, so it must be of the same origin. */
function sameOrigin(address: string, current: URL): URL {
  const url = URL.parse(address, current);
  if (url === null) throw new SallyportError('BadRequest', 'the address of the next page is none');
  if (url.origin !== current.origin)
    throw new SallyportError('BadRequest', `the next page is at another host, ${url.host}, which is not followed`);
  return url;
}

const withParameter = (url: URL, name: string, value: string | number): URL => {
  const next = new URL(url);
  if (name !== '') next.searchParams.set(name, String(value));
  return next;
};

/** The first page's address: with the time, and where paging counts, with the page and its size. */
export function firstUrl(settings: Settings, since: Date | undefined): URL {
  const { paging, pageParameter, pageSizeParameter, pageSize, firstPage, sinceParameter, sinceForm } = settings;
  let url = new URL(settings.url);
  if (since !== undefined && sinceParameter !== '') {
    const text = sinceForm
      .replaceAll('{time}', since.toISOString())
      .replaceAll('{seconds}', String(Math.floor(since.getTime() / 1_000)))
      .replaceAll('{milliseconds}', String(since.getTime()));
    url = withParameter(url, sinceParameter, text);
  }
  if (paging !== 'page' && paging !== 'offset') return url;
  return withParameter(
    withParameter(url, pageSizeParameter, pageSize),
    pageParameter,
    paging === 'page' ? firstPage : 0,
  );
}

/** The address of the page after this one; undefined when this is the last. Throws SallyportError BadRequest. */
export function nextUrl(settings: Settings, current: URL, answer: Answer, records: number): URL | undefined {
  const { paging, nextPath, pageParameter, pageSizeParameter, pageSize } = settings;
  switch (paging) {
    case 'none':
      return undefined;
    case 'nextLink': {
      const address = scalarAt(answer.text, nextPath);
      return address === undefined || address === '' ? undefined : sameOrigin(address, current);
    }
    case 'linkHeader': {
      // Okta's log names a next page for ever, for those who poll on it; an empty one is the last for now.
      const address = records === 0 ? undefined : linkOf(answer.headers['link'], 'next');
      return address === undefined ? undefined : sameOrigin(address, current);
    }
    case 'cursor': {
      const cursor = scalarAt(answer.text, nextPath);
      return cursor === undefined || cursor === '' ? undefined : withParameter(current, pageParameter, cursor);
    }
    case 'page':
    case 'offset': {
      if (records === 0 || (pageSizeParameter !== '' && records < pageSize)) return undefined;
      const before = Number(current.searchParams.get(pageParameter));
      return withParameter(current, pageParameter, before + (paging === 'page' ? 1 : records));
    }
  }
}
