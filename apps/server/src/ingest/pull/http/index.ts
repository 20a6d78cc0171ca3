import { SallyportError, type ConnectorSettings } from '@sallyport/contracts';
import { retryAfterSeconds } from '../../../platform/outbound/index.ts';
import { z } from 'zod';
import { arrivalOfText, type Arrival } from '../../doors/arrivals.ts';
import { itemOf } from '../batch.ts';
import type { Item, Kind, Page, PollContext } from '../types.ts';
import { authOf, type Auth } from './auth.ts';
import { firstUrl, nextUrl } from './paging.ts';
import { recordsAt, scalarAt, timeAt } from './records.ts';
import { createFetcher, targetOf, type Answer, type Fetcher } from './request.ts';

type Settings = ConnectorSettings<'http'>;
type Context = PollContext<'http'>;

/** Records of one answer. */
const recordsMax = 50_000;
/** How long records of a source that is asked for everything each time are known after it gave them last. */
const knownMs = 7 * 86_400_000;

const time = z.iso.datetime();
/** `newest`: of the records taken. `next`: a page that a cut-off poll had still before it, and what it was asked since. */
const Checkpoint = z.object({
  newest: time.nullable(),
  next: z.object({ url: z.string(), newest: time.nullable() }).optional(),
});
type Checkpoint = z.infer<typeof Checkpoint>;

const headersOf = ({ headers, method, body }: Settings): Record<string, string> => ({
  ...(method === 'POST' && body !== '' ? { 'content-type': 'application/json' } : {}),
  ...Object.fromEntries(
    headers.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  ),
});

async function ask(context: Context, fetcher: Fetcher, auth: Auth, url: URL): Promise<Answer> {
  const { settings, services } = context;
  const { method, body } = settings;
  for (;;) {
    const headers = { ...headersOf(settings), ...(await auth.headers()) };
    const answer = await fetcher.call(url, { method, headers, ...(method === 'POST' && body !== '' ? { body } : {}) });
    const { status } = answer;
    if (status >= 200 && status < 300) return answer;
    if (status === 401 && auth.refused()) continue;
    const message = `${url.host} answered ${status}: ${answer.text.slice(0, 300)}`;
    if (status === 429 || status === 503) {
      const seconds = retryAfterSeconds(answer, services.clock.now());
      throw new SallyportError('TooManyRequests', message, seconds === undefined ? {} : { retryAfterSeconds: seconds });
    }
    throw new SallyportError(
      status === 401 ? 'Unauthenticated' : status === 403 ? 'Forbidden' : status >= 500 ? 'Unavailable' : 'BadRequest',
      status >= 300 && status < 400 ? `${url.host} sends elsewhere (${status}), which is not followed` : message,
    );
  }
}

interface Read {
  readonly text: string;
  readonly item: string;
  readonly at: Date | undefined;
}

const readRecord = (settings: Settings, text: string): Read => {
  const id = settings.idPath === '' ? undefined : scalarAt(text, settings.idPath);
  return {
    text,
    item: id === undefined ? itemOf('record', text) : itemOf('id', id),
    at: timeAt(text, settings.timePath),
  };
};

/** Each once, and those of them that were not taken before. */
async function freshOf(context: Context, records: readonly Read[]) {
  const unique = [...new Map(records.map((record) => [record.item, record])).values()];
  const taken = await context.taken(unique.map(({ item }) => item));
  return { unique, fresh: unique.filter(({ item }) => !taken.has(item)) };
}

const arrivalOf = (host: string, text: string): Arrival => {
  const arrival = arrivalOfText(text, { names: [], group: '', labels: { source: host } });
  return arrival.kind === 'object' ? arrival : { ...arrival, kind: 'value' };
};

const later = (a: Date | undefined, b: Date | undefined): Date | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;
const isoOf = (date: Date | undefined): string | null => date?.toISOString() ?? null;
const dateOf = (text: string | null): Date | undefined => (text === null ? undefined : new Date(text));

interface Start {
  readonly url: URL;
  readonly newest: Date | undefined;
}

/** The first answer: of the page where a poll was cut off, or when the source knows that one no more, from the beginning. */
async function firstAnswer(
  askFor: (url: URL) => Promise<Answer>,
  begin: Start,
  cutOff: Start | undefined,
): Promise<Start & { readonly answer: Answer }> {
  if (cutOff !== undefined)
    try {
      return { ...cutOff, answer: await askFor(cutOff.url) };
    } catch (error) {
      if (!(error instanceof SallyportError) || error.code !== 'BadRequest') throw error;
    }
  return { ...begin, answer: await askFor(begin.url) };
}

