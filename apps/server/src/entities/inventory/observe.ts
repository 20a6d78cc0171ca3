import type { Observed } from '../content/load.ts';
import { kqlText, kqlTime, withLets } from '../content/kql.ts';
import type { Arrival } from './arrived.ts';

/** Entities that one answer has. */
export const pageMax = 10_000;

/**
 * KQL that gives the entities that rows of `tables` arrived about: in one row `Rows`, a list of JSON, how many those are (`Found`), and the place of the last (`LastKey`), behind which the next page
 * begins. Undefined: none of the tables tells of the kind.
 */
export function observeQuery(
  observed: Observed,
  tables: ReadonlySet<string>,
  arrival: Arrival,
  after = '',
): string | undefined {
  const parts = Object.entries(observed.tables).filter(([table]) => tables.has(table));
  if (parts.length === 0) return undefined;
  const told = parts.map(
    ([table, part]) =>
      `(${table} | where ingestion_time() >= arrivedFrom and ingestion_time() < arrivedTo | ${part.trim()}\n| extend Source = ${kqlText(table)})`,
  );
  const texts = [...observed.columns.matchAll(/(\w+):string/g)].map(([, name]) => name);
  const query = `let told = union (datatable${observed.columns.replace(/\)$/, ', Source:string)')}[]),\n${told.join(',\n')}
| where isnotnull(Seen)
| summarize First = min(Seen), Last = max(Seen), Events = count(), Facts = take_any(Facts) by Source, ${texts.join(', ')};
told
| ${observed.resolve.trim()}
| extend KeyText = tostring(Keys)
| summarize First = min(First), Last = max(Last), Events = sum(Events), Sources = make_set(Source, 30), Rank = min(Rank), Short = take_any(Short), Strong = take_any(Strong), Keys = take_any(Keys), Name = take_any(Name),
    Identifiers = take_any(Identifiers), Properties = make_bag(Properties) by KeyText
| where strcmp(KeyText, after) > 0
| top ${pageMax} by KeyText asc
| summarize Found = count(), LastKey = max(KeyText), Rows = make_list(bag_pack('kind', ${kqlText(observed.kind)}, 'name', Name, 'rank', Rank, 'short', Short, 'strong', Strong, 'keys', Keys, 'identifiers', Identifiers, 'properties', Properties, 'sources', Sources,
    'events', Events, 'first_at', First, 'last_at', Last), ${pageMax})`;
  return withLets({ arrivedFrom: kqlTime(arrival.from), arrivedTo: kqlTime(arrival.to), after: kqlText(after) }, query);
}
