import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import type { Me, TermsToAccept } from '@sallyport/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { downloadBytes } from '../../shared/download.ts';
import { Section } from '../../shared/Section.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';

const Markdown = lazy(() => import('../../shared/Markdown.tsx'));

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

/** Terms of use that the sign-in still needs. Whoever accepts is in; no factor is asked for again. */
export function TermsStep(props: { ticket: string; onDone: (me: Me) => void; onCancel: () => void }): ReactElement {
  const styles = useStyles();
  const { ticket } = props;
  const { data, error } = useQuery({
    queryKey: ['terms', ticket],
    queryFn: ({ signal }) => client.readTerms({ signal, body: { ticket, language: navigator.language } }),
    retry: false,
    gcTime: 0,
  });
  const [viewed, setViewed] = useState<ReadonlySet<string>>(new Set());
  const accept = useMutation({
    mutationFn: () => client.answerTerms({ body: { ticket, accept: true } }),
    onSuccess: props.onDone,
  });
  const decline = useMutation({
    mutationFn: () => client.answerTerms({ body: { ticket, accept: false } }),
    onSettled: props.onCancel,
  });
  const missing = (data?.terms ?? []).filter(({ id, mustBeViewed }) => mustBeViewed && !viewed.has(id));
  const busy = accept.isPending || decline.isPending;
  return (
    <div className={styles.root}>
      {error && <ErrorState error={error} title="The terms could not be shown" onRetry={props.onCancel} />}
      {!data && !error && <Loading rows={6} label="Loading the terms" />}
      {data?.terms.map((terms) => (
        <Terms key={terms.id} terms={terms} onViewed={() => setViewed((before) => new Set([...before, terms.id]))} />
      ))}
      {accept.error && <ErrorState error={accept.error} title="You are not signed in" />}
      {data && (
        <>
          {missing.length > 0 && <Text size={200}>Read what is above first.</Text>}
          <div className={styles.actions}>
            <Button appearance="primary" disabled={busy || missing.length > 0} onClick={() => accept.mutate()}>
              Accept and go on
            </Button>
            <Button disabled={busy} onClick={() => decline.mutate()}>
              Decline
            </Button>
          </div>
        </>
      )}
    </div>
  );
}
