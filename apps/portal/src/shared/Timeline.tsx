import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement, ReactNode } from 'react';
import { usePreferences } from './preferences.ts';
import { exact, relative } from './time.ts';
import { useNow } from './hooks.ts';

export interface TimelineItem {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly icon: ReactNode;
  readonly title: ReactNode;
  readonly body?: ReactNode;
}

const useStyles = makeStyles({
  root: { margin: 0, padding: 0, listStyleType: 'none' },
  day: {
    padding: `${tokens.spacingVerticalM} 0 ${tokens.spacingVerticalS}`,
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
  },
  item: { display: 'grid', gridTemplateColumns: '72px 24px minmax(0, 1fr)', columnGap: tokens.spacingHorizontalS },
  time: {
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    color: tokens.colorNeutralForeground3,
    fontVariantNumeric: 'tabular-nums',
    textAlign: 'end',
  },
  rail: { display: 'flex', flexDirection: 'column', alignItems: 'center' },
  icon: {
    display: 'flex',
    alignItems: 'center',
    minHeight: tokens.lineHeightBase300,
    fontSize: tokens.fontSizeBase400,
    color: tokens.colorNeutralForeground3,
  },
  line: {
    flexGrow: 1,
    width: tokens.strokeWidthThin,
    backgroundColor: tokens.colorNeutralStroke2,
    marginTop: tokens.spacingVerticalXXS,
    marginBottom: tokens.spacingVerticalXXS,
  },
  content: { paddingBottom: tokens.spacingVerticalM, minWidth: 0, overflowWrap: 'anywhere' },
  body: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
});

/** What happened, downwards, with a heading for each day. Items come in the order of their times. */
export function Timeline({ items, label }: { items: readonly TimelineItem[]; label: string }): ReactElement {
  const styles = useStyles();
  const { zone } = usePreferences();
  const now = useNow();
  return (
    <ol className={styles.root} aria-label={label}>
      {items.map((item, index) => {
        const at = new Date(item.at);
        const full = exact(at, zone);
        const heading = full.slice(0, 10);
        const before = items[index - 1];
        const fresh = before === undefined || exact(new Date(before.at), zone).slice(0, 10) !== heading;
        return (
          <li key={item.id}>
            {fresh && <div className={styles.day}>{heading}</div>}
            <div className={styles.item}>
              <time className={styles.time} dateTime={item.at} title={`${full} · ${relative(at, now, zone)}`}>
                {full.slice(11, 19)}
              </time>
              <span className={styles.rail} aria-hidden>
                <span className={styles.icon}>{item.icon}</span>
                {index < items.length - 1 && <span className={styles.line} />}
              </span>
              <div className={styles.content}>
                <div>{item.title}</div>
                {item.body && <div className={styles.body}>{item.body}</div>}
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
