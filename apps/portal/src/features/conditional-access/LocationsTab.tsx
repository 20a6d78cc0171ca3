import { Checkbox, Field, Input, Textarea } from '@fluentui/react-components';
import { LocationRegular } from '@fluentui/react-icons';
import type { NamedLocation } from '@sallyport/contracts/conditional-access';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { ChooseOne } from '../../shared/choices.tsx';
import type { GridColumn } from '../../shared/Grid.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { ObjectsTab } from './ObjectsTab.tsx';
import type { TabProps } from './PoliciesTab.tsx';
import { locationsQuery } from './queries.ts';
import { useChange, useDeletion } from './useChange.ts';

const isIp = (location: NamedLocation): location is Extract<NamedLocation, { isTrusted: boolean }> =>
  location['@odata.type'] === '#microsoft.graph.ipNamedLocation';
const rangesOf = (location: NamedLocation): string[] =>
  isIp(location)
    ? location.ipRanges.map((range) =>
        'cidrAddress' in range ? range.cidrAddress : `${range.lowerAddress}-${range.upperAddress}`,
      )
    : [];
const countryNames = new Intl.DisplayNames(['en'], { type: 'region' });
export function countryName(code: string): string {
  try {
    return countryNames.of(code.toUpperCase()) ?? code;
  } catch {
    return code;
  }
}
const holdsOf = (location: NamedLocation): string =>
  isIp(location) ? plural(location.ipRanges.length, 'range') : location.countriesAndRegions.map(countryName).join(', ');

const columns: readonly GridColumn<NamedLocation>[] = [
  { id: 'name', header: 'Name', min: 200, grow: 2, cell: ({ displayName }) => <bdi>{visible(displayName)}</bdi> },
  { id: 'kind', header: 'Kind', min: 120, cell: (one) => (isIp(one) ? 'IP ranges' : 'Countries') },
  { id: 'holds', header: 'Holds', min: 200, grow: 3, cell: (one) => visible(holdsOf(one)) },
  {
    id: 'trusted',
    header: 'Trusted',
    min: 120,
    cell: (one) =>
      isIp(one) && <Status tone={one.isTrusted ? 'good' : 'off'}>{one.isTrusted ? 'Trusted' : 'No'}</Status>,
  },
  {
    id: 'changed',
    header: 'Changed',
    min: 112,
    drop: 1,
    cell: ({ modifiedDateTime, createdDateTime }) => <RelativeTime at={modifiedDateTime ?? createdDateTime ?? null} />,
  },
];

