import {
  Button,
  Input,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import {
  AddRegular,
  ArrowDownRegular,
  ArrowDownloadRegular,
  ArrowUpRegular,
  DeleteRegular,
  EditRegular,
  PlayRegular,
  SaveRegular,
} from '@fluentui/react-icons';
import type { Notebook, NotebookCell } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { download } from '../../shared/download.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { TimeRange } from '../../shared/TimeRange.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { schemaQuery } from '../hunting/schemaQuery.ts';
import { toFile, toMarkdown } from './file.ts';
import { QueryCell } from './QueryCell.tsx';
import { notebookQuery } from './queries.ts';
import { useRuns } from './useRuns.ts';

const Markdown = lazy(() => import('../../shared/Markdown.tsx'));

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
    alignItems: 'center',
    paddingBottom: tokens.spacingVerticalM,
  },
  name: { minWidth: '280px' },
  cells: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, maxWidth: '1200px' },
  cell: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
    padding: tokens.spacingVerticalS,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  tools: { display: 'flex', gap: tokens.spacingHorizontalXXS, justifyContent: 'flex-end' },
  text: { '& textarea': { fontFamily: tokens.fontFamilyMonospace, minHeight: '120px' } },
});

const route = getRouteApi('/frame/notebooks/$id');

function Editor({ notebook }: { notebook: Notebook }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const notify = useNotify();
  const queries = useQueryClient();
  const me = useMe();
  const shareRefused = useRefusal('alerts.manage');
  const schema = useQuery(schemaQuery);
  // What was read at first: a later version must not be overwritten unseen.
  const [version, setVersion] = useState(notebook.version);
  const [name, setName] = useState(notebook.name);
  const [range, setRange] = useState(notebook.range || '24h');
  const [shared, setShared] = useState(notebook.shared);
  const [cells, setCells] = useState<readonly NotebookCell[]>(notebook.cells);
  const [editing, setEditing] = useState<string>();
  const [changed, setChanged] = useState(false);
  const runs = useRuns(range);
  const own = notebook.owner === me.userPrincipalName;
  const why = own && !shared ? undefined : shareRefused;
  const mayWrite = why === undefined;
  const change = (next: readonly NotebookCell[]): void => {
    setCells(next);
    setChanged(true);
  };
  const setText = (id: string, text: string): void =>
    change(cells.map((cell) => (cell.id === id ? { ...cell, text } : cell)));
  const move = (index: number, by: -1 | 1): void => {
    const next = [...cells];
    [next[index], next[index + by]] = [next[index + by]!, next[index]!];
    change(next);
  };
  const add = (kind: NotebookCell['kind']): void => {
    const id = crypto.randomUUID();
    change([...cells, kind === 'markdown' ? { id, kind, text: '' } : { id, kind, text: '', range: '' }]);
    if (kind === 'markdown') setEditing(id);
  };
  const text = { name: name.trim(), description: notebook.description, range, shared, cells: [...cells] };
  const save = useMutation({
    mutationFn: () => client.updateNotebook({ params: { id: notebook.id }, body: { ...text, version } }),
    onSuccess: (made) => {
      setVersion(made.version);
      setChanged(false);
      void queries.invalidateQueries({ queryKey: ['notebooks'], exact: true });
      queries.setQueryData(['notebooks', notebook.id], made);
      notify.done('The notebook is saved');
    },
    onError: (error) => notify.failed('The notebook was not saved', error),
  });
  const remove = useMutation({
    mutationFn: () => client.deleteNotebook({ params: { id: notebook.id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['notebooks'], exact: true });
      void navigate({ to: '/notebooks' });
    },
    onError: (error) => notify.failed('The notebook was not deleted', error),
  });
  const file = name.replaceAll(/[^\w -]/g, '_').slice(0, 100) || 'notebook';
  return (
    <Page
      above={<TextLink to="/notebooks">Notebooks</TextLink>}
      title={visible(name)}
      count={changed ? 'not saved' : `version ${version}`}
      scroll
      actions={
        <>
          <ConfirmAction
            why={why}
            label="Delete"
            title={`Delete the notebook “${visible(name)}”?`}
            disabled={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            It cannot be brought back.
          </ConfirmAction>
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <Button icon={<ArrowDownloadRegular />}>Export</Button>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                <MenuItem onClick={() => download(`${file}.md`, 'text/markdown', toMarkdown(text, runs.answers()))}>
                  Markdown, with the answers
                </MenuItem>
                <MenuItem onClick={() => download(`${file}.json`, 'application/json', toFile(text))}>
                  File to bring back
                </MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
          <Button icon={<PlayRegular />} disabled={runs.running} onClick={() => void runs.all(cells)}>
            Run all
          </Button>
          <RefusableButton
            why={why}
            appearance="primary"
            icon={<SaveRegular />}
            disabled={!changed || name.trim() === '' || save.isPending}
            onClick={() => save.mutate()}
          >
            Save
          </RefusableButton>
        </>
      }
    >
      <div className={styles.bar}>
        <Input
          className={styles.name}
          aria-label="Name"
          value={name}
          readOnly={!mayWrite}
          maxLength={256}
          onChange={(_, data) => {
            setName(data.value);
            setChanged(true);
          }}
        />
        <TimeRange
          value={range}
          onChange={(value) => {
            setRange(value);
            setChanged(true);
          }}
        />
        <RefusableSwitch
          why={shareRefused ?? (own ? undefined : 'Only its owner says who sees it.')}
          label={shared ? 'Everybody sees it' : 'Only you see it'}
          checked={shared}
          onChange={(_, data) => {
            setShared(data.checked);
            setChanged(true);
          }}
        />
      </div>
      <div className={styles.cells}>
        {cells.map((cell, index) => (
          <section key={cell.id} className={styles.cell} aria-label={`Cell ${index + 1}`}>
            <div className={styles.tools}>
              {cell.kind === 'query' ? (
                <Button
                  size="small"
                  appearance="subtle"
                  icon={<PlayRegular />}
                  aria-label={`Run cell ${index + 1}`}
                  onClick={() => void runs.one(cell)}
                />
              ) : (
                mayWrite && (
                  <Button
                    size="small"
                    appearance="subtle"
                    icon={<EditRegular />}
                    aria-label={editing === cell.id ? `Show cell ${index + 1}` : `Write in cell ${index + 1}`}
                    onClick={() => setEditing(editing === cell.id ? undefined : cell.id)}
                  />
                )
              )}
              {mayWrite && (
                <>
                  <Button
                    size="small"
                    appearance="subtle"
                    icon={<ArrowUpRegular />}
                    aria-label={`Move cell ${index + 1} up`}
                    disabled={index === 0}
                    onClick={() => move(index, -1)}
                  />
                  <Button
                    size="small"
                    appearance="subtle"
                    icon={<ArrowDownRegular />}
                    aria-label={`Move cell ${index + 1} down`}
                    disabled={index === cells.length - 1}
                    onClick={() => move(index, 1)}
                  />
                  <Button
                    size="small"
                    appearance="subtle"
                    icon={<DeleteRegular />}
                    aria-label={`Remove cell ${index + 1}`}
                    onClick={() => change(cells.filter((_, at) => at !== index))}
                  />
                </>
              )}
            </div>
            {cell.kind === 'query' ? (
              <QueryCell
                text={cell.text}
                readOnly={!mayWrite}
                catalogue={schema.data}
                state={runs.state(cell.id)}
                onChange={(value) => setText(cell.id, value)}
                onRun={() => void runs.one(cell)}
              />
            ) : editing === cell.id ? (
              <Textarea
                className={styles.text}
                aria-label="Text in Markdown"
                value={cell.text}
                resize="vertical"
                onChange={(_, data) => setText(cell.id, data.value)}
              />
            ) : (
              <Suspense fallback={<Loading rows={2} />}>
                <Markdown text={cell.text} />
              </Suspense>
            )}
          </section>
        ))}
        {mayWrite && (
          <div className={styles.bar}>
            <Button icon={<AddRegular />} onClick={() => add('markdown')}>
              Text
            </Button>
            <Button icon={<AddRegular />} onClick={() => add('query')}>
              Query
            </Button>
          </div>
        )}
      </div>
    </Page>
  );
}

/** A page of text and queries, run as a whole. */
export function NotebookPage(): ReactElement {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(notebookQuery(id));
  if (data) return <Editor key={id} notebook={data} />;
  return (
    <Page title="Notebook">
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading rows={12} label="Loading the notebook" />
      )}
    </Page>
  );
}
