import { makeStyles, tokens } from '@fluentui/react-components';
import { Component, type ReactElement, type ReactNode } from 'react';
import { ErrorState, Loading } from './States.tsx';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    minWidth: 0,
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  head: { display: 'flex', alignItems: 'baseline', gap: tokens.spacingHorizontalS },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  link: { marginLeft: 'auto', fontSize: tokens.fontSizeBase200 },
  number: {
    fontSize: tokens.fontSizeHero800,
    lineHeight: tokens.lineHeightHero800,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: 'tabular-nums',
  },
  caption: { color: tokens.colorNeutralForeground3, marginLeft: tokens.spacingHorizontalS },
});

class Contained extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: undefined };
  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }
  override render(): ReactNode {
    return this.state.error === undefined ? this.props.children : <ErrorState error={this.state.error} />;
  }
}

/** One question and its answer. A tile that fails says so by itself and leaves the others alone. */
export function Tile(props: {
  title: string;
  /** Where its rows are. */
  link?: ReactNode;
  query: { readonly isPending: boolean; readonly error: unknown; readonly refetch: () => unknown };
  children: ReactNode;
}): ReactElement {
  const styles = useStyles();
  const { isPending, error, refetch } = props.query;
  return (
    <section className={styles.root} aria-label={props.title}>
      <div className={styles.head}>
        <h2 className={styles.title}>{props.title}</h2>
        {props.link && <span className={styles.link}>{props.link}</span>}
      </div>
      {error !== null && error !== undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Loading rows={5} label={`Loading: ${props.title}`} />
      ) : (
        <Contained>{props.children}</Contained>
      )}
    </section>
  );
}

/** The number of a tile, with what it counts. */
export function TileNumber({ value, caption }: { value: string; caption: string }): ReactElement {
  const styles = useStyles();
  return (
    <div>
      <span className={styles.number}>{value}</span>
      <span className={styles.caption}>{caption}</span>
    </div>
  );
}
