import { Button, makeStyles, Select, Text, tokens } from '@fluentui/react-components';
import { SearchSquareRegular } from '@fluentui/react-icons';
import { Severity as SeverityEnum, type SocMetric } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { Bars } from '../../shared/Bars.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { Section } from '../../shared/Section.tsx';
import { Severity as SeverityLabel } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { TimeRange } from '../../shared/TimeRange.tsx';
import { duration, spanOf } from '../../shared/time.ts';
import { rulesQuery } from '../rules/queries.ts';
import { everyDay, figuresOf, type Figures, type Percentiles } from './figures.ts';
import { socMetricsQuery } from './queries.ts';
import { TimesChart } from './TimesChart.tsx';

const useStyles = makeStyles({
  tiles: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(200px, 1fr))',
    gap: tokens.spacingHorizontalL,
  },
  tile: {
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  number: {
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    fontWeight: tokens.fontWeightSemibold,
  },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  stack: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    paddingBottom: tokens.spacingVerticalL,
  },
  charts: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(340px, 1fr))',
    gap: tokens.spacingHorizontalL,
  },
  scroll: { overflowX: 'auto' },
  table: {
    width: '100%',
    borderCollapse: 'collapse',
    fontVariantNumeric: 'tabular-nums',
    '& th, & td': {
      padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
      borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
      textAlign: 'end',
      whiteSpace: 'nowrap',
    },
    '& th:first-child, & td:first-child': { textAlign: 'start', whiteSpace: 'normal' },
    '& th': { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  },
});

/** Minutes as a person says them; nothing where nothing was measured. */
export const minutes = (value: number | null): string => (value === null ? '–' : duration(Math.max(1, value * 60)));
const percent = (share: number | null): string => (share === null ? '–' : `${Math.round(share * 100)} %`);
const stages = [
  ['triage', 'Time to triage'],
  ['acknowledge', 'Time to acknowledge'],
  ['close', 'Time to close'],
] as const;

function Tile({ title, times }: { title: string; times: Percentiles | undefined }): ReactElement {
  const styles = useStyles();
  return (
    <section className={styles.tile} aria-label={title}>
      <Text block className={styles.muted}>
        {title}
      </Text>
      <span className={styles.number}>{minutes(times?.p50 ?? null)}</span>
      <Text block className={styles.muted}>
        median; nine of ten within {minutes(times?.p90 ?? null)}
      </Text>
    </section>
  );
}

