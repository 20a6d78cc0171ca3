import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { CopyButton } from './Copyable.tsx';
import { visible } from './text.ts';

const useStyles = makeStyles({
  root: {
    position: 'relative',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  text: {
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
});

/** Text of a file or a query, as it was written; hidden characters shown. */
export function CodeBlock({ text, label }: { text: string; label: string }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <pre className={styles.text} aria-label={label} tabIndex={0}>
        {visible(text, { lines: true })}
      </pre>
      <span className={styles.copy}>
        <CopyButton text={text} label={label} />
      </span>
    </div>
  );
}
