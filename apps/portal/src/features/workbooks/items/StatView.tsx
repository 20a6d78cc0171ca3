import { makeStyles, Text, tokens } from '@fluentui/react-components';
import type { QueryContent, QueryResult } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { isNumeric } from '../../../shared/cells.ts';
import { visible } from '../../../shared/text.ts';
import { numberText } from '../format.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column' },
  number: {
    fontSize: tokens.fontSizeHero900,
    lineHeight: tokens.lineHeightHero900,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: 'tabular-nums',
  },
});

/** One number: a column of the rows, put together as the workbook says (default: the first row's). */
export function StatView({ content, result }: { content: QueryContent; result: QueryResult }): ReactElement {
  const styles = useStyles();
  const settings = content.statSettings ?? {};
  const named = result.columns.findIndex(({ name }) => name === settings.valueField);
  const index =
    named >= 0
      ? named
      : Math.max(
          0,
          result.columns.findIndex(({ type }) => isNumeric(type)),
        );
  const numbers = result.rows.map((row) => Number(row[index])).filter(Number.isFinite);
  const value = aggregate(numbers, settings.valueAggregation ?? 'None');
  return (
    <div className={styles.root}>
      <span className={styles.number}>{value === undefined ? '–' : numberText(value, undefined)}</span>
      <Text size={200}>{visible([settings.unitName, settings.tagText].filter(Boolean).join(' · '))}</Text>
    </div>
  );
}

function aggregate(numbers: readonly number[], how: string): number | undefined {
  if (numbers.length === 0) return undefined;
  const sum = numbers.reduce((total, one) => total + one, 0);
  switch (how.toLowerCase()) {
    case 'sum':
      return sum;
    case 'average':
      return sum / numbers.length;
    case 'count':
      return numbers.length;
    case 'max':
      return Math.max(...numbers);
    case 'min':
      return Math.min(...numbers);
    default:
      return numbers[0];
  }
}
