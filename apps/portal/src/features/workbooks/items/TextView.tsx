import { makeStyles, tokens } from '@fluentui/react-components';
import { lazy, Suspense, type ReactElement } from 'react';
import { Loading } from '../../../shared/States.tsx';

const Markdown = lazy(() => import('../../../shared/Markdown.tsx'));

const useStyles = makeStyles({
  note: {
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderLeft: `${tokens.strokeWidthThicker} solid ${tokens.colorBrandStroke1}`,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  warning: { borderLeftColor: tokens.colorStatusWarningBorder1 },
  error: { borderLeftColor: tokens.colorStatusDangerBorder1 },
});

/** A workbook's text. Its styles info, upsell, success, warning and error are set off. */
export function TextView({ text, style }: { text: string; style: string | null | undefined }): ReactElement {
  const styles = useStyles();
  const set = style && style !== 'markdown' ? styles.note : undefined;
  return (
    <div
      {...(set
        ? { className: `${set} ${style === 'warning' ? styles.warning : style === 'error' ? styles.error : ''}` }
        : {})}
    >
      <Suspense fallback={<Loading rows={2} label="Loading text" />}>
        <Markdown text={text} />
      </Suspense>
    </div>
  );
}
