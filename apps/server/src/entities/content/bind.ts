import type { EntityKind } from '@sallyport/contracts';
import type { EntityQuery } from './load.ts';
import { kqlTime, withLets } from './kql.ts';
import { isFit, letsOf, type Subject } from './subject.ts';

export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** A place that is filled in Sentinel's queries: in quotes, `'{{Account_Name}}'`. */
const quoted = /(["'])\{\{([A-Za-z]\w*)\}\}\1/g;

/**
 * A query of an entity as KQL over its identifiers and a time (`timeFrom`, `timeTo`). Nothing that a log says becomes a part of the query but as the text of a `let`. Sentinel's own form, with
 * `'{{Account_Name}}'`, is read too.
 */
export function boundQuery(query: string, subject: Subject, { from, to }: Span): string {
  const lets = letsOf(subject);
  const text = query.replaceAll(quoted, (_, _quote: string, name: string) => (lets[name] === undefined ? "''" : name));
  const used = Object.entries(lets).filter(([name]) => new RegExp(`\\b${name}\\b`).test(text));
  return withLets({ ...Object.fromEntries(used), timeFrom: kqlTime(from), timeTo: kqlTime(to) }, text.trim());
}

/** Those for the entity, whose tables hold rows. */
export const askable = <Q extends EntityQuery>(queries: readonly Q[], subject: Subject, filled: ReadonlySet<string>): Q[] =>
  queries.filter(
    (query) =>
      query.inputEntityType === (subject.kind satisfies EntityKind) &&
      isFit(subject, query.requiredInputFieldsSets) &&
      query.tables.some((table) => filled.has(table)),
  );
