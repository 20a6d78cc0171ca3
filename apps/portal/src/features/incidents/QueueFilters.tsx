import { Classification, Determination, IncidentStatus, Severity as SeverityEnum, tactics } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { useMe } from '../../shared/api.ts';
import { FilterBar, FilterSearch, type Filter } from '../../shared/FilterBar.tsx';
import { useAssignable } from '../../shared/people.ts';
import { usePreferences } from '../../shared/preferences.ts';
import { words } from '../../shared/text.ts';
import { rangeLabel } from '../../shared/time.ts';
import { firstWorkspace, useWorkspaces } from '../../shared/workspaces.ts';
import { rulesQuery } from '../rules/queries.ts';
import { levelStates, type IncidentsSearch } from './index.ts';
import { openStatuses } from './queries.ts';

const PEOPLE_MAX = 30;
const ranges = ['24h', '7d', '30d', '90d'];
const times = { created: 'Created', updated: 'Updated', activity: 'Last activity', closed: 'Closed' } as const;
const levelNames: Record<string, string> = {
  onTime: 'In time',
  breaching: 'Nearly late',
  breached: 'Late',
  missed: 'Closed late',
};

/** Filters of the queue. Those that few need come when they are asked for. */
export function QueueFilters(props: {
  filters: IncidentsSearch;
  set: (change: Partial<IncidentsSearch>, replace?: boolean) => void;
  end: ReactNode;
}): ReactElement {
  const { filters, set } = props;
  const navigate = useNavigate();
  const me = useMe();
  const { zone } = usePreferences();
  const people = useAssignable();
  const workspaces = useWorkspaces();
  const rules = useQuery(rulesQuery).data?.rules ?? [];
  const chosenOwners = filters.owner?.split(',').filter(Boolean);
  const owners = [
    ...new Set([
      'none',
      me.userPrincipalName,
      ...(chosenOwners ?? []),
      ...people.slice(0, PEOPLE_MAX).map(({ name }) => name),
    ]),
  ];
  const list = <T extends string>(
    id: keyof IncidentsSearch,
    label: string,
    options: readonly T[],
    more: Partial<Filter> = {},
  ): Filter => {
    const values = filters[id];
    return {
      id,
      label,
      options,
      values: Array.isArray(values) ? values.map(String) : undefined,
      onChange: (chosen) => set({ [id]: chosen }),
      ...more,
    };
  };
  const time = filters.time ?? 'created';
  return (
    <FilterBar
      search={
        <FilterSearch
          value={filters.search}
          placeholder="Title, entity or number"
          onChange={(text) => set({ search: text }, true)}
          onEnter={(text) => {
            const [, number] = /^#?([1-9]\d{0,8})$/.exec(text) ?? [];
            if (number !== undefined) void navigate({ to: '/incidents/$number', params: { number } });
          }}
        />
      }
      filters={[
        list('status', 'Status', IncidentStatus.options, {
          values: filters.status ?? openStatuses,
          onChange: (values) =>
            set({ status: IncidentStatus.options.filter((one) => values === undefined || values.includes(one)) }),
        }),
        list('severity', 'Severity', SeverityEnum.options),
        {
          id: 'owner',
          label: 'Owner',
          options: owners,
          labelOf: (owner) => (owner === 'none' ? 'Unassigned' : owner === me.userPrincipalName ? 'Me' : owner),
          values: chosenOwners,
          onChange: (values) => set({ owner: values?.join(',') }),
        },
        ...(workspaces.several
          ? [
              {
                id: 'workspace',
                label: 'Workspace',
                options: workspaces.all.map(({ id, isDefault }) => (isDefault ? firstWorkspace : id)),
                labelOf: (id: string) => workspaces.nameOf(id === firstWorkspace ? null : id),
                values: filters.workspace?.split(',').filter(Boolean),
                onChange: (values: string[] | undefined) => set({ workspace: values?.join(',') }),
              },
            ]
          : []),
        list('level', 'Service level', levelStates, { labelOf: (state) => levelNames[state] ?? state }),
        {
          id: 'range',
          label: times[time],
          options: ranges,
          labelOf: (range) => rangeLabel(range, zone),
          values: filters.range === undefined ? undefined : [filters.range],
          onChange: (values) => set({ range: values?.find((one) => one !== filters.range) ?? values?.at(-1) }),
        },
        ...(filters.range === undefined
          ? []
          : [
              {
                id: 'time',
                label: 'Time of',
                options: Object.keys(times),
                labelOf: (one: string) => words(one),
                values: [time],
                onChange: (values: string[] | undefined) => {
                  const next = values?.find((one) => one !== time);
                  set({ time: next === 'updated' || next === 'activity' || next === 'closed' ? next : undefined });
                },
              },
            ]),
        list('tactic', 'Tactic', tactics, { rare: true }),
        list('classification', 'Classification', [...Classification.options, 'none'], {
          labelOf: (one) => (one === 'none' ? 'Not yet' : words(one)),
          rare: true,
        }),
        list('determination', 'Determination', Determination.options, { rare: true }),
      ]}
      texts={[
        {
          id: 'technique',
          label: 'Technique',
          placeholder: 'T1059',
          value: filters.technique,
          onChange: (technique) => set({ technique: technique?.toUpperCase() }),
          rare: true,
        },
        {
          id: 'label',
          label: 'Label',
          placeholder: 'A label',
          value: filters.label,
          onChange: (label) => set({ label }),
          rare: true,
        },
        {
          id: 'rule',
          label: 'Rule',
          placeholder: 'Name or id',
          value: filters.rule,
          labelOf: (id) => rules.find((rule) => rule.id === id)?.name ?? id,
          known: rules.map(({ name }) => name),
          onChange: (rule) => set({ rule: rules.find(({ name }) => name === rule)?.id ?? rule }),
          rare: true,
        },
      ]}
      end={props.end}
    />
  );
}
