import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { ArrowUploadRegular, SearchSquareRegular } from '@fluentui/react-icons';
import type { Watchlist } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { prose, visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { Items } from './Items.tsx';
import { watchlistQuery } from './queries.ts';
import { WatchlistDialog } from './WatchlistDialog.tsx';

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
  rules: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS },
});

const route = getRouteApi('/frame/watchlists/$alias');

const usageOf = ({ alias }: Watchlist): string =>
  `SigninLogs\n| lookup kind=inner _GetWatchlist('${alias}')\n    on $left.UserPrincipalName == $right.SearchKey`;

function Actions({ list, onUpload }: { list: Watchlist; onUpload: () => void }): ReactElement {
  const navigate = useNavigate();
  const why = useRefusal('deleteWatchlist');
  const notify = useNotify();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => client.deleteWatchlist({ params: { alias: list.alias } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['watchlists'] });
      notify.done(`${visible(list.name)} is deleted`);
      void navigate({ to: '/watchlists' });
    },
    onError: (error) => notify.failed('The watchlist was not deleted', error),
  });
  const query = `_GetWatchlist('${list.alias}')`;
  return (
    <>
      <ConfirmAction
        why={why}
        label="Delete"
        title={`Delete the watchlist “${visible(list.name)}”?`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        It goes with its {plural(list.items, 'item')}, at once, and cannot be brought back. Rules that use it find
        nothing in it from then on.
      </ConfirmAction>
      <Button
        icon={<SearchSquareRegular />}
        onClick={() => void navigate({ to: '/hunting', hash: `query=${encodeFragment(query)}` })}
      >
        Query
      </Button>
      <RefusableButton why={why} appearance="primary" icon={<ArrowUploadRegular />} onClick={onUpload}>
        Bring a file
      </RefusableButton>
    </>
  );
}

export function WatchlistPage(): ReactElement {
  const styles = useStyles();
  const { alias } = route.useParams();
  const { data: list, error, refetch } = useQuery(watchlistQuery(alias));
  const [uploading, setUploading] = useState(false);
  return (
    <Page
      above={<TextLink to="/watchlists">Watchlists</TextLink>}
      title={list ? visible(list.name) : 'Watchlist'}
      count={list && count(list.items)}
      actions={list && <Actions list={list} onUpload={() => setUploading(true)} />}
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!list && !error && <Loading rows={12} label="Loading the watchlist" />}
      {list && uploading && (
        <WatchlistDialog list={list} onClose={() => setUploading(false)} onDone={() => setUploading(false)} />
      )}
      {list && (
        <div className={styles.root}>
          <div className={styles.main}>
            <Items list={list} />
          </div>
          <aside className={styles.rail} aria-label="Properties">
            <Section title="Use it" card>
              <CodeBlock text={usageOf(list)} label="example" kql />
            </Section>
            <Section title="Rules that use it" card>
              {list.usedBy.length === 0 && <Text size={200}>None.</Text>}
              <div className={styles.rules}>
                {list.usedBy.map(({ id, name }) => (
                  <TextLink key={id} to="/rules/$id" params={{ id }}>
                    {visible(name)}
                  </TextLink>
                ))}
              </div>
            </Section>
            <Section title="Properties" card>
              <Facts
                facts={[
                  ['Alias', visible(list.alias)],
                  ['Description', prose(list.description) || undefined],
                  ['Search key', visible(list.itemsSearchKey)],
                  ['Provider', visible(list.provider) || undefined],
                  ['Source', visible(list.source) || undefined],
                  ['Labels', visible(list.labels.join(', ')) || undefined],
                  ['Made by', visible(list.createdBy)],
                  ['Changed by', visible(list.updatedBy)],
                  ['Changed', <RelativeTime key="c" at={list.updatedAt} />],
                ]}
              />
            </Section>
          </aside>
        </div>
      )}
    </Page>
  );
}
