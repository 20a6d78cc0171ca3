import {
  makeStyles,
  Menu,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  mergeClasses,
  Text,
  tokens,
} from '@fluentui/react-components';
import { AddCircleRegular, ChevronDownRegular, CommentRegular, EditRegular } from '@fluentui/react-icons';
import { CaseStatus, type CaseDetail } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { Facts } from '../../shared/Facts.tsx';
import { usePageKey } from '../../shared/hooks.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { prose, visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { Timeline } from '../../shared/Timeline.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { Comments, Tasks } from '../casework/index.ts';
import { Owner } from '../incidents/IncidentState.tsx';
import { CaseDialog } from './CaseDialog.tsx';
import { CaseStatusLabel, Priority } from './CaseState.tsx';
import { EvidenceList } from './EvidenceList.tsx';
import { caseTabs } from './index.ts';
import { LinkedIncidents } from './LinkedIncidents.tsx';
import { caseQuery } from './queries.ts';

const NARROW = '@media (max-width: 900px)';
const useStyles = makeStyles({
  root: {
    display: 'flex',
    gap: tokens.spacingHorizontalL,
    flexGrow: 1,
    minHeight: 0,
    [NARROW]: { flexDirection: 'column', overflowY: 'auto' },
  },
  main: { flexGrow: 1, minWidth: 0, minHeight: 0, display: 'flex', flexDirection: 'column' },
  body: { flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column' },
  scroll: { overflowY: 'auto', [NARROW]: { overflowY: 'visible' } },
  rail: {
    width: '320px',
    flexShrink: 0,
    overflowY: 'auto',
    [NARROW]: { width: 'auto', overflowY: 'visible' },
  },
  text: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
});

const route = getRouteApi('/frame/cases/$number');
const icons = { created: <AddCircleRegular />, changed: <EditRegular />, comment: <CommentRegular /> } as const;

function Actions({ of }: { of: CaseDetail }): ReactElement {
  const why = useRefusal('updateCase');
  const queries = useQueryClient();
  const notify = useNotify();
  const [editing, setEditing] = useState(false);
  const change = useMutation({
    mutationFn: (status: CaseStatus) => client.updateCase({ params: { number: of.number }, body: { status } }),
    onSuccess: (changed) => {
      queries.setQueryData(caseQuery(of.number).queryKey, changed);
      void queries.invalidateQueries({ queryKey: ['cases'] });
      const before = of.status;
      if (changed.status !== before)
        notify.done(`Case ${of.number} is ${words(changed.status).toLowerCase()}`, () => change.mutate(before));
    },
    onError: (error) => notify.failed(`Case ${of.number} was not changed`, error),
  });
  return (
    <>
      <Menu checkedValues={{ status: [of.status] }}>
        <MenuTrigger disableButtonEnhancement>
          <RefusableButton
            icon={<ChevronDownRegular />}
            iconPosition="after"
            why={why}
            disabled={change.isPending}
            aria-label={`Status: ${words(of.status)}`}
          >
            <CaseStatusLabel status={of.status} />
          </RefusableButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {CaseStatus.options.map((status) => (
              <MenuItemRadio key={status} name="status" value={status} onClick={() => change.mutate(status)}>
                {words(status)}
              </MenuItemRadio>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      <RefusableButton why={why} icon={<EditRegular />} onClick={() => setEditing(true)}>
        Edit
      </RefusableButton>
      {editing && <CaseDialog changed={of} onClose={() => setEditing(false)} onDone={() => setEditing(false)} />}
    </>
  );
}

function Loaded({ of }: { of: CaseDetail }): ReactElement {
  const styles = useStyles();
  const { tab = 'incidents' } = route.useSearch();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const { number } = of;
  const parent = { kind: 'case', number } as const;
  const comments = of.activities.filter(({ kind }) => kind === 'comment');
  const show = (next: (typeof caseTabs)[number]): void => void navigate({ search: { tab: next } });
  const why = useRefusal('addCaseComment');
  usePageKey('c', () => show('comments'));
  return (
    <div className={styles.root}>
      <div className={styles.main}>
        <Tabs
          value={tab}
          onChange={show}
          tabs={[
            { id: 'incidents', label: 'Incidents', count: of.incidentCount },
            { id: 'evidence', label: 'Evidence', count: of.evidenceCount },
            { id: 'tasks', label: 'Tasks', count: of.openTaskCount },
            { id: 'comments', label: 'Comments', count: comments.length },
            { id: 'activity', label: 'Activity' },
          ]}
        />
        <div
          className={mergeClasses(styles.body, tab !== 'incidents' && styles.scroll)}
          role="tabpanel"
          aria-label={words(tab)}
        >
          {tab === 'incidents' && <LinkedIncidents of={of} />}
          {tab === 'evidence' && <EvidenceList of={of} />}
          {tab === 'tasks' && <Tasks parent={parent} />}
          {tab === 'comments' && (
            <Comments
              why={why}
              parent={parent}
              comments={comments.map(({ id, at, by, text }) => ({ id, at, by, text, modified: false }))}
              onAdd={async (message) => {
                const { id } = await client.addCaseComment({ params: { number }, body: { message } });
                await queries.invalidateQueries({ queryKey: caseQuery(number).queryKey });
                return id;
              }}
            />
          )}
          {tab === 'activity' && (
            <Section title="Activity" card>
              <Timeline
                label="What was done"
                items={of.activities.map((one) => ({
                  id: one.id,
                  at: one.at,
                  icon: icons[one.kind],
                  title: visible(one.text, { lines: true }),
                  body: visible(one.by),
                }))}
              />
            </Section>
          )}
        </div>
      </div>
      <aside className={styles.rail} aria-label="Properties">
        <Section title="Properties" card>
          {of.description !== '' && <Text className={styles.text}>{prose(of.description)}</Text>}
          <Facts
            facts={[
              ['Priority', <Priority key="p" priority={of.priority} />],
              ['Owner', <Owner key="o" owner={of.owner} />],
              ['Due', of.dueAt === null ? undefined : <RelativeTime key="d" at={of.dueAt} form="exact" />],
              ['Opened', <RelativeTime key="c" at={of.createdAt} form="exact" />],
              ['By', visible(of.createdBy)],
              ['Updated', <RelativeTime key="u" at={of.updatedAt} />],
              ['Closed', of.closedAt === null ? undefined : <RelativeTime key="z" at={of.closedAt} form="exact" />],
            ]}
          />
        </Section>
      </aside>
    </div>
  );
}

export function CasePage(): ReactElement {
  const { number } = route.useParams();
  const valid = /^[1-9]\d{0,8}$/.test(number);
  const { data, error, refetch } = useQuery({ ...caseQuery(Number(number)), enabled: valid });
  const above = <TextLink to="/cases">Cases</TextLink>;
  return (
    <Page
      above={above}
      title={data ? visible(data.title) : `Case ${number}`}
      count={data ? `No. ${data.number}` : undefined}
      actions={data && <Actions of={data} />}
    >
      {!valid && <EmptyState title="A case is known by its number" />}
      {error && <ErrorState error={error} title="The case could not be renewed" onRetry={() => void refetch()} />}
      {valid && !data && !error && <Loading rows={10} label="Loading the case" />}
      {data && <Loaded of={data} />}
    </Page>
  );
}
