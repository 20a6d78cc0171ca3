import { SallyportError, type EntityInsight } from '@sallyport/contracts';
import { boundQuery, type Span } from './content/bind.ts';
import type { EntityContent, Insight } from './content/load.ts';
import { isFit, subjectOf } from './content/subject.ts';
import type { EntityPlace } from './place.ts';
import type { KnownEntity } from './store.ts';
import type { Principal } from '../platform/principal.ts';

/** Rows that an insight shows. */
const rowsMax = 50;
/** Insights that are asked at once: a page is looked at by one person, the engine by many. */
const atOnce = 3;

export interface InsightAsked {
  readonly span: Span;
  readonly as: Principal;
  readonly now: Date;
  readonly signal?: AbortSignal;
  /** Only these, by id. */
  readonly ids?: readonly string[];
}

/** What the queries for an entity's kind tell of it, in the order of their names. One that fails says why. */
export async function readInsights(
  content: Pick<EntityContent, 'insights'>,
  { queries, filled }: EntityPlace,
  entity: KnownEntity,
  asked: InsightAsked,
): Promise<EntityInsight[]> {
  const subject = subjectOf(entity);
  const wanted = content.insights.filter(
    ({ id, inputEntityType, requiredInputFieldsSets }) =>
      inputEntityType === subject.kind && isFit(subject, requiredInputFieldsSets) && (asked.ids?.includes(id) ?? true),
  );
  const read = async (insight: Insight): Promise<EntityInsight> => {
    const query = boundQuery(insight.query, subject, asked.span);
    const { id, name, description, display } = insight;
    const empty = { id, name, description, display, columns: [], rows: [], more: false, query };
    if (!insight.tables.some((table) => filled.has(table)))
      return { ...empty, problem: `no rows are there of ${insight.tables.join(', ')}` };
    try {
      const { as, now, signal } = asked;
      const bounds = { maxRows: rowsMax + 1, limits: { seconds: 30 }, operation: 'hunting' as const };
      const answer = await queries.run({ query, as, now, ...bounds, ...(signal ? { signal } : {}) });
      const { columns, rows } = answer;
      return { ...empty, problem: null, columns, rows: rows.slice(0, rowsMax), more: rows.length > rowsMax };
    } catch (error) {
      if (!(error instanceof SallyportError) || asked.signal?.aborted) throw error;
      return { ...empty, problem: error.message };
    }
  };
  const found: EntityInsight[] = [];
  for (let at = 0; at < wanted.length; at += atOnce)
    found.push(...(await Promise.all(wanted.slice(at, at + atOnce).map(read))));
  return found.toSorted(
    (a, b) =>
      Number(a.problem !== null) - Number(b.problem !== null) || Number(b.rows.length > 0) - Number(a.rows.length > 0),
  );
}
