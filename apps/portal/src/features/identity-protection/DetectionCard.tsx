import { makeStyles, tokens } from '@fluentui/react-components';
import type { RiskDetection } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Facts } from '../../shared/Facts.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { elide, visible, words } from '../../shared/text.ts';
import { detailText, Level, State } from './Risk.tsx';

const useStyles = makeStyles({
  root: {
    borderLeft: `${tokens.strokeWidthThicker} solid ${tokens.colorBrandStroke2}`,
    paddingLeft: tokens.spacingHorizontalS,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
  },
  score: { width: '100%', borderCollapse: 'collapse', fontSize: tokens.fontSizeBase200 },
  cell: {
    textAlign: 'left',
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalXS}`,
    overflowWrap: 'anywhere',
  },
  number: { textAlign: 'right', fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
});

const VALUE_MAX = 200;
const timings = {
  notDefined: '',
  realtime: 'In the sign-in',
  nearRealtime: 'Soon after',
  offline: 'Afterwards',
} as const;

interface Feature {
  readonly level: string;
  readonly value: string;
  readonly timesOfPerson: number;
  readonly timesOfEveryone: number;
  readonly log10: number;
}
const isFeature = (value: unknown): value is Feature =>
  typeof value === 'object' && value !== null && 'level' in value && 'value' in value && 'log10' in value;

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : JSON.stringify(value);

/** One detection with every reason that it gives. */
export function DetectionCard({ detection }: { detection: RiskDetection }): ReactElement {
  const styles = useStyles();
  const score = detection.additionalInfo.find(({ Key }) => Key === 'features')?.Value;
  const features = Array.isArray(score) ? score.filter(isFeature) : [];
  return (
    <div className={styles.root}>
      <strong>{visible(detection.name)}</strong>
      <Facts
        facts={[
          ['Level', <Level key="level" level={detection.riskLevel} />],
          ['State', <State key="state" state={detection.riskState} />],
          ['Why so', detailText(detection.riskDetail)],
          ['When', <RelativeTime key="when" at={detection.activityAt} />],
          ['Found', timings[detection.timing] || undefined],
          ['By', visible(detection.source)],
          ['Address', detection.ipAddress === '' ? undefined : <code>{visible(detection.ipAddress)}</code>],
          [
            'Place',
            [detection.city, detection.country]
              .filter(Boolean)
              .map((part) => visible(part))
              .join(', ') || undefined,
          ],
          ...detection.additionalInfo
            .filter(({ Key, Value }) => !told.has(Key) && Value !== '' && Value !== null)
            .map(({ Key, Value }): readonly [string, ReactElement] => [
              words(visible(Key)),
              <bdi key={Key}>{visible(elide(shown(Value), VALUE_MAX))}</bdi>,
            ]),
        ]}
      />
      {features.length > 0 && (
        <table className={styles.score}>
          <caption className={styles.cell}>
            How much likelier somebody else is, by each property (powers of ten)
          </caption>
          <thead>
            <tr>
              <th className={styles.cell}>Property</th>
              <th className={styles.cell}>Value</th>
              <th className={styles.number}>Before</th>
              <th className={styles.number}>Of all</th>
              <th className={styles.number}>Says</th>
            </tr>
          </thead>
          <tbody>
            {features.map((feature) => (
              <tr key={feature.level}>
                <td className={styles.cell}>{words(feature.level)}</td>
                <td className={styles.cell}>
                  <bdi>{visible(elide(feature.value, VALUE_MAX))}</bdi>
                </td>
                <td className={styles.number}>{feature.timesOfPerson}</td>
                <td className={styles.number}>{feature.timesOfEveryone}</td>
                <td className={styles.number}>{feature.log10.toFixed(1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** Shown above already, or in the table below. */
const told = new Set(['clientIp', 'clientLocation', 'features']);
