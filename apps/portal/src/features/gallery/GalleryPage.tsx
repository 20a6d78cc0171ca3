import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { ShieldCheckmarkRegular } from '@fluentui/react-icons';
import { SallyportError, Severity as SeverityEnum, type Column, type Entity } from '@sallyport/contracts';
import { useState, type ReactElement, type ReactNode } from 'react';
import { Bars } from '../../shared/Bars.tsx';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Copyable } from '../../shared/Copyable.tsx';
import { EntityLink } from '../../shared/EntityLink.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid } from '../../shared/Grid.tsx';
import { Page } from '../../shared/Page.tsx';
import { QueryTable } from '../../shared/table/QueryTable.tsx';
import { RecordPanel } from '../../shared/RecordPanel.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { Tile, TileNumber } from '../../shared/Tile.tsx';
import { Timeline } from '../../shared/Timeline.tsx';
import { TimeRange } from '../../shared/TimeRange.tsx';

const useStyles = makeStyles({
  pieces: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
  row: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalL },
  tiles: { display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: tokens.spacingHorizontalL },
  tall: { display: 'flex', height: '260px', gap: tokens.spacingHorizontalM },
  half: { flexGrow: 1, flexBasis: 0, minWidth: '320px' },
});

/** A fixed past, so that the page looks the same on any day. */
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 14, 9, minute)).toISOString();

const entity: Entity = {
  id: 'e',
  kind: 'Account',
  name: 'CONTOSO\\anna.berg',
  identifiers: { Name: 'anna.berg', NTDomain: 'CONTOSO' },
  strong: true,
};

const columns: Column[] = [
  { name: 'TimeGenerated', type: 'datetime' },
  { name: 'Computer', type: 'string' },
  { name: 'EventID', type: 'int' },
  { name: 'EventData', type: 'dynamic' },
];
const rows = Array.from({ length: 400 }, (_, index) => [
  at(index % 60),
  index === 1 ? 'WS\u202e0147' : 'WS-0147',
  4_600 + index,
  '{"a":{"b":[1,2,3]}}',
]);

const error = new SallyportError('QueryLimitExceeded', 'the query used more than 2 GiB of memory', {
  requestId: '01JDGALLERY',
});
const done = { isPending: false, error: null, refetch: () => undefined };

function Piece({ name, children }: { name: string; children: ReactNode }): ReactElement {
  return (
    <Section title={name} card>
      {children}
    </Section>
  );
}

function Lists(): ReactElement {
  const styles = useStyles();
  const [status, setStatus] = useState<string[] | undefined>(['New', 'Active']);
  const [owner, setOwner] = useState<string[]>();
  const [open, setOpen] = useState<string | undefined>('2');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set(['1']));
  const [record, setRecord] = useState<number | undefined>(1);
  const shown = record === undefined ? undefined : rows[record];
  const things = ['First of three things', 'Second, whose panel is open', 'Third'];
  return (
    <>
      <Piece name="FilterBar">
        <FilterBar
          search={<FilterSearch value={undefined} placeholder="Name" onChange={() => undefined} />}
          filters={[
            { id: 's', label: 'Status', options: ['New', 'Active', 'Closed'], values: status, onChange: setStatus },
            { id: 'o', label: 'Owner', options: ['maria', 'jonas'], values: owner, onChange: setOwner },
          ]}
        />
      </Piece>
      <Piece name="Grid and SidePanel">
        <div className={styles.tall}>
          <Grid
            label="Things"
            rows={things.map((name, index) => ({ id: String(index + 1), name }))}
            rowId={(row) => row.id}
            columns={[
              { id: 'id', header: 'No.', min: 64, sort: true, align: 'end', cell: (row) => row.id },
              { id: 'name', header: 'Name', min: 200, grow: 1, cell: (row) => row.name },
            ]}
            sort={{ by: 'id', order: 'asc' }}
            onSort={() => undefined}
            openId={open}
            onOpen={(row) => setOpen(row.id)}
            onClose={() => setOpen(undefined)}
            selected={selected}
            onSelect={setSelected}
          />
          {open !== undefined && (
            <SidePanel
              label="Thing"
              title={things[Number(open) - 1]}
              onClose={() => setOpen(undefined)}
              footer={<Button appearance="primary">Open</Button>}
            >
              <Facts
                facts={[
                  ['Number', open],
                  ['Seen', <RelativeTime key="s" at={at(3)} form="exact" />],
                ]}
              />
            </SidePanel>
          )}
        </div>
      </Piece>
      <Piece name="Grid, empty">
        <div className={styles.tall}>
          <Grid
            label="Nothing"
            rows={[]}
            rowId={() => ''}
            columns={[{ id: 'a', header: 'Name', min: 100, grow: 1, cell: () => '' }]}
            empty={<EmptyState title="No incident matches these filters" action={<Button>Reset filters</Button>} />}
          />
        </div>
      </Piece>
      <Piece name="QueryTable and RecordPanel">
        <div className={styles.tall}>
          <QueryTable
            label="Rows"
            columns={columns}
            rows={rows}
            open={record}
            onOpen={setRecord}
            onClose={() => setRecord(undefined)}
          />
          {shown && <RecordPanel columns={columns} row={shown} onClose={() => setRecord(undefined)} />}
        </div>
      </Piece>
    </>
  );
}

