import { makeStyles, Text, Textarea, tokens } from '@fluentui/react-components';
import { EditRegular } from '@fluentui/react-icons';
import type { Hunt } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { prose, visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { Bookmarks } from './Bookmarks.tsx';
import { HuntDialog } from './HuntDialog.tsx';
import { HuntQueries } from './HuntQueries.tsx';
import type { HuntSearch } from './index.ts';
import { huntQuery } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalL, flexGrow: 1, minHeight: 0 },
  main: { display: 'flex', flexDirection: 'column', flexGrow: 1, minWidth: 0, minHeight: 0 },
  rail: {
    width: '320px',
    flexShrink: 0,
    overflowY: 'auto',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
  },
  comments: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, overflowY: 'auto' },
  comment: {
    padding: tokens.spacingVerticalS,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    overflowWrap: 'anywhere',
    whiteSpace: 'pre-wrap',
  },
  dim: { color: tokens.colorNeutralForeground3 },
});

const route = getRouteApi('/frame/hunts/$id');

function Comments({ hunt }: { hunt: Hunt }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const why = useRefusal('addHuntComment');
  const [text, setText] = useState('');
  const add = useMutation({
    mutationFn: () => client.addHuntComment({ params: { id: hunt.id }, body: { text: text.trim() } }),
    onSuccess: (made) => {
      queries.setQueryData(['hunts', hunt.id], made);
      setText('');
    },
  });
  return (
    <div className={styles.comments}>
      <Textarea
        disabled={why !== undefined}
        aria-label="Comment"
        placeholder="What was found, what was ruled out"
        value={text}
        maxLength={30_000}
        onChange={(_, data) => setText(data.value)}
      />
      <div>
        <RefusableButton why={why} disabled={text.trim() === '' || add.isPending} onClick={() => add.mutate()}>
          Comment
        </RefusableButton>
      </div>
      {add.error && <ErrorState error={add.error} title="The comment was not added" />}

      {hunt.comments.length === 0 && <EmptyState title="No comments" />}
      {hunt.comments.toReversed().map((one) => (
        <div key={one.id} className={styles.comment}>
          <Text size={200} className={styles.dim} block>
            {visible(one.by)} · <RelativeTime at={one.at} />
          </Text>
          {visible(one.text, { lines: true })}
        </div>
      ))}
    </div>
  );
}

function Actions({ hunt, onEdit }: { hunt: Hunt; onEdit: () => void }): ReactElement {
  const navigate = useNavigate();
  const notify = useNotify();
  const queries = useQueryClient();
  const why = useRefusal('updateHunt', 'deleteHunt');
  const remove = useMutation({
    mutationFn: () => client.deleteHunt({ params: { id: hunt.id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['hunts'], exact: true });
      notify.done(`${visible(hunt.name)} is deleted`);
      void navigate({ to: '/hunts' });
    },
    onError: (error) => notify.failed('The hunt was not deleted', error),
  });
  return (
    <>
      <ConfirmAction
        why={why}
        label="Delete"
        title={`Delete the hunt “${visible(hunt.name)}”?`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        It goes with its queries and comments, and cannot be brought back. Its bookmarks stay.
      </ConfirmAction>
      <RefusableButton why={why} icon={<EditRegular />} onClick={onEdit}>
        Change
      </RefusableButton>
    </>
  );
}

/** A hunt: its hypothesis, the queries that test it, the rows that tell, and what people say of it. */
export function HuntPage(): ReactElement {
  const styles = useStyles();
  const { id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: hunt, error, refetch } = useQuery(huntQuery(id));
  const [editing, setEditing] = useState(false);
  const tab = search.tab ?? 'queries';
  const set = (change: HuntSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <Page
      above={<TextLink to="/hunts">Hunts</TextLink>}
      title={hunt ? visible(hunt.name) : 'Hunt'}
      count={hunt && `${hunt.status} · hypothesis ${hunt.hypothesisStatus.toLowerCase()}`}
      actions={hunt && <Actions hunt={hunt} onEdit={() => setEditing(true)} />}
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!hunt && !error && <Loading rows={12} label="Loading the hunt" />}
      {hunt && editing && <HuntDialog hunt={hunt} onClose={() => setEditing(false)} onDone={() => setEditing(false)} />}
      {hunt && (
        <div className={styles.root}>
          <div className={styles.main}>
            <Tabs
              value={tab}
              onChange={(value) => set({ tab: value, selected: undefined })}
              tabs={[
                { id: 'queries', label: 'Queries', count: hunt.queries.length },
                { id: 'bookmarks', label: 'Bookmarks', count: hunt.bookmarks.length },
                { id: 'comments', label: 'Comments', count: hunt.comments.length },
              ]}
            />
            {tab === 'queries' && <HuntQueries hunt={hunt} />}
            {tab === 'bookmarks' && (
              <Bookmarks
                bookmarks={hunt.bookmarks}
                selected={search.selected}
                onSelected={(selected) => set({ selected })}
              />
            )}
            {tab === 'comments' && <Comments hunt={hunt} />}
          </div>
          <aside className={styles.rail} aria-label="Properties">
            <Section title="Hypothesis" card>
              <Text>{prose(hunt.hypothesis) || 'None is written yet.'}</Text>
            </Section>
            <Section title="Properties" card>
              <Facts
                facts={[
                  ['Description', prose(hunt.description) || undefined],
                  ['Owner', visible(hunt.owner ?? '') || undefined],
                  ['Tactics', hunt.tactics.map(words).join(', ') || undefined],
                  ['Techniques', hunt.techniques.join(', ') || undefined],
                  ['Labels', visible(hunt.labels.join(', ')) || undefined],
                  ['Begun by', visible(hunt.createdBy)],
                  ['Begun', <RelativeTime key="c" at={hunt.createdAt} />],
                  ['Changed', <RelativeTime key="u" at={hunt.updatedAt} />],
                ]}
              />
            </Section>
          </aside>
        </div>
      )}
    </Page>
  );
}
