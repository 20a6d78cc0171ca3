import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import type { TermsToAccept } from '@sallyport/contracts';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { downloadBytes } from './download.ts';
import { Section } from './Section.tsx';
import { Loading } from './States.tsx';
import { visible } from './text.ts';

const Markdown = lazy(() => import('./Markdown.tsx'));

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  text: {
    maxHeight: '40vh',
    overflowY: 'auto',
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingHorizontalM,
    overflowWrap: 'anywhere',
  },
  actions: { display: 'flex', gap: tokens.spacingHorizontalM },
});

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

function Terms({ terms, onViewed }: { terms: TermsToAccept; onViewed: () => void }): ReactElement {
  const styles = useStyles();
  const [open, setOpen] = useState(!terms.mustBeViewed && terms.text !== null);
  const { pdf } = terms;
  return (
    <Section title={visible(terms.displayName)}>
      {terms.text !== null && !open && (
        <Button
          onClick={() => {
            setOpen(true);
            onViewed();
          }}
        >
          Read {visible(terms.displayName)}
        </Button>
      )}
      {terms.text !== null && open && (
        // What scrolls is reached by the keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={styles.text} role="region" aria-label={visible(terms.displayName)} tabIndex={0}>
          <Suspense fallback={<Loading rows={4} />}>
            <Markdown text={terms.text} />
          </Suspense>
        </div>
      )}
      {pdf !== null && (
        <Button
          onClick={() => {
            downloadBytes(terms.fileName, 'application/pdf', bytesOf(pdf));
            onViewed();
          }}
        >
          Open {visible(terms.fileName)}
        </Button>
      )}
    </Section>
  );
}

/** Terms of use to read, and to accept or decline. */
export function TermsForm(props: {
  terms: readonly TermsToAccept[];
  busy: boolean;
  onAccept: () => void;
  onDecline: () => void;
}): ReactElement {
  const styles = useStyles();
  const { terms, busy } = props;
  const [viewed, setViewed] = useState<ReadonlySet<string>>(new Set());
  const missing = terms.filter(({ id, mustBeViewed }) => mustBeViewed && !viewed.has(id));
  return (
    <div className={styles.root}>
      {terms.map((one) => (
        <Terms key={one.id} terms={one} onViewed={() => setViewed((before) => new Set([...before, one.id]))} />
      ))}
      {missing.length > 0 && <Text size={200}>Read what is above first.</Text>}
      <div className={styles.actions}>
        <Button appearance="primary" disabled={busy || missing.length > 0} onClick={props.onAccept}>
          Accept and go on
        </Button>
        <Button disabled={busy} onClick={props.onDecline}>
          Decline
        </Button>
      </div>
    </div>
  );
}