/** Every shared piece with its states, for people who make pages and for the tests that photograph it. Needs no server. */
export function GalleryPage(): ReactElement {
  const styles = useStyles();
  const [range, setRange] = useState('24h');
  const [tab, setTab] = useState<'a' | 'b'>('a');
  return (
    <Page title="Gallery" scroll>
      <div className={styles.pieces}>
        <Piece name="Severity and Status">
          <div className={styles.row}>
            {SeverityEnum.options.map((severity) => (
              <Severity key={severity} severity={severity} />
            ))}
            <Status tone="waiting">New</Status>
            <Status tone="working">Active</Status>
            <Status tone="good">Closed</Status>
            <Status tone="bad">Failed</Status>
            <Status tone="off">Off</Status>
          </div>
        </Piece>
        <Piece name="RelativeTime, Copyable, EntityLink, TimeRange, ConfirmAction">
          <div className={styles.row}>
            <RelativeTime at={at(0)} />
            <RelativeTime at={null} />
            <Copyable
              text="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
              label="hash"
              length={24}
            />
            <Copyable text={'invoice\u202efdp.exe'} label="file" />
            <EntityLink entity={entity} />
            <TimeRange value={range} onChange={setRange} />
            <ConfirmAction label="Revoke" title="Revoke the token “edge collector”?" onConfirm={() => undefined}>
              Whatever uses it is refused at once.
            </ConfirmAction>
          </div>
        </Piece>
        <Piece name="Tabs">
          <Tabs
            value={tab}
            onChange={setTab}
            tabs={[
              { id: 'a', label: 'Alerts', count: 9 },
              { id: 'b', label: 'Timeline' },
            ]}
          />
        </Piece>
        <Lists />
        <Piece name="Timeline">
          <Timeline
            label="Timeline"
            items={[
              {
                id: '1',
                at: at(1),
                icon: <ShieldCheckmarkRegular />,
                title: 'The first thing',
                body: 'What is known of it',
              },
              { id: '2', at: at(9), icon: <ShieldCheckmarkRegular />, title: 'The next thing' },
            ]}
          />
        </Piece>
        <Piece name="CodeBlock">
          <CodeBlock
            label="query"
            kql
            text={'// why\nSecurityEvent\n| where EventID == 4688 and Account has "anna"\n| take 10'}
          />
        </Piece>
        <div className={styles.tiles}>
          <div className={styles.half}>
            <Tile title="Tile" query={done}>
              <TileNumber value="1,204" caption="rows in the last day" />
              <Bars values={[1, 3, 0, 8, 5, 2, 0, 4]} label="Rows by hour" />
            </Tile>
          </div>
          <div className={styles.half}>
            <Tile title="Tile, failed" query={{ ...done, error }}>
              <Text>never shown</Text>
            </Tile>
          </div>
          <div className={styles.half}>
            <Tile title="Tile, loading" query={{ ...done, isPending: true }}>
              <Text>never shown</Text>
            </Tile>
          </div>
        </div>
        <Piece name="ErrorState, EmptyState, Loading">
          <ErrorState error={error} kept="What was typed is kept." onRetry={() => undefined} />
          <EmptyState icon={<ShieldCheckmarkRegular />} title="No open incidents">
            Rules look at new rows every few minutes; what they find appears here.
          </EmptyState>
          <Loading rows={3} />
        </Piece>
      </div>
    </Page>
  );
}
