import {
  makeStyles,
  mergeClasses,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  tokens,
} from '@fluentui/react-components';
import type { Cell, Column, EntityInsight } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { z } from 'zod';
import { encodeFragment } from '../../shared/address.ts';
import { Bars } from '../../shared/Bars.tsx';
import { cellText, isNumeric } from '../../shared/cells.ts';
import { entityOfCell } from '../../shared/entityCells.ts';
import { NamedEntity } from '../../shared/EntityLink.tsx';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { count } from '../../shared/numbers.ts';
import { usePreferences } from '../../shared/preferences.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { elide, visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { TimeRange } from '../../shared/TimeRange.tsx';
import { inWorkspace } from '../../shared/workspaces.ts';
import { insightsQuery, type EntityPlace } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  text: { margin: 0, color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  scroll: { overflowX: 'auto' },
  cell: { overflowWrap: 'anywhere', fontSize: tokens.fontSizeBase200 },
  number: { textAlign: 'end', fontVariantNumeric: 'tabular-nums' },
  numberHead: { '& > *': { justifyContent: 'flex-end' } },
  head: { fontSize: tokens.fontSizeBase200, fontWeight: tokens.fontWeightSemibold },
  table: { tableLayout: 'auto' },
  quiet: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS },
});

const SHOWN_ROWS = 8;
const CELL_MAX = 120;

const Listed = z.array(z.union([z.string(), z.number()]));

/** A cell as a person reads it: a time since, a list, an entity that leads to its page. */
function InsightCell({ column, type, cell }: { column: string; type: Column['type']; cell: Cell }): ReactElement {
  const { zone } = usePreferences();
  if (type === 'datetime' && typeof cell === 'string') return <RelativeTime at={cell} />;
  if (isNumeric(type) && cell !== null) return <>{count(Number(cell))}</>;
  const kind = entityOfCell(column, cell);
  if (kind !== undefined) return <NamedEntity kind={kind} name={String(cell)} />;
  const text = cellText(cell, type, zone);
  if (type !== 'dynamic') return <bdi title={text}>{elide(text, CELL_MAX)}</bdi>;
  const list = Listed.safeParse(parsed(text));
  const shown = list.success
    ? list.data
        .map(String)
        .filter((one) => one !== '')
        .join(', ')
    : text;
  return <bdi title={shown}>{elide(shown, CELL_MAX)}</bdi>;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

function Rows({ insight }: { insight: EntityInsight }): ReactElement {
  const styles = useStyles();
  const { zone } = usePreferences();
  const { columns, rows } = insight;
  if (insight.display === 'chart') {
    const values = rows.map((row) => Number(row.at(-1) ?? 0));
    const [first, last] = [rows[0]?.[0] ?? null, rows.at(-1)?.[0] ?? null];
    const type = columns[0]?.type ?? 'string';
    return (
      <>
        <Bars
          values={values}
          label={`${insight.name}: ${count(values.reduce((sum, one) => sum + one, 0))} in all, at most ${count(Math.max(0, ...values))}`}
        />
        <p className={styles.text}>
          {cellText(first, type, zone)} to {cellText(last, type, zone)} · at most {count(Math.max(0, ...values))} in one
        </p>
      </>
    );
  }
  return (
    <div className={styles.scroll}>
      <Table size="small" className={styles.table} aria-label={insight.name}>
        <TableHeader>
          <TableRow>
            {columns.map(({ name, type }) => (
              <TableHeaderCell key={name} className={mergeClasses(styles.head, isNumeric(type) && styles.numberHead)}>
                {words(name)}
              </TableHeaderCell>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.slice(0, SHOWN_ROWS).map((row, index) => (
            <TableRow key={index}>
              {columns.map(({ name, type }, at) => (
                <TableCell key={name} className={mergeClasses(styles.cell, isNumeric(type) && styles.number)}>
                  <InsightCell column={name} type={type} cell={row[at] ?? null} />
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}

/** What queries for its kind tell of it; those without rows in a list at the end. */
export function InsightsTab(props: {
  place: EntityPlace;
  range: string;
  onRange: (range: string) => void;
}): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(insightsQuery(props.place, props.range));
  const told = data?.insights.filter(({ rows }) => rows.length > 0) ?? [];
  const quiet = data?.insights.filter(({ rows }) => rows.length === 0) ?? [];
  return (
    <>
      <FilterBar filters={[]} end={<TimeRange value={props.range} onChange={props.onRange} />} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Asking the insights" />}
      {data && data.insights.length === 0 && <EmptyState title="There are no insights for this kind yet" />}
      <div className={styles.root}>
        {told.map((insight) => (
          <Section
            key={insight.id}
            title={insight.name}
            card
            actions={
              <TextLink
                to="/hunting"
                search={{ range: 'all', ...inWorkspace(props.place.workspace) }}
                hash={`query=${encodeFragment(insight.query)}`}
              >
                Show query
              </TextLink>
            }
          >
            <p className={styles.text}>{insight.description}</p>
            <Rows insight={insight} />
            {(insight.more || insight.rows.length > SHOWN_ROWS) && insight.display === 'table' && (
              <p className={styles.text}>
                The first {SHOWN_ROWS} of {insight.more ? 'many' : count(insight.rows.length)}; the query shows all.
              </p>
            )}
          </Section>
        ))}
        {quiet.length > 0 && (
          <Section title={`Nothing to tell (${quiet.length})`} card>
            <div className={styles.quiet}>
              {quiet.map(({ id, name, problem }) => (
                <span key={id}>
                  {name}{' '}
                  <span className={styles.text}>{problem === null ? 'no rows in this time' : visible(problem)}</span>
                </span>
              ))}
            </div>
          </Section>
        )}
      </div>
    </>
  );
}
