import { makeStyles, tokens } from '@fluentui/react-components';
import { CheckmarkCircleRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import type { ResponseOf, routes } from '@sallyport/contracts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { Mono } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { InlineLink } from '../../shared/TextLink.tsx';
import { startAnew } from '../sources/store.ts';
import { ingestionErrorsQuery } from './queries.ts';

/** Lines that the source editor begins with. */
const SAMPLE_LINES = 50;

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

type Line = ResponseOf<(typeof routes)['listIngestionErrors']>['errors'][number];

const columns: readonly GridColumn<Line & { id: string }>[] = [
  { id: 'at', header: 'When', min: 104, cell: (line) => <RelativeTime at={line.at} /> },
  { id: 'stream', header: 'Stream', min: 180, cell: (line) => visible(line.stream) },
  { id: 'message', header: 'Error', min: 200, grow: 1, cell: (line) => visible(line.message) },
  { id: 'raw', header: 'Line', min: 240, grow: 3, cell: (line) => <Mono text={line.raw.slice(0, 300)} /> },
];

/** Lines that no source could read. They are kept, and can be read again once the source is mended. */
export function ErrorsTab(): ReactElement {
  const styles = useStyles();
  const [openId, setOpenId] = useState<string>();
  const { data, error, refetch } = useQuery(ingestionErrorsQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading errors" />;
  const rows = data.errors.map((line, index) => ({ ...line, id: `${line.at} ${index}` }));
  const open = rows.find(({ id }) => id === openId);
  return (
    <div className={styles.split}>
      <Grid
        label="Lines that could not be read"
        rows={rows}
        columns={columns}
        rowId={(line) => line.id}
        openId={open?.id}
        onOpen={(line) => setOpenId(line.id)}
        onClose={() => setOpenId(undefined)}
        empty={<EmptyState icon={<CheckmarkCircleRegular />} title="Every line was read" />}
      />
      {open && (
        <SidePanel label="Line" title="Line that could not be read" onClose={() => setOpenId(undefined)}>
          <Facts
            facts={[
              ['When', <RelativeTime key="w" at={open.at} form="exact" />],
              ['Stream', visible(open.stream)],
              ['Error', visible(open.message)],
            ]}
          />
          <Section title="As it came">
            <CodeBlock text={open.raw} label="line" />
          </Section>
          <InlineLink
            to="/source-editor"
            onClick={() =>
              startAnew(
                rows
                  .filter(({ stream }) => stream === open.stream)
                  .slice(0, SAMPLE_LINES)
                  .map(({ raw }) => raw)
                  .join('\n'),
              )
            }
          >
            Write a source for lines of this stream
          </InlineLink>
        </SidePanel>
      )}
    </div>
  );
}
