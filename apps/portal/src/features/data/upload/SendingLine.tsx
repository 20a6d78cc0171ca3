import { Button, makeStyles, ProgressBar, Text, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { bytes } from '../../../shared/numbers.ts';
import { ErrorState } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import { forget, type Sending } from './sending.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM },
  end: { marginLeft: 'auto' },
});

/** A file on its way from this browser. */
export function SendingLine({ file }: { file: Sending }): ReactElement {
  const styles = useStyles();
  const arrived = file.sent >= file.bytes;
  return (
    <div className={styles.root}>
      <div className={styles.line}>
        <Text>
          {visible(file.name)}:{' '}
          {file.error !== undefined
            ? 'not sent'
            : arrived
              ? 'sent; looking at it'
              : `${bytes(file.sent)} of ${bytes(file.bytes)} sent`}
        </Text>
        <Button className={styles.end} size="small" onClick={() => forget(file.id)}>
          {file.error === undefined ? 'Cancel' : 'Dismiss'}
        </Button>
      </div>
      {file.error === undefined ? (
        <ProgressBar
          aria-label={`Sending ${visible(file.name)}`}
          {...(arrived ? {} : { value: file.bytes === 0 ? 0 : file.sent / file.bytes })}
        />
      ) : (
        <ErrorState error={file.error} title="The file was not taken" kept="Nothing of it is stored." />
      )}
    </div>
  );
}
