import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { CopyButton } from './Copyable.tsx';
import { kqlTokens } from './kqlTokens.ts';
import { visible } from './text.ts';

const useStyles = makeStyles({
  root: {
    position: 'relative',
    flexShrink: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  block: {
    margin: 0,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalXXXL} ${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    overflowX: 'auto',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
  copy: { position: 'absolute', top: tokens.spacingVerticalXS, right: tokens.spacingHorizontalXS },
  text: {},
  comment: { color: tokens.colorPaletteGreenForeground1 },
  string: { color: tokens.colorPaletteRedForeground1 },
  number: { color: tokens.colorPaletteBerryForeground1 },
  operator: { color: tokens.colorPaletteDarkOrangeForeground1 },
  keyword: { color: tokens.colorBrandForeground1 },
});

/** Text of a file or a query, as it was written; hidden characters shown. `kql` colours it. */
export function CodeBlock({ text, label, kql }: { text: string; label: string; kql?: boolean }): ReactElement {
  const styles = useStyles();
  const shown = visible(text, { lines: true });
  return (
    <div className={styles.root}>
      <pre className={styles.block} aria-label={label}>
        {kql
          ? kqlTokens(shown).map((token, index) => (
              <span key={index} className={styles[token.kind]}>
                {token.text}
              </span>
            ))
          : shown}
      </pre>
      <span className={styles.copy}>
        <CopyButton text={text} label={label} />
      </span>
    </div>
  );
}
