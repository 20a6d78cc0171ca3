import { makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import type { Formatter, QueryContent, QueryResult } from '@sallyport/contracts';
import type { ReactElement, ReactNode } from 'react';
import { compareCells, isNumeric } from '../../../shared/cells.ts';
import { plural } from '../../../shared/numbers.ts';
import { CellView } from '../CellView.tsx';
import { kindOf } from '../format.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM },
  tile: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
    minWidth: '168px',
    maxWidth: '320px',
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    textAlign: 'start',
    font: 'inherit',
    color: 'inherit',
  },
  pick: { cursor: 'pointer', ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover } },
  picked: {
    backgroundColor: tokens.colorNeutralBackground1Selected,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorBrandStroke1}`,
  },
  title: { fontWeight: tokens.fontWeightSemibold, overflow: 'hidden', textOverflow: 'ellipsis' },
  sides: { display: 'flex', justifyContent: 'space-between', alignItems: 'baseline', gap: tokens.spacingHorizontalM },
});

const TILES_MAX = 100;

/** Rows as tiles: a title, one or two numbers, and a small chart. */
export function TilesView(props: {
  content: QueryContent;
  result: QueryResult;
  selected: number | undefined;
  onSelect: ((row: number) => void) | undefined;
}): ReactElement {
  const styles = useStyles();
  const { result, content } = props;
  const settings = content.tileSettings ?? {};
  const at = (name: string | null | undefined): number => result.columns.findIndex((column) => column.name === name);
  const sortBy = at(settings.sortCriteriaField);
  const order = result.rows.map((_, index) => index);
  const type = result.columns[sortBy]?.type;
  if (type)
    order.sort((a, b) =>
      compareCells(
        result.rows[a]?.[sortBy] ?? null,
        result.rows[b]?.[sortBy] ?? null,
        type,
        settings.sortOrderField === 2 ? 'desc' : 'asc',
      ),
    );
  const part = (formatter: Formatter | null | undefined, row: number, wide = false): ReactNode => {
    const index = at(formatter?.columnMatch);
    const column = result.columns[index];
    if (!formatter || !column || kindOf(formatter) === 'hidden') return undefined;
    return (
      <CellView
        cell={result.rows[row]?.[index] ?? null}
        type={column.type}
        formatter={formatter}
        all={isNumeric(column.type) ? result.rows.map((one) => Number(one[index] ?? 0)) : []}
        wide={wide}
      />
    );
  };
  const limit = Math.min(settings.rowLimit ?? TILES_MAX, TILES_MAX);
  return (
    <div className={styles.root}>
      {order.slice(0, limit).map((row) => {
        const inside = (
          <>
            <span className={styles.title}>{part(settings.titleContent, row)}</span>
            {settings.subtitleContent && <Text size={200}>{part(settings.subtitleContent, row)}</Text>}
            <span className={styles.sides}>
              {part(settings.leftContent, row)}
              {part(settings.rightContent, row)}
            </span>
            {part(settings.secondaryContent, row, true)}
          </>
        );
        const className = mergeClasses(
          styles.tile,
          props.onSelect && styles.pick,
          props.selected === row && styles.picked,
        );
        return props.onSelect ? (
          <button
            key={row}
            type="button"
            className={className}
            aria-pressed={props.selected === row}
            onClick={() => props.onSelect?.(row)}
          >
            {inside}
          </button>
        ) : (
          <div key={row} className={className}>
            {inside}
          </div>
        );
      })}
      {order.length > limit && (
        <Text size={200}>
          The first {limit} of {plural(order.length, 'tile')}.
        </Text>
      )}
    </div>
  );
}
