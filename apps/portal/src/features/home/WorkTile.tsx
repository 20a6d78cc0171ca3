import { makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { EmptyState } from '../../shared/States.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { Tile, TileNumber } from '../../shared/Tile.tsx';
import { duration } from '../../shared/time.ts';
import { figuresOf } from '../soc-metrics/figures.ts';
import { socMetricsQuery } from '../soc-metrics/queries.ts';

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalSNudge },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  number: { marginLeft: 'auto', fontVariantNumeric: 'tabular-nums', fontWeight: tokens.fontWeightSemibold },
});

const minutes = (value: number | null): string => (value === null ? '–' : duration(Math.max(1, value * 60)));

/** How soon is it worked on? The same figures as on the page of SOC metrics. */
export function WorkTile(): ReactElement {
  const styles = useStyles();
  const query = useQuery(socMetricsQuery('30d', undefined, ['summary']));
  const summary = query.data?.summary;
  const [all] = summary ? figuresOf(summary) : [];
  return (
    <Tile title="How soon do we work?" link={<TextLink to="/soc-metrics">SOC metrics</TextLink>} query={query}>
      {!all || all.incidents === 0 ? (
        <EmptyState title="No incidents in 30 days" />
      ) : (
        <>
          <TileNumber value={minutes(all.triage.p50)} caption="to triage, median of 30 days" />
          <div className={styles.list}>
            {(
              [
                ['Acknowledge', minutes(all.acknowledge.p50)],
                ['Close', minutes(all.close.p50)],
                [
                  'False positives',
                  all.falsePositiveShare === null ? '–' : `${Math.round(all.falsePositiveShare * 100)} %`,
                ],
              ] as const
            ).map(([name, value]) => (
              <div key={name} className={styles.line}>
                <span>{name}</span>
                <span className={styles.number}>{value}</span>
              </div>
            ))}
          </div>
        </>
      )}
    </Tile>
  );
}
