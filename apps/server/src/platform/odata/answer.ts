import type { FastifyRequest } from 'fastify';
import { nextLink, type ListOptions } from './page.ts';

/** `v1.0` or `beta`, as it was called. */
export const versionOf = ({ url }: FastifyRequest): string => (url.startsWith('/beta/') ? 'beta' : 'v1.0');

/** Where a thing is described. */
export const metadataOf = (request: FastifyRequest, path: string): string =>
  `https://${request.host}/${versionOf(request)}/$metadata#${path}`;

/** Of an object, what `$select` names; its annotations stay. */
export const selected = (object: object, { select }: Pick<ListOptions, 'select'>): object =>
  select === undefined
    ? object
    : Object.fromEntries(Object.entries(object).filter(([name]) => name.startsWith('@') || select.includes(name)));

export interface AnsweredPage {
  readonly value: readonly object[];
  /** The place of the last row, when there are more. */
  readonly next: readonly string[] | undefined;
  readonly count: number | undefined;
}

/** A page of a collection, with the link to the next. */
export function pageAnswer(
  request: FastifyRequest,
  path: string,
  options: ListOptions,
  { value, next, count }: AnsweredPage,
): Record<string, unknown> {
  return {
    '@odata.context': metadataOf(request, path),
    ...(count === undefined ? {} : { '@odata.count': count }),
    ...(next === undefined ? {} : { '@odata.nextLink': nextLink(request.url, request.host, next) }),
    value: value.map((object) => selected(object, options)),
  };
}
