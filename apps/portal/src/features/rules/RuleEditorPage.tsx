import { Button, Input, makeStyles, MessageBar, MessageBarBody, Textarea, tokens } from '@fluentui/react-components';
import { SaveRegular } from '@fluentui/react-icons';
import type { RuleText } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { decodeFragment, fragmentValue } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { useSettled } from '../../shared/hooks.ts';
import { Page } from '../../shared/Page.tsx';
import { schemaQuery } from '../hunting/schemaQuery.ts';
import { useRefusal } from '../../shared/Refusable.tsx';
import { SplitPane } from '../../shared/SplitPane.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { fieldsOf, newRule, withField } from './draft.ts';
import { EditorResults } from './EditorResults.tsx';
import { ruleTextQuery } from './queries.ts';
import { RuleForm } from './RuleForm.tsx';

const KqlEditor = lazy(() => import('../../shared/editor/KqlEditor.tsx'));

const NARROW = '@media (max-width: 900px)';
const REST_MS = 700;

const useStyles = makeStyles({
  root: {
    display: 'flex',
    gap: tokens.spacingHorizontalL,
    flexGrow: 1,
    minHeight: 0,
    [NARROW]: { flexDirection: 'column', overflowY: 'auto' },
  },
  form: { width: '380px', flexShrink: 0, overflowY: 'auto', [NARROW]: { width: 'auto' } },
  work: { flexGrow: 1, minWidth: 0, minHeight: 0, display: 'flex', flexDirection: 'column' },
  editor: {
    flexGrow: 1,
    minHeight: 0,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    overflow: 'hidden',
    ':focus-within': { border: `${tokens.strokeWidthThin} solid ${tokens.colorBrandStroke1}` },
  },
  yaml: {
    flexGrow: 1,
    minHeight: 0,
    '& textarea': { fontFamily: tokens.fontFamilyMonospace, height: '100%', maxHeight: 'none' },
  },
  messages: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
    paddingBottom: tokens.spacingVerticalS,
  },
});

const route = getRouteApi('/frame/rule-editor');

interface Start {
  readonly text: string;
  readonly version: number | null;
  readonly templateId?: string;
}

/** A copy under an id of its own, of the shipped rule if it is one. */
const copyOf = (rule: RuleText): Start => ({
  text: withField(
    withField(rule.text, ['id'], crypto.randomUUID()),
    ['name'],
    `${fieldsOf(rule.text)?.name ?? 'Rule'} (copy)`,
  ),
  version: null,
  ...(rule.origin === 'shipped' ? { templateId: rule.id } : {}),
});

const checkQuery = async (query: string, signal: AbortSignal) =>
  (await client.checkQuery({ body: { query }, signal })).faults;

function Editor(props: { start: Start }): ReactElement {
  // What was read at first: a later version must not be overwritten unseen.
  const [start] = useState(props.start);
  const styles = useStyles();
  const navigate = useNavigate();
  const notify = useNotify();
  const queries = useQueryClient();
  const schema = useQuery(schemaQuery);
  const [text, setText] = useState(start.text);
  const [tab, setTab] = useState<'rule' | 'yaml'>('rule');
  const [share, setShare] = useState(50);
  const [note, setNote] = useState('');
  const fields = fieldsOf(text);
  const rested = useSettled(text, REST_MS);
  const check = useQuery({
    queryKey: ['checkRule', rested],
    queryFn: ({ signal }) => client.checkRule({ signal, body: { text: rested } }),
    retry: false,
    gcTime: 60_000,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const id = fields?.id ?? check.data?.rules[0]?.id ?? '';
  const save = useMutation({
    mutationFn: () => {
      const { version, templateId } = start;
      return client.saveRule({
        params: { id },
        body: { text, version, note, ...(templateId === undefined ? {} : { templateId }) },
      });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['rules'] });
      void queries.invalidateQueries({ queryKey: ['rule', id] });
      notify.done(`${fields?.name ?? 'The rule'} is saved and in use`);
      void navigate({ to: '/rules/$id', params: { id } });
    },
  });
  const problems = check.data?.problems ?? [];
  // A kind's own query is shown where the text has none; what is typed over it becomes the rule's.
  const query = fields?.query || (check.data?.rules[0]?.query ?? '');
  return (
    <Page
      above={<TextLink to="/rules">Detections</TextLink>}
      title={start.version === null ? 'New rule' : `Edit ${visible(fields?.name ?? 'rule')}`}
      actions={
        <>
          <Input
            aria-label="What has changed"
            placeholder="What has changed"
            value={note}
            maxLength={500}
            onChange={(_, { value }) => setNote(value)}
          />
          <Button
            appearance="primary"
            icon={<SaveRegular />}
            disabled={save.isPending || id === ''}
            onClick={() => save.mutate()}
          >
            Save and use
          </Button>
        </>
      }
    >
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          { id: 'rule', label: 'Rule' },
          { id: 'yaml', label: 'YAML' },
        ]}
      />
      <div className={styles.messages} role="status" aria-label="Problems">
        {save.error && <ErrorState error={save.error} title="It was not saved" kept="What was written is kept." />}
        {problems.slice(0, 5).map(({ line, level, message }) => (
          <MessageBar key={`${line} ${message}`} intent={level} layout="multiline">
            <MessageBarBody>
              Line {line}: {visible(message)}
            </MessageBarBody>
          </MessageBar>
        ))}
      </div>
      {tab === 'yaml' || fields === undefined ? (
        <Textarea
          className={styles.yaml}
          value={text}
          aria-label="The rule as YAML"
          spellCheck={false}
          onChange={(_, { value }) => setText(value)}
        />
      ) : (
        <div className={styles.root}>
          <div className={styles.form}>
            <RuleForm fields={fields} set={(path, value) => setText((before) => withField(before, path, value))} />
          </div>
          <div className={styles.work}>
            <SplitPane
              label="Height of the editor"
              share={share}
              onShare={setShare}
              upper={
                <div className={styles.editor}>
                  <Suspense fallback={<Loading rows={4} label="Loading the editor" />}>
                    <KqlEditor
                      label="Query"
                      value={query}
                      onChange={(query) => setText((before) => withField(before, ['query'], query))}
                      catalogue={schema.data}
                      check={checkQuery}
                    />
                  </Suspense>
                </div>
              }
              lower={<EditorResults fields={fields} query={query} text={text} />}
            />
          </div>
        </div>
      )}
    </Page>
  );
}

/** A rule as it is written: its fields, its query, what it finds over the last day; saved as YAML. */
export function RuleEditorPage(): ReactElement {
  const { id, copy } = route.useSearch();
  const why = useRefusal('checkRule', 'saveRule');
  const hash = useLocation({ select: (location) => location.hash });
  // What another page proposes, a query of hunting.
  const [fresh] = useState(() => decodeFragment(fragmentValue(hash, 'rule') ?? '') || newRule(crypto.randomUUID()));
  const { data, error, refetch } = useQuery({
    ...ruleTextQuery(id ?? ''),
    enabled: id !== undefined && why === undefined,
  });
  if (why !== undefined)
    return (
      <Page title="Rule editor">
        <EmptyState title="You may not change rules">{why}</EmptyState>
      </Page>
    );
  if (id === undefined) return <Editor key="new" start={{ text: fresh, version: null }} />;
  if (!data)
    return (
      <Page title="Rule editor">
        {error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading rows={12} label="Loading the rule" />
        )}
      </Page>
    );
  return (
    <Editor
      key={`${id} ${copy ?? ''}`}
      start={copy === 'yes' ? copyOf(data) : { text: data.text, version: data.version }}
    />
  );
}
