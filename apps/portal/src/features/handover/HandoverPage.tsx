import { Button, Field, makeStyles, Select, Tag, TagGroup, Text, Textarea, tokens } from '@fluentui/react-components';
import { ArrowSyncRegular } from '@fluentui/react-icons';
import type { HandoverFacts } from '@sallyport/contracts';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client, useIsOverPart } from '../../shared/api.ts';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { usePreferences } from '../../shared/preferences.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SeverityIcon } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { Owner } from '../incidents/IncidentState.tsx';
import { ServiceLevel } from '../incidents/ServiceLevel.tsx';
import { shifts } from './index.ts';
import { handoverNote } from './note.ts';

const HOUR_MS = 3_600_000;
const NOTE_MAX = 60_000;

const factsQuery = (hours: number) =>
  queryOptions({
    queryKey: ['handoverFacts', hours],
    queryFn: ({ signal }) =>
      client.getHandoverFacts({
        signal,
        query: { since: new Date(Date.now() - hours * HOUR_MS).toISOString() },
      }),
    // What the note is made of stays as it is while one writes.
    staleTime: Number.POSITIVE_INFINITY,
  });
const handoversQuery = queryOptions({
  queryKey: ['handovers'],
  queryFn: async ({ signal }) => (await client.listHandovers({ signal })).handovers,
});

const useStyles = makeStyles({
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)',
    gap: tokens.spacingHorizontalL,
    alignItems: 'start',
    '@media (max-width: 1000px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  stack: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  item: {
    display: 'flex',
    flexDirection: 'column',
    padding: `${tokens.spacingVerticalXS} 0`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
  },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, minWidth: 0 },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
  note: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', fontFamily: tokens.fontFamilyBase, margin: 0 },
});

function Facts({ facts }: { facts: HandoverFacts }): ReactElement {
  const styles = useStyles();
  const { counts } = facts;
  return (
    <Section title="What is open" card>
      <Text>
        {count(counts.open)} open, {count(counts.unassigned)} nobody’s, {count(counts.breached)} past their service
        level; {count(counts.opened)} new and {count(counts.closed)} closed since <RelativeTime at={facts.since} />.
      </Text>
      {facts.open.length === 0 && <EmptyState title="Nothing is open" />}
      <ul className={styles.list} aria-label="Open incidents">
        {facts.open.map((one) => (
          <li key={one.number} className={styles.item}>
            <span className={styles.line}>
              <SeverityIcon severity={one.severity} />
              <TextLink to="/incidents/$number" params={{ number: String(one.number) }}>
                {one.number} · {visible(one.title)}
              </TextLink>
            </span>
            <span className={styles.line}>
              <span className={styles.muted}>{one.status}</span>
              <Owner owner={one.owner} />
              <ServiceLevel incident={one} />
            </span>
            {one.changes.map((change, index) => (
              <span key={index} className={styles.muted}>
                <RelativeTime at={change.at} /> {visible(change.by)}: {visible(change.text)}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Note({ facts }: { facts: HandoverFacts }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('createHandover');
  const { zone } = usePreferences();
  const queries = useQueryClient();
  const notify = useNotify();
  const [text, setText] = useState(() => handoverNote(facts, zone));
  const [to, setTo] = useState<readonly string[]>([]);
  const send = useMutation({
    mutationFn: () => client.createHandover({ body: { since: facts.since, to: [...to], text: text.trim() } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: handoversQuery.queryKey });
      notify.done('Handed over; those it is for are told');
      setTo([]);
    },
  });
  return (
    <Section title="Note" card>
      <div className={styles.form}>
        <Field label="Written from what happened; change it as you like">
          <Textarea
            value={text}
            maxLength={NOTE_MAX}
            resize="vertical"
            rows={18}
            onChange={(_, data) => setText(data.value)}
          />
        </Field>
        <Field label="For">
          <PersonPicker
            label="For"
            value={null}
            onChange={(name) => name !== null && setTo([...new Set([...to, name])])}
          />
        </Field>
        {to.length > 0 && (
          <TagGroup
            aria-label="Those it is for"
            onDismiss={(_, { value }) => setTo(to.filter((name) => name !== value))}
          >
            {to.map((name) => (
              <Tag key={name} value={name} dismissible>
                {visible(name)}
              </Tag>
            ))}
          </TagGroup>
        )}
        {send.error && <ErrorState error={send.error} title="Nothing was handed over" kept="The note is kept." />}
        <div>
          <RefusableButton
            appearance="primary"
            why={why}
            disabled={to.length === 0 || text.trim() === '' || send.isPending}
            onClick={() => send.mutate()}
          >
            Hand over
          </RefusableButton>
        </div>
      </div>
    </Section>
  );
}

const route = getRouteApi('/frame/handover');

/** From one shift to the next: what is open, what changed, and the note for whoever comes. */
export function HandoverPage(): ReactElement {
  const styles = useStyles();
  const isPart = useIsOverPart('securityData.read');
  const { hours = '8' } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: facts, error, refetch, isFetching } = useQuery(factsQuery(Number(hours)));
  const notes = useQuery(handoversQuery).data ?? [];
  return (
    <Page
      title="Hand over"
      scroll
      above={<TextLink to="/incidents">Incidents</TextLink>}
      actions={
        <>
          <Select
            aria-label="Since"
            value={hours}
            onChange={(_, data) => void navigate({ search: { hours: shifts.find((one) => one === data.value) } })}
          >
            {shifts.map((one) => (
              <option key={one} value={one}>
                Last {one} hours
              </option>
            ))}
          </Select>
          <Button icon={<ArrowSyncRegular />} disabled={isFetching} onClick={() => void refetch()}>
            Write anew
          </Button>
        </>
      }
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!facts && !error && <Loading rows={10} />}
      {facts && (
        <div className={styles.columns}>
          <Facts facts={facts} />
          <div className={styles.stack}>
            <Note key={facts.until} facts={facts} />
            <Section title="Earlier notes" card>
              {notes.length === 0 && <EmptyState title={isPart ? 'None by those who see what you see' : 'None yet'} />}
              {notes.map((note) => (
                <details key={note.id}>
                  <summary>
                    <RelativeTime at={note.at} /> {visible(note.by)} to {visible(note.to.join(', '))}
                  </summary>
                  <pre className={styles.note}>{visible(note.text, { lines: true })}</pre>
                </details>
              ))}
            </Section>
          </div>
        </div>
      )}
    </Page>
  );
}
