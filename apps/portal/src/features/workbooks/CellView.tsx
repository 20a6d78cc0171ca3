import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  ArrowDownRegular,
  ArrowTrendingRegular,
  ArrowUpRegular,
  CheckmarkCircleRegular,
  CircleRegular,
  DismissCircleRegular,
  ErrorCircleRegular,
  InfoRegular,
  QuestionCircleRegular,
  WarningRegular,
} from '@fluentui/react-icons';
import type { Cell, Column, Formatter } from '@sallyport/contracts';
import type { ReactElement, ReactNode } from 'react';
import { cellText, isNumeric } from '../../shared/cells.ts';
import { usePreferences } from '../../shared/preferences.ts';
import { visible } from '../../shared/text.ts';
import { kindOf, numbersOf, numberText, shareOf, textOption, thresholdOf, webAddress } from './format.ts';

const useStyles = makeStyles({
  line: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    maxWidth: '100%',
    minWidth: 0,
  },
  text: { overflow: 'hidden', textOverflow: 'ellipsis' },
  bar: { display: 'flex', flexDirection: 'column', justifyContent: 'center', gap: '2px', minWidth: '64px' },
  track: { height: '6px', backgroundColor: tokens.colorNeutralBackground5, borderRadius: tokens.borderRadiusSmall },
  fill: { height: '100%', borderRadius: tokens.borderRadiusSmall },
  heat: { display: 'block', padding: `0 ${tokens.spacingHorizontalXS}`, borderRadius: tokens.borderRadiusSmall },
  big: {
    fontSize: tokens.fontSizeHero800,
    lineHeight: tokens.lineHeightHero800,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: 'tabular-nums',
  },
  spark: { display: 'block', width: '112px', height: '20px' },
  stretch: { width: '100%', height: '36px' },
});

/** Microsoft's palettes and colours by their own names, as ours: the second of each is for what lies behind text. */
const palettes: Readonly<Record<string, readonly [solid: string, behind: string]>> = {
  blue: [tokens.colorPaletteBlueBorderActive, tokens.colorPaletteBlueBackground2],
  lightBlue: [tokens.colorPaletteBlueBorderActive, tokens.colorPaletteBlueBackground2],
  turquoise: [tokens.colorPaletteTealBorderActive, tokens.colorPaletteTealBackground2],
  green: [tokens.colorPaletteGreenBorderActive, tokens.colorPaletteGreenBackground2],
  greenDark: [tokens.colorPaletteGreenBorderActive, tokens.colorPaletteGreenBackground2],
  red: [tokens.colorPaletteRedBorderActive, tokens.colorPaletteRedBackground2],
  redBright: [tokens.colorPaletteRedBorderActive, tokens.colorPaletteRedBackground2],
  redDark: [tokens.colorPaletteRedBorderActive, tokens.colorPaletteRedBackground2],
  orange: [tokens.colorPaletteDarkOrangeBorderActive, tokens.colorPaletteDarkOrangeBackground2],
  yellow: [tokens.colorPaletteYellowBorderActive, tokens.colorPaletteYellowBackground2],
  purple: [tokens.colorPalettePurpleBorderActive, tokens.colorPalettePurpleBackground2],
  magenta: [tokens.colorPaletteMagentaBorderActive, tokens.colorPaletteMagentaBackground2],
  pink: [tokens.colorPalettePinkBorderActive, tokens.colorPalettePinkBackground2],
  gray: [tokens.colorNeutralStroke1, tokens.colorNeutralBackground4],
};
const colourOf = (name: unknown): readonly [string, string] =>
  palettes[String(name)] ?? [tokens.colorPaletteBlueBorderActive, tokens.colorPaletteBlueBackground2];

/** Icons by Microsoft's names, and what they say to who can't see them. */
function iconOf(name: string): { readonly icon: ReactElement; readonly label: string } | undefined {
  const key = name.toLowerCase();
  if (/^(success|available|resolved|4|sev4)$/.test(key)) return { icon: <CheckmarkCircleRegular />, label: 'Success' };
  if (/^(critical|error|failed|unavailable|fired|1|sev0|sev1|stopped)$/.test(key))
    return { icon: <ErrorCircleRegular />, label: 'Error' };
  if (/^(warning|degraded|2|sev2|pending)$/.test(key)) return { icon: <WarningRegular />, label: 'Warning' };
  if (/^(info|3|sev3|started|resource)$/.test(key)) return { icon: <InfoRegular />, label: 'Information' };
  if (/^(cancell?ed|disabled)$/.test(key)) return { icon: <DismissCircleRegular />, label: 'Off' };
  if (/^(question|unknown|uninitialized|unspecified)$/.test(key))
    return { icon: <QuestionCircleRegular />, label: 'Unknown' };
  if (/^(up|trendup)$/.test(key)) return { icon: <ArrowUpRegular />, label: 'Up' };
  if (/^(down|trenddown)$/.test(key)) return { icon: <ArrowDownRegular />, label: 'Down' };
  if (/^(trend|right|left)$/.test(key)) return { icon: <ArrowTrendingRegular />, label: 'Trend' };
  return key === '' || key === 'none' || key === 'blank' ? undefined : { icon: <CircleRegular />, label: name };
}

