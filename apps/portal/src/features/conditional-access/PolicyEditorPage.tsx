import { makeStyles, mergeClasses, MessageBar, MessageBarBody, Textarea, tokens } from '@fluentui/react-components';
import { SaveRegular } from '@fluentui/react-icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { useSettled } from '../../shared/hooks.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { newPolicy, patchOf, readDraft, textOfPolicy, written, type DraftPolicy } from './draft.ts';
import { createPolicy, updatePolicy } from './graph.ts';
import { useNames } from './names.ts';
import { PolicyForm } from './PolicyForm.tsx';
import { accessKey, policiesQuery } from './queries.ts';
import { Forecast, LockoutWarning } from './StateDialog.tsx';
import { templates } from './templates.ts';

const NARROW = '@media (max-width: 1000px)';
const REST_MS = 600;

const useStyles = makeStyles({
  root: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 3fr) minmax(0, 2fr)',
    gap: tokens.spacingHorizontalL,
    flexGrow: 1,
    minHeight: 0,
    [NARROW]: { gridTemplateColumns: 'minmax(0, 1fr)', overflowY: 'auto' },
  },
  form: { overflowY: 'auto', minHeight: 0, [NARROW]: { overflowY: 'visible' } },
  side: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    minHeight: 0,
    overflowY: 'auto',
  },
  json: {
    flexGrow: 1,
    minHeight: '240px',
    '& textarea': {
      fontFamily: tokens.fontFamilyMonospace,
      fontSize: tokens.fontSizeBase200,
      height: '100%',
      maxHeight: 'none',
    },
  },
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
  path: { fontFamily: tokens.fontFamilyMonospace },
});

const route = getRouteApi('/frame/conditional-access/policies/$id');

interface Start {
  /** As it is stored; nothing for a new one. */
  readonly stored: Record<string, unknown> | undefined;
  readonly text: string;
}

type Tab = 'json' | 'effect';

function Editor({ id, start }: { id: string | undefined; start: Start }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const notify = useNotify();
  const queries = useQueryClient();
  const why = useRefusal('graphCreatePolicy', 'graphUpdatePolicy');
  const names = useNames();
  const [text, setText] = useState(start.text);
  const [tab, setTab] = useState<Tab>('json');
  const { json, policy, fault } = readDraft(text);
  const rested = readDraft(useSettled(text, REST_MS)).json;
  const withId = (body: Record<string, unknown>) => (id === undefined ? body : { ...body, id });
  const check = useQuery({
    queryKey: [...accessKey, 'check', id, rested],
    queryFn: ({ signal }) => client.checkPolicy({ signal, body: { policy: withId(rested ?? {}) } }),
    enabled: rested !== undefined,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  });
  const save = useMutation({
    mutationFn: async (body: Record<string, unknown>) => {
      if (id === undefined) return createPolicy(body);
      await updatePolicy(id, patchOf(start.stored ?? {}, body));
      return id;
    },
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: accessKey });
      notify.done(`${visible(policy?.displayName ?? 'The policy')} is saved`);
      void navigate({ to: '/conditional-access', search: { selected: saved } });
    },
  });
  const problems = check.data?.problems ?? [];
  const settled = check.data !== undefined && rested !== undefined && !check.isPlaceholderData;
  const change = (next: DraftPolicy): void => setText(textOfPolicy(next));
  return (
    <Page
      above={<TextLink to="/conditional-access">Conditional Access</TextLink>}
      title={id === undefined ? 'New policy' : `Edit ${visible(policy?.displayName ?? 'policy')}`}
      actions={
        <RefusableButton
          appearance="primary"
          icon={<SaveRegular />}
          why={why}
          disabled={!json || problems.length > 0 || save.isPending}
          onClick={() => json && save.mutate(json)}
        >
          Save
        </RefusableButton>
      }
    >
      {save.error && <ErrorState error={save.error} title="It was not saved" kept="What you wrote is kept." />}
      <div className={styles.root}>
        <div className={styles.form}>
          {policy ? (
            <PolicyForm policy={policy} names={names} onChange={change} />
          ) : (
            <EmptyState title="The form can’t show this">
              The JSON at the right says something that the form has no words for. What is wrong stands above it; once
              it is mended, the form is back.
            </EmptyState>
          )}
        </div>
        <div className={styles.side}>
          <div role="status" aria-label="Problems">
            {(fault !== undefined || problems.length > 0) && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>
                  {fault ? (
                    visible(fault)
                  ) : (
                    <ul className={styles.list}>
                      {problems.slice(0, 8).map(({ path, message, start, end }) => (
                        <li key={`${path} ${message}`}>
                          <span className={styles.path}>{visible(path) || 'policy'}</span>
                          {start === undefined ? '' : ` at ${start}${end === undefined ? '' : `–${end}`}`}:{' '}
                          {visible(message)}
                        </li>
                      ))}
                    </ul>
                  )}
                </MessageBarBody>
              </MessageBar>
            )}
          </div>
          <LockoutWarning author={check.data?.author ?? null} on={policy?.state === 'enabled'} />
          {check.error && (
            <ErrorState error={check.error} title="It could not be checked" onRetry={() => void check.refetch()} />
          )}
          <Tabs<Tab>
            tabs={[
              { id: 'json', label: 'JSON' },
              { id: 'effect', label: 'What would it change' },
            ]}
            value={tab}
            onChange={setTab}
          />
          {tab === 'json' ? (
            <Textarea
              className={mergeClasses(styles.json)}
              aria-label="The policy as JSON"
              value={text}
              spellCheck={false}
              onChange={(_, { value }) => setText(value)}
            />
          ) : settled && problems.length === 0 ? (
            <Section title="Had it been on in the last 7 days">
              <Forecast policy={withId(rested)} />
            </Section>
          ) : (
            <EmptyState title="Nothing to measure yet">
              Once nothing is wrong with the policy, it is measured on the sign-ins of the last 7 days.
            </EmptyState>
          )}
        </div>
      </div>
    </Page>
  );
}

const isNew = (id: string): boolean => id === 'new';

/** The editor of one policy: a form and its JSON beside each other, what is wrong, and what it would change. */
export function PolicyEditorPage(): ReactElement {
  const { id } = route.useParams();
  const { template, from } = route.useSearch();
  const { data, error, refetch } = useQuery(policiesQuery);
  const origin = isNew(id) ? from : id;
  if (error) return <Page title="Policy"><ErrorState error={error} onRetry={() => void refetch()} /></Page>; // prettier-ignore
  if (!data) return <Page title="Policy"><Loading rows={12} label="Loading the policy" /></Page>; // prettier-ignore
  const found = data.policies.find((policy) => policy.id === origin);
  if (origin !== undefined && !found)
    return (
      <Page title="Policy">
        <EmptyState title="There is no such policy">It was deleted, or the address is cut short.</EmptyState>
      </Page>
    );
  if (found && !isNew(id))
    return <Editor key={id} id={id} start={{ stored: written(found), text: textOfPolicy(found) }} />;
  const begun: unknown = found
    ? { ...found, displayName: `${found.displayName} (copy)`.slice(0, 256), state: 'enabledForReportingButNotEnforced' }
    : (templates.find((one) => one.id === template)?.policy ?? newPolicy);
  return <Editor key={`${template} ${from}`} id={undefined} start={{ stored: undefined, text: textOfPolicy(begun) }} />;
}
