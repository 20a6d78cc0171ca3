import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactElement } from 'react';
import { plural } from '../../shared/numbers.ts';
import { usePreferences } from '../../shared/preferences.ts';
import { exact } from '../../shared/time.ts';
import type { Bin, Span } from './timeline.ts';

const HEIGHT = 56;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXXS, userSelect: 'none' },
  bars: {
    position: 'relative',
    display: 'flex',
    alignItems: 'stretch',
    height: `${HEIGHT}px`,
    cursor: 'crosshair',
    touchAction: 'none',
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
  },
  bar: {
    flex: 1,
    minWidth: 0,
    padding: '0 1px',
    border: 'none',
    background: 'none',
    display: 'flex',
    flexDirection: 'column',
    justifyContent: 'flex-end',
    cursor: 'inherit',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  alerts: { backgroundColor: tokens.colorPaletteRedBackground3, flexShrink: 0 },
  others: { backgroundColor: tokens.colorBrandBackground, flexShrink: 0 },
  brush: {
    position: 'absolute',
    top: 0,
    bottom: 0,
    backgroundColor: tokens.colorBrandBackground2,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorBrandStroke1}`,
    opacity: 0.5,
    pointerEvents: 'none',
  },
  ends: {
    display: 'flex',
    justifyContent: 'space-between',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase100,
    fontVariantNumeric: 'tabular-nums',
  },
  legend: { display: 'flex', gap: tokens.spacingHorizontalM },
  key: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXXS },
  swatch: { width: '8px', height: '8px', display: 'inline-block' },
});

/** Events over time. Dragging over it, or Enter on a bar, zooms to what is chosen; arrows go from bar to bar. */
export function TimeHistogram(props: { bins: readonly Bin[]; onZoom: (span: Span) => void }): ReactElement {
  const styles = useStyles();
  const { bins, onZoom } = props;
  const { zone } = usePreferences();
  const bars = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();
  const most = Math.max(1, ...bins.map(({ alerts, others }) => alerts + others));
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last) return <div className={styles.root} />;
  const time = (ms: number): string => exact(new Date(ms), zone).slice(0, 19);

  const fraction = (event: PointerEvent<HTMLDivElement>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  const end = (): void => {
    if (!drag) return;
    setDrag(undefined);
    const [a, b] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    const width = last.to - first.from;
    // Less than a bar is a click, which the bar hears.
    if (b - a > 1 / bins.length) onZoom({ from: first.from + a * width, to: first.from + b * width });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -bins.length, End: bins.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(bins.length - 1, active + step));
    setActive(to);
    const bar = bars.current?.children[to];
    if (bar instanceof HTMLElement) bar.focus();
  };
  return (
    <div className={styles.root}>
      {/* Dragging and arrow keys are heard around the bars, which are buttons. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={bars}
        className={styles.bars}
        role="group"
        aria-label="Events over time"
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          const at = fraction(event);
          setDrag({ from: at, to: at });
        }}
        onPointerMove={(event) => {
          if (!drag) return;
          if (event.buttons === 0) setDrag(undefined);
          else setDrag({ ...drag, to: fraction(event) });
        }}
        onPointerUp={end}
      >
        {bins.map((bin, index) => (
          <button
            key={bin.from}
            type="button"
            className={styles.bar}
            tabIndex={index === Math.min(active, bins.length - 1) ? 0 : -1}
            aria-label={`${time(bin.from)} to ${time(bin.to)}: ${plural(bin.alerts, 'alert')}, ${plural(bin.others, 'other event')}`}
            title={`${time(bin.from)}: ${plural(bin.alerts, 'alert')}, ${plural(bin.others, 'other event')}`}
            onFocus={() => setActive(index)}
            onClick={() => bin.alerts + bin.others > 0 && onZoom(bin)}
          >
            <span className={styles.others} style={{ height: `${(bin.others / most) * (HEIGHT - 4)}px` }} />
            <span className={styles.alerts} style={{ height: `${(bin.alerts / most) * (HEIGHT - 4)}px` }} />
          </button>
        ))}
        {drag && (
          <span
            className={styles.brush}
            style={{
              left: `${Math.min(drag.from, drag.to) * 100}%`,
              width: `${Math.abs(drag.to - drag.from) * 100}%`,
            }}
          />
        )}
      </div>
      <div className={styles.ends}>
        <span>{time(first.from)}</span>
        <span className={styles.legend}>
          <span className={styles.key}>
            <span className={mergeClasses(styles.swatch, styles.alerts)} aria-hidden /> Alerts
          </span>
          <span className={styles.key}>
            <span className={mergeClasses(styles.swatch, styles.others)} aria-hidden /> Other events
          </span>
        </span>
        <span>{time(last.to)}</span>
      </div>
    </div>
  );
}
