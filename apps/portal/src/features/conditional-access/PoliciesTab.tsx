import {
  Button,
  makeStyles,
  Menu,
  MenuList,
  MenuPopover,
  MenuTrigger,
  MessageBar,
  MessageBarBody,
  tokens,
} from '@fluentui/react-components';
import { AddRegular, ShieldKeyholeRegular } from '@fluentui/react-icons';
import { policyStates, type ConditionalAccessPolicy } from '@sallyport/contracts/conditional-access';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { download } from '../../shared/download.ts';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, RefusableMenuItem, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { written } from './draft.ts';
import { effectWords } from './EffectView.tsx';
import { ImportDialog } from './ImportDialog.tsx';
import type { AccessSearch } from './index.ts';
import { useNames } from './names.ts';
import { PolicyPanel, PolicyStatus } from './PolicyPanel.tsx';
import { effectQuery, policiesQuery } from './queries.ts';
import { TemplatesDialog } from './TemplatesDialog.tsx';
import { conditionsOf, controlsOf, stateWords, whatOf, whoOf } from './words.ts';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

export interface TabProps {
  readonly search: AccessSearch;
  readonly set: (change: AccessSearch, replace?: boolean) => void;
}

interface Row {
  readonly policy: ConditionalAccessPolicy;
  readonly who: string;
  readonly what: string;
  readonly conditions: string;
  readonly controls: string;
  readonly effect: string | undefined;
}

const columns: readonly GridColumn<Row>[] = [
  { id: 'name', header: 'Name', min: 200, grow: 3, cell: ({ policy }) => <bdi>{visible(policy.displayName)}</bdi> },
  { id: 'state', header: 'State', min: 120, cell: ({ policy }) => <PolicyStatus state={policy.state} /> },
  { id: 'who', header: 'Who', min: 120, grow: 2, cell: ({ who }) => <bdi>{visible(who)}</bdi> },
  { id: 'what', header: 'What', min: 120, grow: 2, drop: 1, cell: ({ what }) => <bdi>{visible(what)}</bdi> },
  { id: 'conditions', header: 'Conditions', min: 120, grow: 2, drop: 3, cell: ({ conditions }) => conditions },
  { id: 'controls', header: 'Controls', min: 140, grow: 2, cell: ({ controls }) => <bdi>{visible(controls)}</bdi> },
  { id: 'effect', header: 'People, 7 days', min: 140, drop: 2, cell: ({ effect }) => effect },
  {
    id: 'changed',
    header: 'Changed',
    min: 112,
    drop: 4,
    cell: ({ policy }) => <RelativeTime at={policy.modifiedDateTime ?? policy.createdDateTime ?? null} />,
  },
];

type Open = 'templates' | 'import' | undefined;

/** The policies of the tenant. */
export function PoliciesTab({ search, set }: TabProps): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const why = useRefusal('graphCreatePolicy');
  const names = useNames();
  const { data, error, refetch } = useQuery(policiesQuery);
  const effect = useQuery(effectQuery(7)).data;
  const { shown, chooser } = useColumns('policies', columns);
  const [open, setOpen] = useState<Open>();
  const wanted = (search.search ?? '').toLowerCase();
  const rows = (data?.policies ?? [])
    .filter(({ state }) => search.state === undefined || state === search.state)
    .map((policy): Row => {
      const own = effect?.policies.find(({ id }) => id === policy.id);
      return {
        policy,
        who: whoOf(policy, names),
        what: whatOf(policy, names),
        conditions: conditionsOf(policy).join(', '),
        controls: controlsOf(policy, names),
        effect: policy.state === 'disabled' || !own ? undefined : effectWords(own),
      };
    })
    .filter(({ policy, who, what, controls }) =>
      `${policy.displayName} ${who} ${what} ${controls}`.toLowerCase().includes(wanted),
    );
  const selected = data?.policies.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined }, true);
  const make = (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <RefusableButton why={why} appearance="primary" size="small" icon={<AddRegular />}>
          New policy
        </RefusableButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <RefusableMenuItem why={why} onClick={() => setOpen('templates')}>
            From a template
          </RefusableMenuItem>
          <RefusableMenuItem
            why={why}
            onClick={() => void navigate({ to: '/conditional-access/policies/$id', params: { id: 'new' } })}
          >
            Blank
          </RefusableMenuItem>
          <RefusableMenuItem why={why} onClick={() => setOpen('import')}>
            Import JSON
          </RefusableMenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
  return (
    <>
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Name, who, what or control"
            onChange={(text) => set({ search: text }, true)}
          />
        }
        filters={[
          {
            id: 'state',
            label: 'State',
            options: policyStates,
            labelOf: (option) => stateWords[policyStates.find((one) => one === option) ?? 'disabled'],
            values: search.state ? [search.state] : undefined,
            onChange: (values) =>
              set({ state: policyStates.find((one) => values?.includes(one) && one !== search.state) }),
          },
        ]}
        end={
          <>
            {chooser}
            {data && data.policies.length > 0 && (
              <Button
                size="small"
                appearance="subtle"
                onClick={() =>
                  download(
                    'conditional-access-policies.json',
                    'application/json',
                    JSON.stringify(data.policies.map(written), null, 2),
                  )
                }
              >
                Export all
              </Button>
            )}
            {make}
          </>
        }
      />
      {open === 'templates' && <TemplatesDialog onClose={() => setOpen(undefined)} />}
      {open === 'import' && <ImportDialog onClose={() => setOpen(undefined)} />}
      {data && data.unreadable.length > 0 && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            {plural(data.unreadable.length, 'policy', 'policies')} can’t be shown here and hold all the same:{' '}
            {data.unreadable.map((name) => visible(name)).join(', ')}
          </MessageBarBody>
        </MessageBar>
      )}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={10} label="Loading policies" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Policies"
            rows={rows}
            columns={shown}
            rowId={({ policy }) => policy.id}
            openId={selected?.id}
            onOpen={({ policy }) => set({ selected: policy.id }, true)}
            onClose={close}
            empty={
              data.policies.length === 0 ? (
                <EmptyState icon={<ShieldKeyholeRegular />} title="No policies" action={make || undefined}>
                  Whoever has a password and a code, or a passkey, gets in from everywhere. Begin with a template: it
                  only reports at first, and says whom it would have met.
                </EmptyState>
              ) : (
                <EmptyState icon={<ShieldKeyholeRegular />} title="No policy fits">
                  None has this text and state.
                </EmptyState>
              )
            }
          />
          {selected && <PolicyPanel key={selected.id} policy={selected} names={names} onClose={close} />}
        </div>
      )}
    </>
  );
}
