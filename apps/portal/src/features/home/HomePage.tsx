import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ArrowUploadRegular, ShieldCheckmarkRegular } from '@fluentui/react-icons';
import { Severity as SeverityEnum } from '@sallyport/contracts';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useIsOverPart, useMay } from '../../shared/api.ts';
import { count, plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Severity, SeverityIcon } from '../../shared/Severity.tsx';
import { EmptyState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { InlineLink, TextLink } from '../../shared/TextLink.tsx';
import { Tile, TileNumber } from '../../shared/Tile.tsx';
import { sourcesQuery } from '../data/queries.ts';
import { sourceStates, SourceStatus } from '../data/health/states.tsx';
import { incidentsQuery } from '../incidents/queries.ts';
import { rulesQuery } from '../rules/queries.ts';
import { RunState } from '../rules/RunState.tsx';
import { DataTile } from './DataTile.tsx';
import { WorkTile } from './WorkTile.tsx';

const NEWEST_MAX = 8;
const LINES_MAX = 4;

const useStyles = makeStyles({
  tiles: {
    display: 'grid',
    gridTemplateColumns: 'repeat(12, minmax(0, 1fr))',
    gap: tokens.spacingHorizontalL,
    alignContent: 'start',
    paddingBottom: tokens.spacingVerticalL,
    '@media (max-width: 900px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  narrow: { gridColumn: 'span 4', '@media (max-width: 900px)': { gridColumn: 'auto' } },
  wide: { gridColumn: 'span 8', '@media (max-width: 900px)': { gridColumn: 'auto' } },
  half: { gridColumn: 'span 6', '@media (max-width: 900px)': { gridColumn: 'auto' } },
  cell: { display: 'grid' },
  stack: { display: 'flex', flexDirection: 'column', gap: tokens.spacingHorizontalL },
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalSNudge },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, minWidth: 0 },
  grow: { flexGrow: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  end: { color: tokens.colorNeutralForeground3, whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  number: { marginLeft: 'auto', fontVariantNumeric: 'tabular-nums', fontWeight: tokens.fontWeightSemibold },
});

function OpenTile(): ReactElement {
  const styles = useStyles();
  const query = useQuery(incidentsQuery({}, 1));
  const lines = useQueries({
    queries: [...SeverityEnum.options.map((severity) => ({ severity: [severity] })), { owner: 'none' }].map((filter) =>
      incidentsQuery(filter, 1),
    ),
  }).map(({ data }) => (data ? count(data.total) : ''));
  return (
    <Tile title="What is open?" link={<TextLink to="/incidents">All open</TextLink>} query={query}>
      <TileNumber value={count(query.data?.total ?? 0)} caption="open incidents" />
      <div className={styles.list}>
        {SeverityEnum.options.map((severity, index) => (
          <div key={severity} className={styles.line}>
            <TextLink to="/incidents" search={{ severity: [severity] }}>
              <Severity severity={severity} />
            </TextLink>
            <span className={styles.number}>{lines[index]}</span>
          </div>
        ))}
        <div className={styles.line}>
          <TextLink to="/incidents" search={{ owner: 'none' }}>
            Unassigned
          </TextLink>
          <span className={styles.number}>{lines.at(-1)}</span>
        </div>
      </div>
    </Tile>
  );
}

function NewestTile(): ReactElement {
  const styles = useStyles();
  const query = useQuery(incidentsQuery({ sort: 'createdAt', order: 'desc' }, NEWEST_MAX));
  const newest = query.data?.incidents ?? [];
  return (
    <Tile
      title="What is new?"
      link={
        <TextLink to="/incidents" search={{ sort: 'createdAt', order: 'desc' }}>
          Newest first
        </TextLink>
      }
      query={query}
    >
      {newest.length === 0 ? (
        <EmptyState icon={<ShieldCheckmarkRegular />} title="No open incidents">
          What the rules find appears here within minutes.{' '}
          <InlineLink to="/data" search={{ tab: 'upload' }}>
            Upload a log
          </InlineLink>{' '}
          to see them at work.
        </EmptyState>
      ) : (
        <div className={styles.list}>
          {newest.map((incident) => (
            <div key={incident.number} className={styles.line}>
              <SeverityIcon severity={incident.severity} />
              <TextLink
                className={styles.grow}
                to="/incidents/$number"
                params={{ number: String(incident.number) }}
                title={visible(incident.title)}
              >
                {visible(incident.title)}
              </TextLink>
              <span className={styles.end}>{plural(incident.alertCount, 'alert')}</span>
              <span className={styles.end}>
                <RelativeTime at={incident.createdAt} />
              </span>
            </div>
          ))}
        </div>
      )}
    </Tile>
  );
}

function RulesTile(): ReactElement {
  const styles = useStyles();
  const query = useQuery(rulesQuery);
  const rules = query.data?.rules ?? [];
  const failing = rules.filter((rule) => rule.enabled && rule.lastRunState === 'failed');
  const on = rules.filter((rule) => rule.enabled);
  const loud = on.filter((rule) => rule.alertCount > 0).toSorted((a, b) => b.alertCount - a.alertCount);
  return (
    <Tile title="Are the rules running?" link={<TextLink to="/rules">All rules</TextLink>} query={query}>
      {rules.length === 0 ? (
        <EmptyState title="No rules">Those of content/rules are read when the server starts.</EmptyState>
      ) : (
        <>
          <TileNumber
            value={`${on.length - failing.length} of ${on.length}`}
            caption={failing.length === 0 ? 'rules run without a failure' : `rules run, ${failing.length} failed`}
          />
          <div className={styles.list}>
            {[...failing, ...loud.filter((rule) => !failing.includes(rule))].slice(0, LINES_MAX).map((rule) => (
              <div key={rule.id} className={styles.line}>
                <TextLink className={styles.grow} to="/rules/$id" params={{ id: rule.id }} title={visible(rule.name)}>
                  {visible(rule.name)}
                </TextLink>
                {rule.lastRunState === 'failed' ? (
                  <RunState state={rule.lastRunState} />
                ) : (
                  <span className={styles.end}>{plural(rule.alertCount, 'alert')}</span>
                )}
              </div>
            ))}
          </div>
        </>
      )}
    </Tile>
  );
}

function SourcesTile(): ReactElement {
  const styles = useStyles();
  const query = useQuery(sourcesQuery);
  const isPart = useIsOverPart('data.read');
  const sources = query.data?.sources.filter(({ state }) => state !== 'unused') ?? [];
  const trouble = (source: (typeof sources)[number]): number => sourceStates.indexOf(source.state);
  const shown = sources.toSorted((a, b) => trouble(a) - trouble(b) || b.rowsLastDay - a.rowsLastDay);
  return (
    <Tile
      title="Are the sources healthy?"
      link={
        <TextLink to="/data" search={{ tab: 'sources' }}>
          All sources
        </TextLink>
      }
      query={query}
    >
      {sources.length === 0 ? (
        <EmptyState title={isPart ? 'No source of which you see everything' : 'No source has sent anything yet'} />
      ) : (
        <div className={styles.list}>
          {shown.slice(0, LINES_MAX).map((source) => (
            <div key={source.id} className={styles.line}>
              <TextLink className={styles.grow} to="/data" search={{ tab: 'sources', selected: source.id }}>
                {visible(source.name)}
              </TextLink>
              <SourceStatus state={source.state} />
              <span className={styles.end}>
                <RelativeTime at={source.lastRowAt} />
              </span>
            </div>
          ))}
        </div>
      )}
    </Tile>
  );
}

/** Overview: each tile answers one question and leads to its rows. */
export function HomePage(): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const [reads, data] = [useMay('securityData.read'), useMay('data.read')];
  const why = useRefusal('loadUpload');
  const tile = (size: string, content: ReactElement): ReactElement => (
    <div className={mergeClasses(styles.cell, size)}>{content}</div>
  );
  return (
    <Page
      title="Home"
      scroll
      actions={
        <RefusableButton
          why={why}
          size="small"
          icon={<ArrowUploadRegular />}
          onClick={() => void navigate({ to: '/data', search: { tab: 'upload' } })}
        >
          Upload a log
        </RefusableButton>
      }
    >
      <div className={styles.tiles}>
        {reads && tile(styles.narrow, <OpenTile />)}
        {reads && tile(styles.wide, <NewestTile />)}
        {reads && data && tile(styles.half, <DataTile />)}
        <div className={mergeClasses(styles.half, styles.stack)}>
          {reads && <WorkTile />}
          {reads && <RulesTile />}
          {data && <SourcesTile />}
        </div>
      </div>
    </Page>
  );
}
