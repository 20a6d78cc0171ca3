import { Text } from '@fluentui/react-components';
import type { InvestigationEvidence } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { EntityIcon } from '../../../shared/EntityLink.tsx';
import { count, plural } from '../../../shared/numbers.ts';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { visible, words } from '../../../shared/text.ts';
import { VerdictMark } from '../story/StateMark.tsx';
import { useListStyles } from './useListStyles.ts';

/** What was looked at or come upon, the gravest first, each with its verdict and why. */
export function EvidenceList({
  evidence,
  total,
}: {
  evidence: readonly InvestigationEvidence[];
  total: number;
}): ReactElement {
  const styles = useListStyles();
  return (
    <Section title={`Evidence (${count(total)})`} card>
      {total > evidence.length && <Text className={styles.muted}>The gravest {count(evidence.length)} are shown.</Text>}
      <ul className={styles.list}>
        {evidence.map((one) => (
          <li key={one.entity.id} className={styles.item}>
            <span className={styles.line}>
              <VerdictMark verdict={one.verdict} />
              <span>
                <EntityIcon kind={one.entity.kind} /> {words(one.entity.kind)}
              </span>
              <Text weight="semibold">
                <bdi>{visible(one.entity.name)}</bdi>
              </Text>
              <Text size={200} className={styles.muted}>
                Score {one.score}
              </Text>
            </span>
            {one.reasons.length > 0 && (
              <ul className={styles.reasons}>
                {one.reasons.map(({ text, score }) => (
                  <li key={text}>
                    <Text size={200}>
                      {visible(text)} ({score > 0 ? '+' : '−'}
                      {Math.abs(score)})
                    </Text>
                  </li>
                ))}
              </ul>
            )}
            <Text size={200} className={styles.muted}>
              {one.depth === 0 ? 'Named by an alert' : `Found ${plural(one.depth, 'step')} from the alerts`}
              {one.rows > 0 && <>, {plural(one.rows, 'row')}</>}
              {one.lastSeenAt !== null && (
                <>
                  , last seen <RelativeTime at={one.lastSeenAt} />
                </>
              )}
              {one.entity.kind !== 'Host' && one.devices.length > 0 && <>, on {visible(one.devices.join(', '))}</>}
            </Text>
          </li>
        ))}
      </ul>
    </Section>
  );
}
