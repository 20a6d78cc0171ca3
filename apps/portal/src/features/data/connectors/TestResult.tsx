import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, Text, tokens } from '@fluentui/react-components';
import type { ConnectorTest } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Mono } from '../../../shared/Copyable.tsx';
import { plural } from '../../../shared/numbers.ts';
import { visible } from '../../../shared/text.ts';

const TEXT_MAX = 400;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  list: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    margin: 0,
    padding: 0,
    listStyleType: 'none',
  },
  record: {
    padding: tokens.spacingVerticalS,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    overflowWrap: 'anywhere',
  },
  where: { color: tokens.colorNeutralForeground3 },
});

/** The first records that a connector would fetch, and where each would go. */
export function TestResult({ result }: { result: ConnectorTest }): ReactElement {
  const styles = useStyles();
  const { error, note, records } = result;
  return (
    <div className={styles.root} role="status">
      {error !== null ? (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>It could not be read</MessageBarTitle>
            {visible(error)}
          </MessageBarBody>
        </MessageBar>
      ) : (
        <MessageBar intent={records.length > 0 ? 'success' : 'warning'} layout="multiline">
          <MessageBarBody>
            {records.length > 0
              ? `It works. ${records.length === 1 ? 'The first record' : `The first ${plural(records.length, 'record')}`}; nothing was stored.`
              : 'It answers, and has nothing new to read.'}
          </MessageBarBody>
        </MessageBar>
      )}
      {note !== null && <Text size={200}>{visible(note)}</Text>}
      {records.length > 0 && (
        <ol className={styles.list} aria-label="First records">
          {records.map((record, index) => (
            <li key={index} className={styles.record}>
              <div className={styles.where}>
                <Text size={200}>
                  {record.tables.length > 0
                    ? `to ${visible(record.tables.join(', '))}, as ${visible(record.stream)}`
                    : 'no source knows it: it is kept with the errors'}
                  {record.from !== '' && `, from ${visible(record.from)}`}
                </Text>
              </div>
              <Mono text={record.text.slice(0, TEXT_MAX)} />
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
