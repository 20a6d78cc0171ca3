import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { CheckmarkCircleRegular, ClockAlarmRegular, ClockRegular, ErrorCircleFilled } from '@fluentui/react-icons';
import { serviceLevelOf, type IncidentSummary, type ServiceLevelState } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useNow } from '../../shared/hooks.ts';
import { usePreferences } from '../../shared/preferences.ts';
import { duration, exact } from '../../shared/time.ts';
import { serviceLevelsQuery } from './queries.ts';

const useStyles = makeStyles({
  root: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    verticalAlign: 'top',
  },
  icon: { fontSize: tokens.fontSizeBase400, flexShrink: 0 },
  breached: { color: tokens.colorPaletteRedForeground1 },
  breaching: { color: tokens.colorPaletteDarkOrangeForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

const stages = { triage: 'Triage', acknowledge: 'Acknowledge', close: 'Close' } as const;

/** In words: `Triage late by 5 min`. */
export function levelText({ state, stage, dueAt }: ServiceLevelState, now: Date): string {
  const left = Math.max(1, Math.abs(dueAt.getTime() - now.getTime()) / 1000);
  if (state === 'met') return 'In time';
  if (state === 'missed') return `${stages[stage]} was late`;
  // The greatest unit is enough in a list; the exact time is told on hover.
  const about = duration(Math.max(60, left)).split(' ').slice(0, 2).join(' ');
  return state === 'breached' ? `${stages[stage]} late by ${about}` : `${stages[stage]} in ${about}`;
}

/** How an incident stands to its service level: by icon, colour and words. */
export function ServiceLevel({ incident }: { incident: IncidentSummary }): ReactElement | null {
  const styles = useStyles();
  const now = useNow();
  const { zone } = usePreferences();
  const { data: levels } = useQuery(serviceLevelsQuery);
  const level = levels && serviceLevelOf(incident, levels, now);
  if (!level) return <span className={styles.quiet}>None</span>;
  const bad = level.state === 'breached' || level.state === 'missed';
  const Icon = bad
    ? ErrorCircleFilled
    : level.state === 'breaching'
      ? ClockAlarmRegular
      : level.state === 'met'
        ? CheckmarkCircleRegular
        : ClockRegular;
  const tone = bad ? styles.breached : level.state === 'breaching' ? styles.breaching : styles.quiet;
  return (
    <span className={styles.root} title={`Due ${exact(level.dueAt, zone)}`}>
      <Icon className={mergeClasses(styles.icon, tone)} aria-hidden />
      {levelText(level, now)}
    </span>
  );
}
