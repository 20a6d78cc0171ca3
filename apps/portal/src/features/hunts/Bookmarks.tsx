import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { BookmarkRegular, SearchSquareRegular, ShieldAddRegular } from '@fluentui/react-icons';
import type { Bookmark } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState } from '../../shared/States.tsx';
import { prose, visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { PromoteDialog } from './PromoteDialog.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  main: {
    display: 'flex',
    flexDirection: 'column',
    flexGrow: 1,
    minWidth: 0,
    minHeight: 0,
    gap: tokens.spacingVerticalXS,
  },
  bar: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
});

const IncidentLink = ({ number }: { number: number }): ReactElement => (
  <TextLink
    to="/incidents/$number"
    params={{ number: String(number) }}
    tabIndex={-1}
    onClick={(event) => event.stopPropagation()}
  >
    Incident {number}
  </TextLink>
);

const entityText = ({ kind, identifiers }: Bookmark['entities'][number]): string =>
  `${words(kind)} ${visible(Object.values(identifiers).join(' '))}`;

const columns: readonly GridColumn<Bookmark>[] = [
  { id: 'name', header: 'Bookmark', min: 200, grow: 2, cell: ({ name }) => visible(name) },
  {
    id: 'entities',
    header: 'Entities',
    min: 160,
    grow: 2,
    drop: 2,
    cell: ({ entities }) => entities.map(entityText).join(', '),
  },
  {
    id: 'incident',
    header: 'Incident',
    min: 112,
    cell: ({ incidentNumber }) => incidentNumber !== null && <IncidentLink number={incidentNumber} />,
  },
  { id: 'labels', header: 'Labels', min: 120, grow: 1, drop: 3, cell: ({ labels }) => visible(labels.join(', ')) },
  { id: 'by', header: 'Kept by', min: 160, drop: 4, cell: ({ createdBy }) => visible(createdBy) },
  { id: 'event', header: 'Event', min: 112, cell: ({ eventAt }) => eventAt !== null && <RelativeTime at={eventAt} /> },
  { id: 'at', header: 'Kept', min: 112, drop: 1, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
];

function BookmarkPanel({ bookmark, onClose }: { bookmark: Bookmark; onClose: () => void }): ReactElement {
  const navigate = useNavigate();
  const notify = useNotify();
  const queries = useQueryClient();
  const why = useRefusal('deleteBookmark');
  const remove = useMutation({
    mutationFn: () => client.deleteBookmark({ params: { id: bookmark.id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['bookmarks'] });
      void queries.invalidateQueries({ queryKey: ['hunts'] });
      notify.done(`${visible(bookmark.name)} is deleted`);
      onClose();
    },
    onError: (error) => notify.failed('The bookmark was not deleted', error),
  });
  const range =
    bookmark.queryFrom !== null && bookmark.queryTo !== null ? `${bookmark.queryFrom}/${bookmark.queryTo}` : 'all';
  return (
    <SidePanel
      title={visible(bookmark.name)}
      label="Bookmark"
      onClose={onClose}
      footer={
        <>
          <Button
            icon={<SearchSquareRegular />}
            onClick={() =>
              void navigate({ to: '/hunting', search: { range }, hash: `query=${encodeFragment(bookmark.query)}` })
            }
          >
            Show query
          </Button>
          <ConfirmAction
            why={why}
            label="Delete"
            title={`Delete the bookmark “${visible(bookmark.name)}”?`}
            disabled={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            The rows of HuntingBookmark tell that there was one. An alert that was made of it stays in its incident.
          </ConfirmAction>
        </>
      }
    >
      {bookmark.notes !== '' && <Text>{prose(bookmark.notes)}</Text>}
      <Facts
        facts={[
          ['Entities', bookmark.entities.map(entityText).join(', ') || undefined],
          [
            'Incident',
            bookmark.incidentNumber === null ? undefined : <IncidentLink key="i" number={bookmark.incidentNumber} />,
          ],
          ['Tactics', bookmark.tactics.map(words).join(', ') || undefined],
          ['Techniques', bookmark.techniques.join(', ') || undefined],
          ['Labels', visible(bookmark.labels.join(', ')) || undefined],
          ['Event', bookmark.eventAt === null ? undefined : <RelativeTime key="e" at={bookmark.eventAt} />],
          ['Kept by', visible(bookmark.createdBy)],
          ['Kept', <RelativeTime key="c" at={bookmark.createdAt} />],
        ]}
      />
      <CodeBlock text={bookmark.query} label="query" kql />
      <Facts
        facts={Object.entries(bookmark.row)
          .filter(([, cell]) => cell !== null && cell !== '')
          .map(([name, cell]) => [visible(name), visible(String(cell))] as const)}
      />
    </SidePanel>
  );
}

/** Kept rows: what they say, and how they become an incident. */
export function Bookmarks(props: {
  bookmarks: readonly Bookmark[];
  selected: string | undefined;
  onSelected: (id: string | undefined) => void;
}): ReactElement {
  const styles = useStyles();
  const why = useRefusal('promoteBookmarks');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [promoting, setPromoting] = useState(false);
  const open = props.bookmarks.find(({ id }) => id === props.selected);
  const ids = props.bookmarks.filter(({ id }) => chosen.has(id));
  return (
    <div className={styles.root}>
      <div className={styles.main}>
        {ids.length > 0 && (
          <div className={styles.bar} role="toolbar" aria-label="Selected bookmarks">
            <Text size={200} weight="semibold">
              {ids.length} selected
            </Text>
            <RefusableButton why={why} size="small" icon={<ShieldAddRegular />} onClick={() => setPromoting(true)}>
              Add to incident
            </RefusableButton>
          </div>
        )}
        {promoting && (
          <PromoteDialog
            bookmarks={ids}
            onClose={() => {
              setPromoting(false);
              setChosen(new Set());
            }}
          />
        )}
        <Grid
          label="Bookmarks"
          rows={props.bookmarks}
          columns={columns}
          rowId={({ id }) => id}
          openId={props.selected}
          onOpen={({ id }) => props.onSelected(id)}
          onClose={() => props.onSelected(undefined)}
          selected={chosen}
          onSelect={setChosen}
          empty={
            <EmptyState icon={<BookmarkRegular />} title="No bookmarks">
              Select rows of a query’s answer on the page Hunting, and keep them.
            </EmptyState>
          }
        />
      </div>
      {open && <BookmarkPanel bookmark={open} onClose={() => props.onSelected(undefined)} />}
    </div>
  );
}
