import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  makeStyles,
  SearchBox,
  Select,
  Text,
  tokens,
} from '@fluentui/react-components';
import { LibraryRegular } from '@fluentui/react-icons';
import type { SavedQuery } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMe } from '../../../shared/api.ts';
import { ConfirmAction } from '../../../shared/ConfirmAction.tsx';
import { plural } from '../../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../../shared/Refusable.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { prose, visible, words as spelled } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { savedQueriesQuery, shippedQueriesQuery } from './queries.ts';
import { SaveDialog } from './SaveDialog.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '900px', width: '92vw' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  filters: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    height: '52vh',
    overflowY: 'auto',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  item: {
    display: 'flex',
    gap: tokens.spacingHorizontalM,
    alignItems: 'flex-start',
    justifyContent: 'space-between',
    padding: tokens.spacingVerticalS,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  words: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
    minWidth: 0,
    overflowWrap: 'anywhere',
  },
  buttons: { display: 'flex', flexShrink: 0, gap: tokens.spacingHorizontalXS },
  dim: { color: tokens.colorNeutralForeground3 },
});

const kinds = { all: 'All', mine: 'Mine', shared: 'Shared', functions: 'Functions', shipped: 'Shipped' } as const;
type Kind = keyof typeof kinds;

/** One query of the list, saved by people or shipped. */
interface Item {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly query: string;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly folder: string;
  readonly saved: SavedQuery | undefined;
}

/** How a function is called, with its parameters' names. */
const callOf = ({ functionName, functionParameters }: SavedQuery): string =>
  `${functionName ?? ''}(${functionParameters
    .split(',')
    .map((one) => one.split(':')[0]?.trim() ?? '')
    .join(', ')})`;

function useItems(open: boolean) {
  const saved = useQuery({ ...savedQueriesQuery, enabled: open });
  const shipped = useQuery({ ...shippedQueriesQuery, enabled: open });
  const items: Item[] = [
    ...(saved.data?.queries ?? []).map((one) => ({ ...one, saved: one })),
    ...(shipped.data?.queries ?? []).map((one) => ({ ...one, folder: '', saved: undefined })),
  ];
  return { items, error: saved.error ?? shipped.error, isPending: saved.isPending || shipped.isPending };
}

