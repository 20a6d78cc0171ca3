import { makeStyles, Text, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { count, plural } from '../../../shared/numbers.ts';
import { visible } from '../../../shared/text.ts';
import { pivotKey, type Pivot } from './shapes.ts';

const useStyles = makeStyles({
  root: { position: 'absolute', inset: 0, overflow: 'auto' },
  table: {
    borderCollapse: 'collapse',
    fontSize: tokens.fontSizeBase200,
    '& th, & td': {
      padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS}`,
      borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
      whiteSpace: 'nowrap',
    },
    '& thead th': { position: 'sticky', top: 0, backgroundColor: tokens.colorNeutralBackground2 },
    '& th': { textAlign: 'start', fontWeight: tokens.fontWeightSemibold },
  },
  number: { textAlign: 'end', fontVariantNumeric: 'tabular-nums' },
});

/** Two columns across each other; darker where the number is larger. */
export function PivotTable({ pivot }: { pivot: Pivot }): ReactElement {
  const styles = useStyles();
  const largest = Math.max(1, ...pivot.cells.values());
  return (
    // The region scrolls: it must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.root} role="region" aria-label="Pivot table of the results" tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{visible(pivot.rowTitle)}</th>
            {pivot.columns.map((column) => (
              <th key={column} scope="col" className={styles.number}>
                {visible(column) || (pivot.columnTitle === '' ? 'Value' : '(empty)')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {pivot.rows.map((row) => (
            <tr key={row}>
              <th scope="row">{visible(row) || '(empty)'}</th>
              {pivot.columns.map((column) => {
                const value = pivot.cells.get(pivotKey(row, column));
                const share = Math.round((45 * Math.max(0, value ?? 0)) / largest);
                return (
                  <td
                    key={column}
                    className={styles.number}
                    style={{
                      backgroundColor: `color-mix(in srgb, ${tokens.colorBrandBackground2} ${2 * share}%, transparent)`,
                    }}
                  >
                    {value === undefined ? '' : count(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {pivot.leftOut > 0 && (
        <Text size={200}>{plural(pivot.leftOut, 'smaller row or column', 'smaller rows or columns')} left out.</Text>
      )}
    </div>
  );
}
