import { Badge, makeStyles, tokens } from '@fluentui/react-components';
import { StarFilled, StarRegular } from '@fluentui/react-icons';
import type { Criticality, RiskLevel, Severity as SeverityName } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { SeverityIcon } from '../../shared/Severity.tsx';
import { visible, words } from '../../shared/text.ts';

const useStyles = makeStyles({
  root: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS, whiteSpace: 'nowrap' },
  icon: { fontSize: tokens.fontSizeBase400, flexShrink: 0 },
  none: { color: tokens.colorNeutralForeground3 },
  tags: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS },
});

const severityOf: Readonly<Record<RiskLevel, SeverityName>> = {
  High: 'High',
  Medium: 'Medium',
  Low: 'Low',
  None: 'Informational',
};

/** Risk as shape, colour, word and number. */
export function Risk({ level, score }: { level: RiskLevel; score: number }): ReactElement {
  const styles = useStyles();
  if (level === 'None') return <span className={styles.none}>None</span>;
  return (
    <span className={styles.root}>
      <SeverityIcon severity={severityOf[level]} />
      {level} · {score}
    </span>
  );
}

export function CriticalityLabel({ criticality }: { criticality: Criticality | null }): ReactElement {
  const styles = useStyles();
  if (criticality === null) return <span className={styles.none}>None</span>;
  const Icon = criticality === 'VeryHigh' || criticality === 'High' ? StarFilled : StarRegular;
  return (
    <span className={styles.root}>
      <Icon className={styles.icon} aria-hidden />
      {words(criticality)}
    </span>
  );
}

export function Tags({ tags }: { tags: readonly string[] }): ReactElement {
  const styles = useStyles();
  return (
    <span className={styles.tags}>
      {tags.map((tag) => (
        <Badge key={tag} appearance="outline" color="informative">
          {visible(tag)}
        </Badge>
      ))}
    </span>
  );
}