/** Queries that people saved and those that ship, by words, tactic, folder and who keeps them; each can be run, opened, and one's own changed. */
export function QueriesDialog(props: {
  onRun: (query: string) => void;
  onOpen: (query: string) => void;
}): ReactElement {
  const styles = useStyles();
  const me = useMe();
  const notify = useNotify();
  const queries = useQueryClient();
  const shareRefused = useRefusal('alerts.manage');
  const defineRefused = useRefusal('detectionTuning.manage');
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState('');
  const [tactic, setTactic] = useState('');
  const [kind, setKind] = useState<Kind>('all');
  const [folder, setFolder] = useState('');
  const [editing, setEditing] = useState<SavedQuery>();
  const { items, error, isPending } = useItems(open);
  const remove = useMutation({
    mutationFn: (one: SavedQuery) => client.deleteSavedQuery({ params: { id: one.id } }),
    onSuccess: (_, one) => {
      void queries.invalidateQueries({ queryKey: ['saved-queries'] });
      void queries.invalidateQueries({ queryKey: ['schema'] });
      notify.done(`“${visible(one.name)}” is deleted`);
    },
    onError: (failure) => notify.failed('It was not deleted', failure),
  });
  const isOf = ({ saved }: Item): boolean => {
    if (kind === 'all') return true;
    if (kind === 'shipped' || !saved) return kind === 'shipped' && !saved;
    if (kind === 'functions') return saved.functionName !== null;
    return kind === 'mine' ? saved.owner === me.userPrincipalName : saved.shared;
  };
  const refusalOfChange = (one: SavedQuery): string | undefined => {
    if (one.functionName !== null) return defineRefused;
    if (one.shared) return shareRefused === undefined || defineRefused === undefined ? undefined : shareRefused;
    return one.owner === me.userPrincipalName ? undefined : 'It is another’s.';
  };
  const needle = words.trim().toLowerCase();
  const folders = [...new Set(items.map((one) => one.folder).filter((one) => one !== ''))].toSorted();
  const shown = items.filter(
    (one) =>
      isOf(one) &&
      (tactic === '' || one.tactics.includes(tactic)) &&
      (folder === '' || one.folder === folder || one.folder.startsWith(`${folder}/`)) &&
      `${one.name} ${one.folder} ${one.description} ${one.techniques.join(' ')} ${one.query}`
        .toLowerCase()
        .includes(needle),
  );
  const act = (how: (query: string) => void, one: Item) => (): void => {
    setOpen(false);
    how(one.saved && one.saved.functionName !== null ? callOf(one.saved) : one.query);
  };
  const facts = ({ saved, ...one }: Item): string =>
    [
      ...(saved
        ? [
            saved.functionName === null ? (saved.shared ? 'Shared' : 'Yours') : `${callOf(saved)}`,
            saved.owner,
            `version ${saved.version}`,
          ]
        : ['Shipped']),
      ...(one.folder === '' ? [] : [one.folder]),
      ...one.tactics.map(spelled),
      ...one.techniques,
    ]
      .map((text) => visible(text))
      .join(' · ');
  return (
    <>
      {editing && <SaveDialog draft={{ query: editing.query, saved: editing }} onClose={() => setEditing(undefined)} />}
      <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
        <DialogTrigger disableButtonEnhancement>
          <Button size="small" appearance="subtle" icon={<LibraryRegular />}>
            Queries
          </Button>
        </DialogTrigger>
        <DialogSurface className={styles.surface}>
          <DialogBody>
            <DialogTitle>Queries and functions</DialogTitle>
            <DialogContent className={styles.content}>
              <div className={styles.filters}>
                <SearchBox
                  placeholder="Words, a table, a technique"
                  aria-label="Find queries"
                  value={words}
                  onChange={(_, data) => setWords(data.value)}
                />
                <Select
                  aria-label="Kept by"
                  value={kind}
                  onChange={(_, data) => setKind(data.value in kinds ? (data.value as Kind) : 'all')}
                >
                  {Object.entries(kinds).map(([id, label]) => (
                    <option key={id} value={id}>
                      {label}
                    </option>
                  ))}
                </Select>
                <Select aria-label="Tactic" value={tactic} onChange={(_, data) => setTactic(data.value)}>
                  <option value="">All tactics</option>
                  {[...new Set(items.flatMap(({ tactics }) => tactics))].toSorted().map((one) => (
                    <option key={one} value={one}>
                      {spelled(one)}
                    </option>
                  ))}
                </Select>
                {folders.length > 0 && (
                  <Select aria-label="Folder" value={folder} onChange={(_, data) => setFolder(data.value)}>
                    <option value="">All folders</option>
                    {folders.map((one) => (
                      <option key={one} value={one}>
                        {visible(one)}
                      </option>
                    ))}
                  </Select>
                )}
                <Text size={200} className={styles.dim} role="status">
                  {plural(shown.length, 'query', 'queries')}
                </Text>
              </div>
              {error && <ErrorState error={error} title="No queries" />}
              {isPending && <Loading rows={8} />}
              {!isPending && shown.length === 0 && <EmptyState title="No query fits" />}
              <ul className={styles.list} aria-label="Queries">
                {shown.map((one) => (
                  <li key={one.id} className={styles.item}>
                    <div className={styles.words}>
                      <Text weight="semibold">{visible(one.name)}</Text>
                      <Text size={200}>{prose(one.description)}</Text>
                      <Text size={200} className={styles.dim}>
                        {facts(one)}
                      </Text>
                    </div>
                    <div className={styles.buttons}>
                      <Button size="small" onClick={act(props.onRun, one)} aria-label={`Run ${visible(one.name)}`}>
                        Run
                      </Button>
                      <Button size="small" onClick={act(props.onOpen, one)} aria-label={`Open ${visible(one.name)}`}>
                        Open
                      </Button>
                      {one.saved && (
                        <>
                          <RefusableButton
                            why={refusalOfChange(one.saved)}
                            size="small"
                            appearance="subtle"
                            aria-label={`Change ${visible(one.name)}`}
                            onClick={() => {
                              setOpen(false);
                              setEditing(one.saved);
                            }}
                          >
                            Change
                          </RefusableButton>
                          <ConfirmAction
                            why={refusalOfChange(one.saved)}
                            label="Delete"
                            title={`Delete “${visible(one.name)}”?`}
                            disabled={remove.isPending}
                            onConfirm={() => one.saved && remove.mutate(one.saved)}
                          >
                            It goes with all its versions.
                            {one.saved.functionName !== null && ' Queries and rules that call it fail from then on.'}
                          </ConfirmAction>
                        </>
                      )}
                    </div>
                  </li>
                ))}
              </ul>
            </DialogContent>
            <DialogActions>
              <DialogTrigger disableButtonEnhancement>
                <Button appearance="secondary">Close</Button>
              </DialogTrigger>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </>
  );
}
