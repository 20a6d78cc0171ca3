import { makeStyles, tokens } from '@fluentui/react-components';
import { mentionParts } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { visible } from '../../shared/text.ts';

const useStyles = makeStyles({
  text: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  mention: { fontWeight: tokens.fontWeightSemibold, color: tokens.colorBrandForeground1 },
});

/** A comment as text, with those it names marked. */
export function CommentText({ text }: { text: string }): ReactElement {
  const styles = useStyles();
  return (
    <span className={styles.text}>
      {mentionParts(text).map((part, index) =>
        part.mention === undefined ? (
          visible(part.text, { lines: true })
        ) : (
          <bdi key={index} className={styles.mention}>
            {visible(part.text)}
          </bdi>
        ),
      )}
    </span>
  );
}
