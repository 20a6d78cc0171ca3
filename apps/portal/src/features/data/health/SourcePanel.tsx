import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { SearchSquareRegular } from '@fluentui/react-icons';
import type { SourceDetail, SourceHealth } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../../shared/address.ts';
import { CodeBlock } from '../../../shared/CodeBlock.tsx';
import { Copyable } from '../../../shared/Copyable.tsx';
import { Facts } from '../../../shared/Facts.tsx';
import { bytes, count } from '../../../shared/numbers.ts';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { SidePanel } from '../../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import { InlineLink } from '../../../shared/TextLink.tsx';
import { duration } from '../../../shared/time.ts';
import { sourceQuery } from '../queries.ts';
import { HourChart } from './HourBars.tsx';
import { errorShare, percent, SourceStatus } from './states.tsx';

const useStyles = makeStyles({
  list: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    margin: 0,
    padding: 0,
    listStyleType: 'none',
  },
  item: { display: 'flex', alignItems: 'baseline', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
  end: { marginLeft: 'auto', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  note: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const identifier = (name: string): string => (/^\w+$/.test(name) ? name : `[${quoted(name)}]`);

/** KQL over a source's newest rows. */
export const rowsQuery = ({ tables }: Pick<SourceHealth, 'tables'>): string =>
  `${tables.length === 1 ? identifier(tables[0] ?? '') : `union ${tables.map(identifier).join(', ')}`}\n| where ingestion_time() > ago(1d)\n| take 100`;

/** KQL over its lines that could not be read. */
export const errorsQuery = ({ streams }: Pick<SourceHealth, 'streams'>): string =>
  `DCRLogErrors\n| where InputStreamId in (${streams.map(quoted).join(', ')})\n| take 100`;

const lag = (seconds: number | null): string | undefined => {
  if (seconds === null) return undefined;
  return seconds < 0 ? `${duration(-seconds)} from the future` : duration(seconds);
};

const drifts: Readonly<Record<SourceDetail['drift'][number]['kind'], string>> = {
  emptyColumn: 'Columns that were filled and are empty now',
  newField: 'New fields that nothing reads',
  unreadField: 'Fields that nothing reads',
};

function Drift({ drift }: Pick<SourceDetail, 'drift'>): ReactElement {
  const styles = useStyles();
  return (
    <>
      {(Object.keys(drifts) as (keyof typeof drifts)[]).map((kind) => {
        const own = drift.filter((one) => one.kind === kind);
        if (own.length === 0) return null;
        return (
          <div key={kind}>
            <div className={styles.note}>{drifts[kind]}</div>
            <ul className={styles.list}>
              {own.map(({ stream, table, name, at }) => (
                <li key={`${stream} ${table} ${name}`} className={styles.item}>
                  <Copyable text={name} label="name" />
                  {table !== '' && <span>of {visible(table)}</span>}
                  <span className={styles.end}>
                    {kind === 'emptyColumn' ? 'last filled ' : 'seen since '}
                    <RelativeTime at={at} />
                  </span>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </>
  );
}

function Senders({ senders }: Pick<SourceDetail, 'senders'>): ReactElement {
  const styles = useStyles();
  if (senders.length === 0) return <span className={styles.note}>Not known: nothing came in two weeks.</span>;
  return (
    <ul className={styles.list}>
      {senders.map(({ door, doorName, sender, stream, rowsLastDay, lastAt }) => (
        <li key={`${door} ${sender} ${stream}`} className={styles.item}>
          {sender === '' ? 'People' : <Copyable text={sender} label="sender" />}
          <InlineLink to="/data" search={{ tab: 'doors', selected: door }}>
            {visible(doorName)}
          </InlineLink>
          <span className={styles.end}>
            {count(rowsLastDay)} rows, last <RelativeTime at={lastAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Facets({ detail }: { detail: SourceDetail }): ReactElement {
  const styles = useStyles();
  const { source, errors } = detail;
  return (
    <>
      {source.hours.length > 0 && <HourChart hours={source.hours} />}
      <Facts
        facts={[
          ['State', <SourceStatus key="s" state={source.state} />],
          ['Rate', source.rate === null ? 'No history yet' : `${percent(source.rate)} of the usual`],
          ['Last day', `${count(source.rowsLastDay)} rows, ${bytes(source.bytesLastDay)}`],
          ['Errors', `${count(source.errorsLastDay)} lines, ${errorShare(source)}`],
          ['First row', <RelativeTime key="f" at={source.firstRowAt} form="exact" />],
          ['First event', <RelativeTime key="fe" at={detail.firstEventAt} form="exact" />],
          ['Last row', <RelativeTime key="l" at={source.lastRowAt} form="exact" />],
          ['Last event', <RelativeTime key="le" at={source.lastEventAt} form="exact" />],
          ['Lag, median', lag(detail.lagMedianSeconds)],
          ['Lag, 99 %', lag(detail.lagP99Seconds)],
          ['Writes to', visible(source.tables.join(', '))],
          ['Streams', visible(source.streams.join(', '))],
        ]}
      />
      <Section title="Comes through">
        <Senders senders={detail.senders} />
      </Section>
      {detail.drift.length > 0 && (
        <Section title="Changed shape">
          <Drift drift={detail.drift} />
        </Section>
      )}
      {errors.length > 0 && (
        <Section title="Newest errors">
          <ul className={styles.list}>
            {errors.map(({ at, message, raw }, index) => (
              <li key={`${at} ${index}`}>
                <div className={styles.item}>
                  {visible(message)}
                  <span className={styles.end}>
                    <RelativeTime at={at} />
                  </span>
                </div>
                <CodeBlock text={raw} label="line" />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

/** A source: how it does against its own history, what it comes through, what of it can't be read, and how its records changed. */
export function SourcePanel({ source, onClose }: { source: SourceHealth; onClose: () => void }): ReactElement {
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(sourceQuery(source.id));
  const hunt = (query: string): void =>
    void navigate({ to: '/hunting', search: { range: 'all' }, hash: `query=${encodeFragment(query)}` });
  return (
    <SidePanel
      label="Source"
      title={visible(source.name)}
      onClose={onClose}
      footer={
        <>
          <Button appearance="primary" icon={<SearchSquareRegular />} onClick={() => hunt(rowsQuery(source))}>
            See rows
          </Button>
          {source.errorsLastDay > 0 && <Button onClick={() => hunt(errorsQuery(source))}>See errors</Button>}
          {source.vendor !== '' && (
            <Button onClick={() => void navigate({ to: '/source-editor', search: { source: source.id } })}>Edit</Button>
          )}
        </>
      }
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading the source" />}
      {data && <Facets detail={data} />}
    </SidePanel>
  );
}