async function* pages(context: Context): AsyncGenerator<Page> {
  const { settings, secrets, services, signal, createdAt } = context;
  const { sinceParameter, timePath, overlapSeconds, lookBackHours, recordsPath } = settings;
  const parsed = Checkpoint.safeParse(context.checkpoint);
  const before: Checkpoint = parsed.success ? parsed.data : { newest: null };
  const fetcher = createFetcher(services, signal);
  const auth = authOf(settings, secrets['secret'] ?? '', fetcher, services.tokens);
  const known = dateOf(before.newest);
  const since = new Date(
    known === undefined ? createdAt.getTime() - lookBackHours * 3_600_000 : known.getTime() - overlapSeconds * 1_000,
  );
  const everything = sinceParameter === '' || timePath === '';
  const asked = new Set<string>();
  const askFor = (url: URL): Promise<Answer> => {
    if (asked.has(url.href))
      throw new SallyportError('BadRequest', `${url.host} names the same next page again and again`);
    asked.add(url.href);
    return ask(context, fetcher, auth, url);
  };
  try {
    const cutOff = before.next && { url: new URL(before.next.url), newest: dateOf(before.next.newest) };
    let { url, newest, answer } = await firstAnswer(askFor, { url: firstUrl(settings, since), newest: known }, cutOff);
    for (;;) {
      const now = services.clock.now();
      const texts = answer.text.trim() === '' ? [] : recordsAt(answer.text, recordsPath);
      if (texts.length > recordsMax)
        throw new SallyportError('BadRequest', `a page of more than ${recordsMax} records`);
      const { unique, fresh } = await freshOf(
        context,
        texts.map((text) => readRecord(settings, text)),
      );
      const ofPage = fresh.reduce<Date | undefined>((at, record) => later(at, record.at), undefined);
      // One record with a clock that is wrong must not make us ask for the future only.
      newest = later(newest, ofPage !== undefined && ofPage > now ? now : ofPage);
      const next = nextUrl(settings, url, answer, texts.length);
      const items = (everything ? unique : fresh).map(({ item, at }): Item => ({
        item,
        at: everything ? now : (at ?? now),
      }));
      const forgetBefore = everything
        ? now.getTime() - knownMs
        : (newest ?? since).getTime() - 2 * overlapSeconds * 1_000;
      const { host } = url;
      yield {
        arrivals: fresh.map(({ text }) => arrivalOf(host, text)),
        bytes: Buffer.byteLength(answer.text),
        // What is asked since moves only once all pages have come: they may come newest first.
        checkpoint: (next === undefined
          ? { newest: isoOf(newest) }
          : { newest: before.newest, next: { url: next.href, newest: isoOf(newest) } }) satisfies Checkpoint,
        items,
        ...(next === undefined ? { forgetBefore: new Date(forgetBefore) } : {}),
        ...(ofPage === undefined ? {} : { newestAt: ofPage }),
        caughtUp: next === undefined,
      };
      if (next === undefined) return;
      url = next;
      answer = await askFor(url);
    }
  } finally {
    await fetcher[Symbol.asyncDispose]();
  }
}

const needed = (value: string | undefined, what: string, target: string): void => {
  if (value === undefined || value === '') throw new SallyportError('BadRequest', `${what} is missing`, { target });
};

/** Interfaces that answer JSON records, asked again and again for what is new. */
export const httpKind: Kind<'http'> = {
  identity: ({ url, method, body, recordsPath }) => JSON.stringify([url, method, body, recordsPath]),
  destination: ({ url, auth, tokenUrl, authHeader }) =>
    JSON.stringify([
      new URL(url).origin,
      auth,
      auth === 'oauth2' && tokenUrl !== '' ? new URL(tokenUrl).origin : '',
      auth === 'apiKey' ? authHeader : '',
    ]),
  check: (settings, secrets, { outbound }) => {
    const url = new URL(settings.url);
    if (url.username !== '' || url.password !== '')
      throw new SallyportError('BadRequest', 'an address must not hold a user or a password', {
        target: 'body.settings.url',
      });
    outbound.check(targetOf(url));
    if (settings.auth !== 'none')
      needed(secrets['secret'], 'the token, password, key or secret', 'body.secrets.secret');
    if (settings.auth === 'basic') needed(settings.user, 'the user', 'body.settings.user');
    if (settings.auth === 'oauth2') {
      needed(settings.tokenUrl, 'the token address', 'body.settings.tokenUrl');
      needed(settings.clientId, 'the client ID', 'body.settings.clientId');
      outbound.check(targetOf(new URL(settings.tokenUrl)));
    }
    if (settings.paging === 'cursor' || settings.paging === 'page' || settings.paging === 'offset')
      needed(settings.pageParameter, 'the parameter of the page', 'body.settings.pageParameter');
  },
  pages,
};
