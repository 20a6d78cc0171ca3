import { Checkbox, Field, Input, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import { DocumentCheckmarkRegular } from '@fluentui/react-icons';
import type { Agreement } from '@sallyport/contracts/conditional-access';
import { agreementLimits } from '@sallyport/contracts/conditional-access';
import { useQuery } from '@tanstack/react-query';
import { useId, useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import type { GridColumn } from '../../shared/Grid.tsx';
import { bytes } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { ObjectsTab } from './ObjectsTab.tsx';
import type { TabProps } from './PoliciesTab.tsx';
import { acceptancesQuery, termsQuery } from './queries.ts';
import { useChange, useDeletion } from './useChange.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  line: {
    display: 'flex',
    gap: tokens.spacingHorizontalM,
    alignItems: 'center',
    padding: `${tokens.spacingVerticalXXS} 0`,
  },
  end: { marginLeft: 'auto' },
});

const daysOf = (duration: string | null): string => {
  const days = /^P(\d+)D$/.exec(duration ?? '')?.[1];
  return days === undefined ? (duration ?? 'Never') : `every ${days} days`;
};

const columns: readonly GridColumn<Agreement>[] = [
  { id: 'name', header: 'Name', min: 220, grow: 2, cell: ({ displayName }) => <bdi>{visible(displayName)}</bdi> },
  {
    id: 'view',
    header: 'Must be opened',
    min: 140,
    cell: (one) => (one.isViewingBeforeAcceptanceRequired ? 'Yes' : 'No'),
  },
  { id: 'again', header: 'Accepted anew', min: 160, cell: (one) => daysOf(one.userReacceptRequiredFrequency) },
];

/** What people accept before a policy lets them in. */
export function TermsTab(props: TabProps): ReactElement {
  const why = useRefusal('graphCreateAgreement', 'graphUpdateAgreement', 'graphDeleteAgreement');
  const query = useQuery(termsQuery);
  const [making, setMaking] = useState(false);
  const [editing, setEditing] = useState<Agreement>();
  const remove = useDeletion((id: string) => client.graphDeleteAgreement({ params: { id } }), 'The terms are deleted', () => props.set({ selected: undefined }, true)); // prettier-ignore
  return (
    <>
      <ObjectsTab
        why={why}
        {...props}
        query={query}
        columns={columns}
        label="Terms of use"
        one="terms of use"
        note="A policy whose control they are shows them during the sign-in; who accepts goes on. Who accepted, and when, is kept and in the audit log."
        empty={
          <EmptyState icon={<DocumentCheckmarkRegular />} title="No terms of use">
            Write them, or bring a text or PDF, and then choose them as a control of a policy.
          </EmptyState>
        }
        onNew={() => setMaking(true)}
        footer={(terms) => (
          <>
            <RefusableButton why={why} size="small" appearance="primary" onClick={() => setEditing(terms)}>
              Edit
            </RefusableButton>
            <ConfirmAction
              why={why}
              label="Delete"
              title={`Delete ${visible(terms.displayName)}?`}
              disabled={remove.isPending}
              onConfirm={() => remove.run(terms.id)}
            >
              Who accepted them goes with them. Terms that a policy demands are not deleted.
            </ConfirmAction>
          </>
        )}
        panel={(terms) => <Panel terms={terms} />}
      />
      {(making || editing) && (
        <TermsDialog
          terms={editing}
          onClose={() => {
            setMaking(false);
            setEditing(undefined);
          }}
        />
      )}
    </>
  );
}