/** Networks and countries that policies name. */
export function LocationsTab(props: TabProps): ReactElement {
  const why = useRefusal('graphCreateNamedLocation', 'graphUpdateNamedLocation', 'graphDeleteNamedLocation');
  const query = useQuery(locationsQuery);
  const [editing, setEditing] = useState<NamedLocation | 'new'>();
  const remove = useDeletion((id: string) => client.graphDeleteNamedLocation({ params: { id } }), 'The location is deleted', () => props.set({ selected: undefined }, true)); // prettier-ignore
  return (
    <>
      <ObjectsTab
        why={why}
        {...props}
        query={query}
        columns={columns}
        label="Named locations"
        one="location"
        note="Networks by their addresses, and countries. Those that are trusted lower the risk of a sign-in, and count as “All trusted networks”."
        empty={
          <EmptyState icon={<LocationRegular />} title="No named locations">
            Name the company’s own networks first: policies then tell them from everywhere else.
          </EmptyState>
        }
        onNew={() => setEditing('new')}
        footer={(location) => (
          <>
            <RefusableButton why={why} size="small" appearance="primary" onClick={() => setEditing(location)}>
              Edit
            </RefusableButton>
            <ConfirmAction
              why={why}
              label="Delete"
              title={`Delete ${visible(location.displayName)}?`}
              disabled={remove.isPending}
              onConfirm={() => remove.run(location.id)}
            >
              A location that a policy names, or that is trusted, is not deleted.
            </ConfirmAction>
          </>
        )}
        panel={(location) => (
          <>
            <Facts
              facts={[
                ['Kind', isIp(location) ? 'IP ranges' : 'Countries'],
                ['Trusted', isIp(location) ? (location.isTrusted ? 'Yes' : 'No') : undefined],
                [
                  'Found by',
                  isIp(location)
                    ? undefined
                    : location.countryLookupMethod === 'authenticatorAppGps'
                      ? 'position of the phone'
                      : 'address',
                ],
                [
                  'Unknown countries',
                  isIp(location) ? undefined : location.includeUnknownCountriesAndRegions ? 'Included' : 'Not included',
                ],
              ]}
            />
            <Section title="Holds">
              <CodeBlock
                text={
                  isIp(location)
                    ? rangesOf(location).join('\n')
                    : location.countriesAndRegions.map((code) => `${code} ${countryName(code)}`).join('\n')
                }
                label="what the location holds"
              />
            </Section>
          </>
        )}
      />
      {editing !== undefined && (
        <LocationDialog location={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      )}
    </>
  );
}

const listOf = (text: string): string[] => text.split(/[\s,;]+/).filter((one) => one !== '');
const rangeOf = (text: string): Record<string, string> => {
  const [lowerAddress = '', upperAddress] = text.split('-');
  if (upperAddress !== undefined) return { lowerAddress, upperAddress };
  return { cidrAddress: text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}` };
};

function LocationDialog({
  location,
  onClose,
}: {
  location: NamedLocation | undefined;
  onClose: () => void;
}): ReactElement {
  const [kind, setKind] = useState<'ip' | 'countries'>(location && !isIp(location) ? 'countries' : 'ip');
  const [name, setName] = useState(location?.displayName ?? '');
  const [ranges, setRanges] = useState(location ? rangesOf(location).join('\n') : '');
  const [trusted, setTrusted] = useState(location !== undefined && isIp(location) && location.isTrusted);
  const [countries, setCountries] = useState(location && !isIp(location) ? location.countriesAndRegions.join(' ') : '');
  const [unknown, setUnknown] = useState(
    location !== undefined && !isIp(location) && location.includeUnknownCountriesAndRegions === true,
  );
  const held = listOf(kind === 'ip' ? ranges : countries);
  const save = useChange(
    () => {
      const body =
        kind === 'ip'
          ? {
              '@odata.type': '#microsoft.graph.ipNamedLocation',
              displayName: name.trim(),
              isTrusted: trusted,
              ipRanges: held.map(rangeOf),
            }
          : {
              '@odata.type': '#microsoft.graph.countryNamedLocation',
              displayName: name.trim(),
              countriesAndRegions: held.map((code) => code.toUpperCase()),
              includeUnknownCountriesAndRegions: unknown,
            };
      return location
        ? client.graphUpdateNamedLocation({ params: { id: location.id }, body })
        : client.graphCreateNamedLocation({ body });
    },
    `${visible(name.trim())} is saved`,
    onClose,
  );
  const bad = kind === 'countries' ? held.find((code) => !/^[a-z]{2}$/i.test(code)) : undefined;
  return (
    <FormDialog
      title={location ? 'Edit the location' : 'New location'}
      submit="Save"
      ready={name.trim() !== '' && bad === undefined && (held.length > 0 || (kind === 'countries' && unknown))}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <ChooseOne
        label="Kind"
        options={['ip', 'countries']}
        labelOf={(one) => (one === 'ip' ? 'IP ranges' : 'Countries')}
        value={kind}
        disabled={location !== undefined}
        onChange={setKind}
      />
      <Field label="Name" required>
        <Input value={name} maxLength={256} onChange={(_, { value }) => setName(value)} />
      </Field>
      {kind === 'ip' ? (
        <>
          <Field
            label="Ranges"
            required
            hint="One a line: 192.0.2.0/24, 2001:db8::/32, 192.0.2.1-192.0.2.20. Not wider than /8"
          >
            <Textarea rows={6} value={ranges} spellCheck={false} onChange={(_, { value }) => setRanges(value)} />
          </Field>
          <Checkbox
            label="Mark as trusted"
            checked={trusted}
            onChange={(_, { checked }) => setTrusted(checked === true)}
          />
        </>
      ) : (
        <>
          <Field
            label="Countries"
            required
            hint={
              held
                .filter((code) => /^[a-z]{2}$/i.test(code))
                .map(countryName)
                .join(', ') || 'By their two letters: NO SE DK'
            }
            {...(bad === undefined
              ? {}
              : {
                  validationState: 'error' as const,
                  validationMessage: `${visible(bad)} is no country by two letters`,
                })}
          >
            <Textarea rows={3} value={countries} spellCheck={false} onChange={(_, { value }) => setCountries(value)} />
          </Field>
          <Checkbox
            label="Addresses whose country is not known, too"
            checked={unknown}
            onChange={(_, { checked }) => setUnknown(checked === true)}
          />
        </>
      )}
    </FormDialog>
  );
}
