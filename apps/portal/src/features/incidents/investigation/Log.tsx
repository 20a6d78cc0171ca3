import { Text } from '@fluentui/react-components';
import type { InvestigationLogEntry } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { CodeBlock } from '../../../shared/CodeBlock.tsx';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { visible } from '../../../shared/text.ts';
import { useListStyles } from './useListStyles.ts';

/** What the investigation did, in order, each query to be read and asked again. */
export function Log({ entries }: { entries: readonly InvestigationLogEntry[] }): ReactElement {
  const styles = useListStyles();
  return (
    <Section title="Log" card>
      <ol className={styles.list}>
        {entries.map((entry) => (
          <li key={entry.id} className={styles.item}>
            <span className={styles.line}>
              <Text weight={entry.step === '' ? 'regular' : 'semibold'}>
                {visible(entry.step === '' ? entry.text : entry.step)}
              </Text>
              <Text size={200} className={styles.muted}>
                {entry.playbook === '' ? '' : `${visible(entry.playbook)} · `}
                <RelativeTime at={entry.at} />
                {entry.seconds === null ? '' : ` · ${entry.seconds.toFixed(1)} s`}
              </Text>
            </span>
            {entry.step !== '' && <Text size={200}>{visible(entry.text)}</Text>}
            {entry.query !== null && (
              <details>
                <summary className={styles.summary}>Show query</summary>
                <CodeBlock text={entry.query} label={`Query of ${visible(entry.step)}`} kql />
              </details>
            )}
          </li>
        ))}
      </ol>
    </Section>
  );
}