/** A small line or bars of a column's numbers. Its numbers are said as text to who can't see it. */
export function Spark(props: {
  numbers: readonly number[];
  bars: boolean;
  colour: string;
  wide?: boolean;
}): ReactElement {
  const styles = useStyles();
  const { numbers } = props;
  const [low, high] = [Math.min(0, ...numbers), Math.max(...numbers, 0)];
  const y = (value: number): number => (high > low ? 19 - (18 * (value - low)) / (high - low) : 19);
  const step = 112 / Math.max(1, numbers.length - (props.bars ? 0 : 1));
  const label = `${numbers.length} values, from ${numbers[0] ?? 0} to ${numbers.at(-1) ?? 0}, at most ${high}`;
  return (
    <svg
      className={mergeClasses(styles.spark, props.wide && styles.stretch)}
      viewBox="0 0 112 20"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {props.bars ? (
        numbers.map((value, index) => (
          <rect
            key={index}
            x={index * step}
            width={Math.max(0.5, step - 0.6)}
            y={y(value)}
            height={Math.max(0.5, 19.5 - y(value))}
            fill={props.colour}
          />
        ))
      ) : (
        <polyline
          points={numbers.map((value, index) => `${index * step},${y(value)}`).join(' ')}
          fill="none"
          stroke={props.colour}
          strokeWidth={1.5}
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}

export interface CellProps {
  readonly cell: Cell;
  readonly type: Column['type'];
  readonly formatter: Formatter | undefined;
  /** All numbers of its column. */
  readonly all: readonly number[];
  /** Opens the details of its row; for links that ask for it. */
  readonly onDetails?: (() => void) | undefined;
  readonly wide?: boolean;
}

/** A cell as its formatter wants it drawn. Others' text is text, whatever the formatter says. */
export function CellView({ cell, type, formatter, all, onDetails, wide }: CellProps): ReactNode {
  const styles = useStyles();
  const { zone } = usePreferences();
  const kind = kindOf(formatter);
  const numeric = isNumeric(type) && cell !== null;
  const shown = numeric ? numberText(Number(cell), formatter) : cellText(cell, type, zone);
  const [solid, behind] = colourOf(formatter?.formatOptions?.['palette']);
  const text = <bdi className={styles.text}>{shown}</bdi>;
  const numbers = kind === 'sparkLine' || kind === 'sparkBars' || kind === 'automatic' ? numbersOf(cell) : undefined;
  if (numbers && (kind !== 'automatic' || numbers.length > 2))
    return <Spark numbers={numbers} bars={kind === 'sparkBars'} colour={solid} {...(wide ? { wide } : {})} />;
  switch (kind) {
    case 'bar':
    case 'barUnderneath':
    case 'compositeBar':
      if (!numeric) return text;
      return (
        <span className={styles.bar}>
          {text}
          <span className={styles.track}>
            <span
              className={styles.fill}
              style={{
                display: 'block',
                width: `${100 * shareOf(Number(cell), all, formatter)}%`,
                backgroundColor: solid,
              }}
            />
          </span>
        </span>
      );
    case 'heatmap': {
      if (!numeric) return text;
      const share = Math.round(100 * shareOf(Number(cell), all, formatter));
      return (
        <span
          className={styles.heat}
          style={{ backgroundColor: `color-mix(in srgb, ${behind} ${share}%, transparent)` }}
        >
          {text}
        </span>
      );
    }
    case 'bigNumber':
      return <span className={styles.big}>{text}</span>;
    case 'icon': {
      const icon = cell === null ? undefined : iconOf(String(cell));
      return (
        <span className={styles.line}>
          {icon?.icon}
          {text}
        </span>
      );
    }
    case 'thresholds': {
      const threshold = thresholdOf(cell, shown, formatter);
      if (!threshold) return text;
      if (!threshold.icons) {
        const [, colour] = colourOf(threshold.representation);
        return (
          <span className={styles.heat} style={{ backgroundColor: colour }}>
            {visible(threshold.text)}
          </span>
        );
      }
      const icon = iconOf(threshold.representation);
      return (
        <span className={styles.line}>
          {icon && (
            <span role="img" aria-label={icon.label} className={styles.line}>
              {icon.icon}
            </span>
          )}
          <bdi className={styles.text}>{visible(threshold.text)}</bdi>
        </span>
      );
    }
    case 'link': {
      const target = textOption(formatter, 'linkTarget');
      const label = textOption(formatter, 'linkLabel');
      const address = target === 'Url' && cell !== null ? webAddress(String(cell)) : undefined;
      if (address)
        return (
          <a href={address} target="_blank" rel="noopener noreferrer" title={address}>
            {visible(label || address)}
          </a>
        );
      if (onDetails && target.endsWith('Details'))
        return (
          <button type="button" className="link" onClick={onDetails}>
            {visible(label || shown || 'Details')}
          </button>
        );
      return text;
    }
    default:
      return text;
  }
}
