import { Field, Input, makeStyles, Select, Text, Textarea, tokens } from '@fluentui/react-components';
import { SearchSquareRegular } from '@fluentui/react-icons';
import { CaseEvidenceKind, type CaseDetail, type CaseEvidence } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Copyable } from '../../shared/Copyable.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { caseQuery } from './queries.ts';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: 'none', display: 'flex', flexDirection: 'column' },
  item: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
    padding: `${tokens.spacingVerticalS} 0`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
  },
  head: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  text: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, maxWidth: '720px' },
});

function Reference({ evidence }: { evidence: CaseEvidence }): ReactElement | null {
  if (evidence.kind === 'Query')
    return (
      <>
        <CodeBlock text={evidence.reference} label="query" kql />
        <TextLink to="/hunting" search={{ range: '24h' }} hash={`query=${encodeFragment(evidence.reference)}`}>
          <SearchSquareRegular aria-hidden /> Run in Hunting
        </TextLink>
      </>
    );
  if (evidence.kind === 'Alert' && evidence.incident !== null)
    return (
      <TextLink
        to="/incidents/$number"
        params={{ number: String(evidence.incident) }}
        search={{ tab: 'alerts', alert: evidence.reference }}
      >
        Alert of incident {evidence.incident}
      </TextLink>
    );
  if (evidence.kind === 'Entity')
    return (
      <TextLink to="/entities/$id" params={{ id: evidence.reference }}>
        Its page
      </TextLink>
    );
  if (evidence.kind === 'Note') return null;
  return <Copyable text={evidence.reference} label="id" length={80} />;
}

const hints: Record<CaseEvidence['kind'], string> = {
  Note: '',
  Query: 'KQL',
  Alert: 'The alert’s id',
  Entity: 'The entity’s id',
};

/** What a case rests on. */
export function EvidenceList({ of }: { of: CaseDetail }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('addCaseEvidence', 'removeCaseEvidence');
  const queries = useQueryClient();
  const notify = useNotify();
  const { number } = of;
  const [kind, setKind] = useState<CaseEvidence['kind']>('Note');
  const [title, setTitle] = useState('');
  const [reference, setReference] = useState('');
  const [note, setNote] = useState('');
  const keep = (changed: CaseDetail): void => void queries.setQueryData(caseQuery(number).queryKey, changed);
  const add = useMutation({
    mutationFn: () =>
      client.addCaseEvidence({
        params: { number },
        body: { kind, title: title.trim(), reference: kind === 'Note' ? '' : reference, note },
      }),
    onSuccess: (changed) => {
      keep(changed);
      setTitle('');
      setReference('');
      setNote('');
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => client.removeCaseEvidence({ params: { number, id } }),
    onSuccess: keep,
    onError: (error) => notify.failed('The evidence was not taken off', error),
  });
  const ready = title.trim() !== '' && (kind === 'Note' || reference.trim() !== '') && !add.isPending;
  return (
    <Section title="Evidence" card>
      {of.evidence.length === 0 && (
        <EmptyState title="No evidence yet">
          Alerts, entities, queries and notes that the case rests on. Files go with a comment.
        </EmptyState>
      )}
      <ul className={styles.list} aria-label="Evidence">
        {of.evidence.map((one) => (
          <li key={one.id} className={styles.item}>
            <div className={styles.head}>
              <Text weight="semibold">{visible(one.title)}</Text>
              <span className={styles.muted}>
                {one.kind} · {visible(one.by)} · <RelativeTime at={one.at} />
              </span>
              <ConfirmAction
                why={why}
                label="Take off"
                title={`Take “${visible(one.title)}” off the case?`}
                disabled={remove.isPending}
                onConfirm={() => remove.mutate(one.id)}
              >
                What it names stays; the activity log tells that it was here.
              </ConfirmAction>
            </div>
            <Reference evidence={one} />
            {one.note !== '' && <Text className={styles.text}>{visible(one.note, { lines: true })}</Text>}
          </li>
        ))}
      </ul>
      <div className={styles.form}>
        <Field label="Kind of evidence">
          <Select
            disabled={why !== undefined}
            value={kind}
            onChange={(_, data) => setKind(CaseEvidenceKind.catch('Note').parse(data.value))}
          >
            {['Note', 'Query', 'Alert', 'Entity'].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        </Field>
        <Field label="Title of the evidence">
          <Input
            disabled={why !== undefined}
            value={title}
            maxLength={300}
            onChange={(_, data) => setTitle(data.value)}
          />
        </Field>
        {kind !== 'Note' && (
          <Field label={hints[kind]}>
            <Textarea
              disabled={why !== undefined}
              value={reference}
              maxLength={30_000}
              onChange={(_, data) => setReference(data.value)}
            />
          </Field>
        )}
        <Field label="Note">
          <Textarea
            disabled={why !== undefined}
            value={note}
            maxLength={10_000}
            onChange={(_, data) => setNote(data.value)}
          />
        </Field>
        {add.error && <ErrorState error={add.error} title="Nothing was added" kept="What you wrote is kept." />}
        <div>
          <RefusableButton why={why} disabled={!ready} onClick={() => add.mutate()}>
            Add evidence
          </RefusableButton>
        </div>
      </div>
    </Section>
  );
}
