import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { Status } from '../../../shared/Status.tsx';
import { visible } from '../../../shared/text.ts';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, display: 'grid', gap: tokens.spacingVerticalXS },
  line: { listStyleType: 'none', display: 'flex', gap: tokens.spacingHorizontalS, alignItems: 'baseline' },
  text: { overflowWrap: 'anywhere', minWidth: 0 },
});

/** What a test of a connection found. */
export function Findings({ findings }: { findings: readonly { ok: boolean; text: string }[] }): ReactElement {
  const styles = useStyles();
  return (
    <ul className={styles.list} aria-label="What was found">
      {findings.map(({ ok, text }) => (
        <li key={text} className={styles.line}>
          <Status tone={ok ? 'good' : 'bad'}>{ok ? 'Good' : 'Wrong'}</Status>
          <span className={styles.text}>{visible(text)}</span>
        </li>
      ))}
    </ul>
  );
}
