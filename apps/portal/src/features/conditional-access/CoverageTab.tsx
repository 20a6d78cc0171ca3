import { makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { ShieldCheckmarkRegular } from '@fluentui/react-icons';
import type { AccessGap } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status, type Tone } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import type { TabProps } from './PoliciesTab.tsx';
import { gapsQuery } from './queries.ts';
import { conditionName } from './words.ts';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  summary: { paddingBottom: tokens.spacingVerticalS },
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL, overflowWrap: 'anywhere' },
});

const reasonNames: Readonly<Record<AccessGap['reason'], readonly [name: string, tone: Tone, why: string]>> = {
  noPolicy: ['No policy', 'bad', 'No policy is about them.'],
  excluded: ['Excluded', 'bad', 'A policy is about them, but they, or the application, are excluded.'],
  disabled: ['Policy is off', 'bad', 'Those that are about them are off.'],
  reportOnly: ['Only reported', 'waiting', 'Those that are about them only report.'],
  sessionControlsOnly: [
    'Session controls only',
    'waiting',
    'What holds for them limits the session and demands nothing.',
  ],
  conditional: ['On conditions', 'working', 'Something is demanded only when further conditions hold.'],
};

interface Row extends AccessGap {
  readonly key: string;
}
const some = (named: readonly { name: string }[], total: number, one: string): string =>
  total === 1 ? visible(named[0]?.name ?? '') : plural(total, one, one === 'person' ? 'people' : undefined);

const columns: readonly GridColumn<Row>[] = [
  {
    id: 'reason',
    header: 'Why',
    min: 180,
    cell: ({ reason }) => <Status tone={reasonNames[reason][1]}>{reasonNames[reason][0]}</Status>,
  },
  {
    id: 'people',
    header: 'People',
    min: 160,
    grow: 2,
    cell: ({ users, userCount }) => <bdi>{some(users, userCount, 'person')}</bdi>,
  },
  {
    id: 'applications',
    header: 'Applications',
    min: 160,
    grow: 2,
    cell: ({ applications, applicationCount }) => <bdi>{some(applications, applicationCount, 'application')}</bdi>,
  },
  {
    id: 'policies',
    header: 'Policies',
    min: 160,
    grow: 2,
    drop: 1,
    cell: ({ policies }) => <bdi>{visible(policies.map(({ name }) => name).join(', '))}</bdi>,
  },
  {
    id: 'conditions',
    header: 'Depends on',
    min: 140,
    grow: 1,
    drop: 2,
    cell: ({ conditions }) => conditions.map(conditionName).join(', '),
  },
];

/** People and applications of whom no policy that is on demands anything. */
export function CoverageTab({ search, set }: TabProps): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(gapsQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Looking for gaps" />;
  const rows = data.gaps.map((gap, at): Row => ({ ...gap, key: String(at) }));
  const open = rows.find(({ key }) => key === search.selected);
  const close = (): void => set({ selected: undefined }, true);
  const share = data.pairs === 0 ? 100 : Math.floor((1 - data.pairsWithoutDemand / data.pairs) * 100);
  return (
    <>
      <Text className={styles.summary}>
        {share} % of what {count(data.people)} people may open in {plural(data.applications, 'application')} is behind a
        demand. Emergency accounts have one of their own and are left out.
      </Text>
      {data.truncated && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            There is more than was looked at: the widest gaps of the first people and applications are here.
          </MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.root}>
        <Grid
          label="Gaps"
          rows={rows}
          columns={columns}
          rowId={({ key }) => key}
          openId={open?.key}
          onOpen={({ key }) => set({ selected: key }, true)}
          onClose={close}
          empty={
            <EmptyState icon={<ShieldCheckmarkRegular />} title="No gaps">
              Of everybody something is demanded, whatever they open.
            </EmptyState>
          }
        />
        {open && <GapPanel gap={open} onClose={close} />}
      </div>
    </>
  );
}

function GapPanel({ gap, onClose }: { gap: Row; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const [name, , why] = reasonNames[gap.reason];
  const list = (all: readonly { id: string; name: string }[], total: number): ReactElement => (
    <>
      <ul className={styles.list}>
        {all.map((one) => (
          <li key={one.id}>{visible(one.name)}</li>
        ))}
      </ul>
      {total > all.length && <Text size={200}>and {count(total - all.length)} more</Text>}
    </>
  );
  return (
    <SidePanel label="Gap" title={name} onClose={onClose}>
      <Text>{why}</Text>
      {gap.conditions.length > 0 && <Text>Depends on: {gap.conditions.map(conditionName).join(', ')}.</Text>}
      {gap.policies.length > 0 && (
        <Section title={`Policies (${gap.policies.length})`}>
          <ul className={styles.list}>
            {gap.policies.map((policy) => (
              <li key={policy.id}>
                <TextLink to="/conditional-access" search={{ selected: policy.id }}>
                  {visible(policy.name)}
                </TextLink>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={`People (${count(gap.userCount)})`}>{list(gap.users, gap.userCount)}</Section>
      <Section title={`Applications (${count(gap.applicationCount)})`}>
        {list(gap.applications, gap.applicationCount)}
      </Section>
    </SidePanel>
  );
}
