import {
  Badge,
  Button,
  makeStyles,
  mergeClasses,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  Text,
  tokens,
} from '@fluentui/react-components';
import {
  AlertRegular,
  ClipboardTaskListLtrRegular,
  ClockAlarmRegular,
  MentionRegular,
  PeopleSwapRegular,
  PersonArrowRightRegular,
} from '@fluentui/react-icons';
import type { Notification } from '@sallyport/contracts';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../shared/api.ts';
import { plural } from '../shared/numbers.ts';
import { RelativeTime } from '../shared/RelativeTime.tsx';
import { EmptyState, ErrorState } from '../shared/States.tsx';
import { visible } from '../shared/text.ts';

const POLL_MS = 15_000;
const COUNTED_MAX = 99;

const notificationsQuery = queryOptions({
  queryKey: ['notifications'],
  queryFn: ({ signal }) => client.listNotifications({ signal, query: { limit: 50 } }),
  refetchInterval: POLL_MS,
});

const icons: Record<Notification['kind'], ReactElement> = {
  mention: <MentionRegular />,
  assignment: <PersonArrowRightRegular />,
  taskAssignment: <ClipboardTaskListLtrRegular />,
  serviceLevel: <ClockAlarmRegular />,
  handover: <PeopleSwapRegular />,
};

const useStyles = makeStyles({
  bell: { position: 'relative', display: 'inline-flex' },
  badge: { position: 'absolute', top: '-2px', right: '-4px', pointerEvents: 'none' },
  surface: {
    width: '400px',
    maxWidth: '92vw',
    maxHeight: '70vh',
    overflowY: 'auto',
    padding: tokens.spacingVerticalS,
  },
  head: {
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'space-between',
    padding: `0 ${tokens.spacingHorizontalS} ${tokens.spacingVerticalXS}`,
  },
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  item: {
    display: 'grid',
    gridTemplateColumns: 'max-content minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalS,
    width: '100%',
    height: 'auto',
    padding: tokens.spacingHorizontalS,
    justifyContent: 'start',
    textAlign: 'start',
    fontWeight: tokens.fontWeightRegular,
    border: 'none',
  },
  unread: { fontWeight: tokens.fontWeightSemibold, backgroundColor: tokens.colorNeutralBackground1Selected },
  text: { overflowWrap: 'anywhere', display: 'block', fontWeight: 'inherit' },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  said: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' },
});

/** What one was told: mentions, work that was given to one, service levels that were missed, hand-overs. */
export function Bell(): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const { data, error, refetch } = useQuery(notificationsQuery);
  const unread = data?.unread ?? 0;
  const read = useMutation({
    mutationFn: (which: { id: number } | { upTo: number }) => client.readNotifications({ body: which }),
    onSettled: () => queries.invalidateQueries({ queryKey: notificationsQuery.queryKey }),
  });
  const follow = ({ id, parent, readAt }: Notification): void => {
    setOpen(false);
    if (readAt === null) read.mutate({ id });
    if (parent === null) return void navigate({ to: '/handover' });
    const params = { number: String(parent.number) };
    void (parent.kind === 'incident'
      ? navigate({ to: '/incidents/$number', params })
      : navigate({ to: '/cases/$number', params }));
  };
  const newest = data?.notifications[0];
  return (
    <>
      <span className={styles.said} role="status">
        {unread > 0 ? plural(unread, 'unread notification') : ''}
      </span>
      <Popover open={open} onOpenChange={(_, change) => setOpen(change.open)} trapFocus positioning="below-end">
        <PopoverTrigger disableButtonEnhancement>
          <Button
            appearance="subtle"
            aria-label={unread > 0 ? `Notifications: ${unread} unread` : 'Notifications'}
            icon={
              <span className={styles.bell}>
                <AlertRegular />
                {unread > 0 && (
                  <Badge className={styles.badge} size="small" color="danger" appearance="filled">
                    {unread > COUNTED_MAX ? `${COUNTED_MAX}+` : unread}
                  </Badge>
                )}
              </span>
            }
          />
        </PopoverTrigger>
        <PopoverSurface className={styles.surface} aria-label="Notifications">
          <div className={styles.head}>
            <Text weight="semibold">Notifications</Text>
            {unread > 0 && newest && (
              <Button size="small" appearance="subtle" onClick={() => read.mutate({ upTo: newest.id })}>
                Mark all as read
              </Button>
            )}
          </div>
          {error && <ErrorState error={error} onRetry={() => void refetch()} />}
          {data?.notifications.length === 0 && (
            <EmptyState icon={<AlertRegular />} title="Nothing yet">
              When someone names you in a comment, gives you work, or a service level is missed, it is told here.
            </EmptyState>
          )}
          <ul className={styles.list}>
            {data?.notifications.map((one) => (
              <li key={one.id}>
                <Button
                  appearance="subtle"
                  className={mergeClasses(styles.item, one.readAt === null && styles.unread)}
                  onClick={() => follow(one)}
                >
                  {icons[one.kind]}
                  <span>
                    <span className={styles.text}>{visible(one.title)}</span>
                    {one.text !== '' && (
                      <span className={mergeClasses(styles.text, styles.muted)}>{visible(one.text)}</span>
                    )}
                    <span className={styles.muted}>
                      <RelativeTime at={one.at} />
                      {one.readAt === null ? ' · unread' : ''}
                    </span>
                  </span>
                </Button>
              </li>
            ))}
          </ul>
        </PopoverSurface>
      </Popover>
    </>
  );
}
