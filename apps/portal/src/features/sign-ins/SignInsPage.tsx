import { makeStyles, tokens } from '@fluentui/react-components';
import { PersonArrowRightRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { Mono } from '../../shared/Copyable.tsx';
import { FilterBar, FilterSearch, useColumns, type Filter, type TextFilter } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { TimeRange } from '../../shared/TimeRange.tsx';
import { accessStatuses, signInOutcomes, signInRisks, type SignInKind, type SignInsSearch } from './index.ts';
import { listQuery, placeOf, policiesOf, SHOWN, stepsOf, type SignIn } from './query.ts';
import { rangeOf, signInsQuery } from './queries.ts';
import { AccessStatus, accessName, outcomeName, SignInOutcome } from './SignInState.tsx';
import { SignInPanel } from './SignInPanel.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});
const route = getRouteApi('/frame/sign-ins');

const tabs: readonly { readonly id: SignInKind; readonly label: string }[] = [
  { id: 'interactive', label: 'Interactive' },
  { id: 'nonInteractive', label: 'Non-interactive' },
  { id: 'servicePrincipal', label: 'Service principals' },
  { id: 'managedIdentity', label: 'Managed identities' },
];

const deciding = (signIn: SignIn): string =>
  policiesOf(signIn)
    .filter(({ result }) => result === 'failure')
    .map(({ displayName }) => displayName)
    .join(', ');

const columns: readonly GridColumn<SignIn>[] = [
  { id: 'when', header: 'When', min: 112, cell: ({ TimeGenerated }) => <RelativeTime at={TimeGenerated} /> },
  {
    id: 'who',
    header: 'Who',
    min: 180,
    grow: 2,
    cell: (one) => <bdi>{visible(one.Who || one.WhoName || one.WhoId)}</bdi>,
  },
  {
    id: 'application',
    header: 'Application',
    min: 130,
    grow: 1,
    cell: ({ Application }) => <bdi>{visible(Application)}</bdi>,
  },
  {
    id: 'resource',
    header: 'Resource',
    min: 130,
    grow: 1,
    drop: 4,
    cell: ({ Resource }) => <bdi>{visible(Resource)}</bdi>,
  },
  { id: 'result', header: 'Result', min: 124, cell: ({ ResultType }) => <SignInOutcome resultType={ResultType} /> },
  {
    id: 'access',
    header: 'Conditional Access',
    min: 150,
    cell: (one) => <AccessStatus status={one.ConditionalAccessStatus} />,
  },
  {
    id: 'policy',
    header: 'Refused by',
    min: 160,
    grow: 2,
    drop: 2,
    cell: (one) => <bdi>{visible(deciding(one))}</bdi>,
  },
  { id: 'address', header: 'Address', min: 132, cell: ({ IPAddress }) => <Mono text={IPAddress} /> },
  {
    id: 'place',
    header: 'Location',
    min: 110,
    drop: 3,
    cell: (one) => {
      const { city, country } = placeOf(one);
      return visible([city, country].filter((part) => part !== '').join(', '));
    },
  },
  {
    id: 'methods',
    header: 'By',
    min: 160,
    grow: 1,
    drop: 5,
    cell: (one) =>
      visible(
        stepsOf(one)
          .map(({ authenticationMethod }) => authenticationMethod)
          .join(', ') || words(one.Credential),
      ),
  },
  {
    id: 'risk',
    header: 'Risk',
    min: 84,
    drop: 1,
    cell: ({ RiskLevelDuringSignIn: risk }) => (risk === '' || risk === 'none' ? '' : words(risk)),
  },
];

/** The sign-ins that are in the logs, to Sallyport and to what else tells of them. */
export function SignInsPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: SignInsSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const { data, error, refetch } = useQuery(signInsQuery(search));
  const { shown, chooser } = useColumns('sign-ins', columns, ['resource']);
  const rows = data?.slice(0, SHOWN);
  const close = (): void => set({ selected: undefined }, true);
  const one = <T extends string>(id: string, label: string, options: readonly T[], value: T | undefined, labelOf: (option: T) => string, onChange: (value: T | undefined) => void): Filter => ({ id, label, options, labelOf: (option) => { const known = options.find((each) => each === option); return known === undefined ? option : labelOf(known); }, values: value === undefined ? undefined : [value], onChange: (values) => onChange(options.find((option) => values?.includes(option) && option !== value)) }); // prettier-ignore
  const text = (id: 'application' | 'address' | 'policy', label: string, placeholder: string): TextFilter => ({
    id,
    label,
    placeholder,
    value: search[id],
    onChange: (value) => set({ [id]: value }),
  });
  return (
    <Page
      title="Sign-in logs"
      count={rows && (data && data.length > SHOWN ? `the newest ${count(SHOWN)}` : count(rows.length))}
      actions={
        <TextLink to="/hunting" search={{ range: rangeOf(search) }} hash={`query=${encodeFragment(listQuery(search))}`}>
          Show query
        </TextLink>
      }
    >
      <Tabs tabs={tabs} value={search.kind ?? 'interactive'} onChange={(kind) => set({ kind, selected: undefined })} />
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Who, or a request id"
            onChange={(value) => set({ search: value }, true)}
          />
        }
        filters={[
          one('outcome', 'Result', signInOutcomes, search.outcome, outcomeName, (outcome) => set({ outcome })),
          one('access', 'Conditional Access', accessStatuses, search.access, accessName, (access) => set({ access })),
          one('risk', 'Risk', signInRisks, search.risk, words, (risk) => set({ risk })),
        ]}
        texts={[
          text('application', 'Application', 'Payroll'),
          text('address', 'Address', '198.51.100.7'),
          text('policy', 'Policy', 'name or id'),
        ]}
        end={
          <>
            {chooser}
            <TimeRange value={rangeOf(search)} onChange={(range) => set({ range })} />
          </>
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!rows && !error && <Loading rows={12} label="Loading sign-ins" />}
      {rows && (
        <div className={styles.root}>
          <Grid
            label="Sign-ins"
            rows={rows}
            columns={shown}
            rowId={({ Id, TimeGenerated }) => Id || TimeGenerated}
            openId={search.selected}
            onOpen={({ Id }) => set({ selected: Id }, true)}
            onClose={close}
            empty={
              <EmptyState icon={<PersonArrowRightRegular />} title="No sign-ins">
                None of this kind fits in this time. Sign-ins to Sallyport and to the applications registered here are
                here by themselves; those of Entra ID come once it is connected under Data.
              </EmptyState>
            }
          />
          {search.selected !== undefined && <SignInPanel key={search.selected} id={search.selected} onClose={close} />}
        </div>
      )}
    </Page>
  );
}