function Panel({ terms }: { terms: Agreement }): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(acceptancesQuery(terms.id));
  return (
    <>
      <Facts
        facts={[
          ['Must be opened', terms.isViewingBeforeAcceptanceRequired ? 'Yes' : 'No'],
          ['Accepted anew', daysOf(terms.userReacceptRequiredFrequency)],
          [
            'Expires',
            terms.termsExpiration ? <RelativeTime key="expires" at={terms.termsExpiration.startDateTime} /> : undefined,
          ],
        ]}
      />
      <Section title={data ? `Acceptances (${data.length})` : 'Acceptances'}>
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Loading rows={3} label="Loading acceptances" />}
        {data?.length === 0 && <span>Nobody has answered yet.</span>}
        <ul className={styles.list}>
          {data?.map(({ id, userPrincipalName, state, recordedDateTime }) => (
            <li key={id} className={styles.line}>
              <bdi>{visible(userPrincipalName)}</bdi>
              <span className={styles.end}>
                <Status tone={state === 'accepted' ? 'good' : 'bad'}>
                  {state === 'accepted' ? 'Accepted' : 'Declined'}
                </Status>
              </span>
              <RelativeTime at={recordedDateTime} />
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}

const base64Of = (data: Uint8Array): string => {
  let text = '';
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
};

interface Chosen {
  readonly name: string;
  readonly data: Uint8Array;
}

function TermsDialog({ terms, onClose }: { terms: Agreement | undefined; onClose: () => void }): ReactElement {
  const id = useId();
  const [name, setName] = useState(terms?.displayName ?? '');
  const [text, setText] = useState('');
  const [file, setFile] = useState<Chosen>();
  const [language, setLanguage] = useState('en');
  const [view, setView] = useState(terms?.isViewingBeforeAcceptanceRequired ?? true);
  const [days, setDays] = useState(/^P(\d+)D$/.exec(terms?.userReacceptRequiredFrequency ?? '')?.[1] ?? '');
  const save = useChange(
    () => {
      const settings = {
        displayName: name.trim(),
        isViewingBeforeAcceptanceRequired: view,
        userReacceptRequiredFrequency: days === '' ? null : `P${days}D`,
      };
      if (terms) return client.graphUpdateAgreement({ params: { id: terms.id }, body: settings });
      const data = file?.data ?? new TextEncoder().encode(text);
      return client.graphCreateAgreement({
        body: {
          ...settings,
          files: [
            { fileName: file?.name ?? 'terms.md', language, isDefault: true, fileData: { data: base64Of(data) } },
          ],
        },
      });
    },
    `${visible(name.trim())} are saved`,
    onClose,
  );
  const goodDays = days === '' || (/^\d{1,4}$/.test(days) && Number(days) > 0);
  return (
    <FormDialog
      title={terms ? 'Edit the terms of use' : 'New terms of use'}
      submit="Save"
      ready={name.trim() !== '' && goodDays && (terms !== undefined || text.trim() !== '' || file !== undefined)}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
      wide
    >
      <Field label="Name" required hint="People see it">
        <Input value={name} maxLength={256} onChange={(_, { value }) => setName(value)} />
      </Field>
      {!terms && (
        <>
          <Field label="Text" hint="Markdown. A file in its place may be a text or a PDF">
            <Textarea
              rows={8}
              value={file ? `${file.name}, ${bytes(file.data.length)}` : text}
              disabled={file !== undefined}
              onChange={(_, { value }) => setText(value)}
            />
          </Field>
          <div>
            <label htmlFor={id}>File </label>
            <input
              id={id}
              type="file"
              accept=".pdf,.md,.txt,application/pdf,text/plain,text/markdown"
              onChange={(event) => {
                const chosen = event.target.files?.[0];
                if (!chosen || chosen.size > agreementLimits.bytesOfAFile) return setFile(undefined);
                return void chosen
                  .arrayBuffer()
                  .then((data) => setFile({ name: chosen.name, data: new Uint8Array(data) }));
              }}
            />
          </div>
          <Field label="Language" hint="A tag such as en or nb">
            <Input value={language} maxLength={12} onChange={(_, { value }) => setLanguage(value)} />
          </Field>
        </>
      )}
      <Checkbox
        label="People must open them before they can accept"
        checked={view}
        onChange={(_, { checked }) => setView(checked === true)}
      />
      <Field
        label="Accepted anew after, days"
        hint="Empty: never"
        {...(goodDays ? {} : { validationState: 'error' as const, validationMessage: 'A number of days' })}
      >
        <Input inputMode="numeric" value={days} maxLength={4} onChange={(_, { value }) => setDays(value.trim())} />
      </Field>
    </FormDialog>
  );
}
