import type { FastifyRequest } from 'fastify';
import { nextLink, type ListOptions } from './page.ts';

/** Where a thing is described; `version` as in the path, `v1.0` or `beta`. */
export const metadataOf = (request: FastifyRequest, path: string, version = 'v1.0'): string =>
  `https://${request.host}/${version}/$metadata#${path}`;

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
