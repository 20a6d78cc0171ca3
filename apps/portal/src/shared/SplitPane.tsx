import { makeStyles, tokens } from '@fluentui/react-components';
import { useRef, type ReactElement, type ReactNode } from 'react';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, minWidth: 0 },
  pane: { display: 'flex', flexDirection: 'column', minHeight: 0, minWidth: 0 },
  bar: {
    flexShrink: 0,
    height: tokens.spacingVerticalS,
    cursor: 'row-resize',
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    touchAction: 'none',
    '::after': {
      content: '""',
      width: tokens.spacingHorizontalXXXL,
      height: tokens.strokeWidthThick,
      borderRadius: tokens.borderRadiusCircular,
      backgroundColor: tokens.colorNeutralStroke1,
    },
    ':hover::after': { backgroundColor: tokens.colorBrandStroke1 },
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
});

const [SHARE_MIN, SHARE_MAX, STEP] = [12, 88, 4];

/** Two panes, one above the other; the bar between them moves by mouse, touch and arrow keys. `share`: percent of the upper one. */
export function SplitPane(props: {
  share: number;
  onShare: (share: number) => void;
  label: string;
  upper: ReactNode;
  lower: ReactNode;
}): ReactElement {
  const styles = useStyles();
  const root = useRef<HTMLDivElement>(null);
  const set = (share: number): void => props.onShare(Math.round(Math.max(SHARE_MIN, Math.min(SHARE_MAX, share))));
  return (
    <div ref={root} className={styles.root}>
      <div className={styles.pane} style={{ flexBasis: `${props.share}%`, flexShrink: 0, flexGrow: 0 }}>
        {props.upper}
      </div>
      <div
        className={styles.bar}
        role="separator"
        aria-label={props.label}
        aria-orientation="horizontal"
        aria-valuenow={props.share}
        aria-valuemin={SHARE_MIN}
        aria-valuemax={SHARE_MAX}
        tabIndex={0}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? STEP : event.key === 'ArrowUp' ? -STEP : 0;
          if (step === 0) return;
          event.preventDefault();
          set(props.share + step);
        }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          const box = root.current?.getBoundingClientRect();
          if (!box || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
          set(((event.clientY - box.top) / box.height) * 100);
        }}
      />
      <div className={styles.pane} style={{ flexGrow: 1, flexBasis: 0 }}>
        {props.lower}
      </div>
    </div>
  );
}