function FiguresTable(props: {
  label: string;
  head: string;
  rows: readonly Figures[];
  name: (row: Figures) => ReactNode;
}): ReactElement {
  const styles = useStyles();
  if (props.rows.length === 0) return <EmptyState title="No incidents in this time" />;
  return (
    // A region that scrolls must be reached by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={props.label}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{props.head}</th>
            <th scope="col">Incidents</th>
            <th scope="col">Open</th>
            {stages.map(([stage, title]) => (
              <th key={stage} scope="col">
                {title.replace('Time to ', '').replace(/^./, (c) => c.toUpperCase())}, p50 / p90
              </th>
            ))}
            <th scope="col">False positives</th>
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={row.key}>
              <td>{props.name(row)}</td>
              <td>{count(row.incidents)}</td>
              <td>{count(row.open)}</td>
              {stages.map(([stage]) => (
                <td key={stage}>
                  {minutes(row[stage].p50)} / {minutes(row[stage].p90)}
                </td>
              ))}
              <td>
                {percent(row.falsePositiveShare)} ({count(row.falsePositives)})
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const route = getRouteApi('/frame/soc-metrics');

/** How soon incidents are worked on, and how many were false alarms: KQL over `SecurityIncident`. */
export function SocMetricsPage(): ReactElement {
  const styles = useStyles();
  const { range = '30d', severity } = route.useSearch();
  const navigate = route.useNavigate();
  const go = useNavigate();
  const { data, dataUpdatedAt, error, refetch } = useQuery(socMetricsQuery(range, severity));
  const rules = useQuery(rulesQuery).data?.rules ?? [];
  const show = (metric: SocMetric | undefined): ReactNode =>
    metric && (
      <Button
        size="small"
        appearance="subtle"
        icon={<SearchSquareRegular />}
        onClick={() => void go({ to: '/hunting', search: { range }, hash: `query=${encodeFragment(metric.query)}` })}
      >
        Show query
      </Button>
    );
  const of = (metric: SocMetric | undefined, key?: string): Figures[] => (metric ? figuresOf(metric, key) : []);
  const [all] = of(data?.summary);
  const made = of(data?.overTime, 'Day');
  const span = spanOf(range, new Date(dataUpdatedAt));
  const days = span ? everyDay(made, new Date(span.from), new Date(span.to)) : made;
  const rows = { status: ['New', 'Active', 'Closed'] as ('New' | 'Active' | 'Closed')[], range };
  const setSeverity = (value: string): void =>
    void navigate({ search: (before) => ({ ...before, severity: SeverityEnum.options.find((one) => one === value) }) });
  return (
    <Page
      title="SOC metrics"
      scroll
      above={<TextLink to="/incidents">Incidents</TextLink>}
      actions={
        <>
          <Select aria-label="Severity" value={severity ?? ''} onChange={(_, { value }) => setSeverity(value)}>
            <option value="">All severities</option>
            {SeverityEnum.options.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
          <TimeRange
            value={range}
            onChange={(next) =>
              void navigate({ search: (before) => ({ ...before, range: next === 'all' ? '90d' : next }) })
            }
          />
        </>
      }
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Asking" />}
      {data && (
        <div className={styles.stack}>
          <div className={styles.tiles}>
            <section className={styles.tile} aria-label="Incidents">
              <Text block className={styles.muted}>
                Incidents made
              </Text>
              <TextLink to="/incidents" search={{ ...rows, ...(severity ? { severity: [severity] } : {}) }}>
                <span className={styles.number}>{count(all?.incidents ?? 0)}</span>
              </TextLink>
              <Text block className={styles.muted}>
                {count(all?.open ?? 0)} still open
              </Text>
            </section>
            {stages.map(([stage, title]) => (
              <Tile key={stage} title={title} times={all?.[stage]} />
            ))}
            <section className={styles.tile} aria-label="False positives">
              <Text block className={styles.muted}>
                False positives
              </Text>
              <TextLink to="/incidents" search={{ ...rows, classification: ['FalsePositive'] }}>
                <span className={styles.number}>{percent(all?.falsePositiveShare ?? null)}</span>
              </TextLink>
              <Text block className={styles.muted}>
                {plural(all?.falsePositives ?? 0, 'incident')} of those classified
              </Text>
            </section>
          </div>
          <Section title="Over time" card actions={show(data.overTime)}>
            {made.length === 0 ? (
              <EmptyState title="No incidents in this time" />
            ) : (
              <>
                <Text>Incidents made each day</Text>
                <Bars
                  values={days.map((day) => day.incidents)}
                  label={`Incidents made each day: ${days.map((day) => `${day.key.slice(0, 10)} ${day.incidents}`).join(', ')}`}
                />
                <div className={styles.charts}>
                  {stages.map(([stage, title]) => (
                    <figure key={stage} style={{ margin: 0 }}>
                      <figcaption>{title}, by day of creation</figcaption>
                      <TimesChart days={days} stage={stage} label={`${title} by day, median and 90th percentile`} />
                    </figure>
                  ))}
                </div>
              </>
            )}
          </Section>
          <Section title="By severity" card actions={show(data.bySeverity)}>
            <FiguresTable
              label="Figures by severity"
              head="Severity"
              rows={of(data.bySeverity, 'Severity')}
              name={(row) => {
                const one = SeverityEnum.options.find((option) => option === row.key);
                return one ? (
                  <TextLink to="/incidents" search={{ ...rows, severity: [one] }}>
                    <SeverityLabel severity={one} />
                  </TextLink>
                ) : (
                  visible(row.key)
                );
              }}
            />
          </Section>
          <Section title="By person or group" card actions={show(data.byOwner)}>
            <FiguresTable
              label="Figures by owner"
              head="Owner"
              rows={of(data.byOwner, 'Owner')}
              name={(row) => (
                <TextLink to="/incidents" search={{ ...rows, owner: row.key }}>
                  <bdi>{visible(row.key)}</bdi>
                </TextLink>
              )}
            />
          </Section>
          <Section title="By rule" card actions={show(data.byRule)}>
            <FiguresTable
              label="Figures by rule"
              head="Rule"
              rows={of(data.byRule, 'Rule')}
              name={(row) => (
                <TextLink to="/incidents" search={{ ...rows, rule: row.key }}>
                  {visible(rules.find(({ id }) => id === row.key)?.name ?? row.key)}
                </TextLink>
              )}
            />
          </Section>
        </div>
      )}
    </Page>
  );
}
