import {
  clientAppTypes,
  devicePlatforms,
  insiderRiskLevels,
  riskLevels,
  transferMethods,
  type RiskLevel,
} from '@sallyport/contracts/conditional-access';
import type { ReactElement } from 'react';
import { ChooseSeveral } from '../../../shared/choices.tsx';
import { FieldPair } from '../../../shared/FormDialog.tsx';
import { words } from '../../../shared/text.ts';
import { Picker } from '../Picker.tsx';
import { clientWords, platformWords } from '../words.ts';
import { FilterField } from './FilterField.tsx';
import { Choose, flagList, flagText, orNone, Part, Sides, type Conditions, type FormProps } from './parts.tsx';

type Where = 'any' | 'all' | 'trusted' | 'some';
const isWord = (id: string): boolean => id === 'All' || id === 'AllTrusted';

const whereKind = ({ locations }: Conditions): Where => {
  if (!locations) return 'any';
  if (locations.includeLocations?.includes('All')) return 'all';
  return locations.includeLocations?.includes('AllTrusted') ? 'trusted' : 'some';
};

/** Networks, as named locations have them. */
export function NetworkPart({ policy, names, onChange }: FormProps): ReactElement {
  const { conditions } = policy;
  const { locations } = conditions;
  const kind = whereKind(conditions);
  const set = (change: Conditions['locations']): void =>
    onChange({ ...policy, conditions: { ...conditions, locations: change } });
  const choose = (where: Where): void => {
    const excludeLocations = orNone(locations?.excludeLocations ?? []);
    if (where === 'any') return set(undefined);
    const includeLocations =
      where === 'all'
        ? ['All']
        : where === 'trusted'
          ? ['AllTrusted']
          : (locations?.includeLocations ?? []).filter((id) => !isWord(id));
    return set({ includeLocations, excludeLocations });
  };
  return (
    <Part title="Network">
      <Choose
        label="From where?"
        options={[
          ['any', 'Not a condition'],
          ['all', 'Any network or location'],
          ['trusted', 'All trusted networks and locations'],
          ['some', 'Selected networks and locations'],
        ]}
        value={kind}
        onChange={choose}
      />
      {locations && (
        <Sides
          include={
            kind === 'some' ? (
              <Picker
                label="Locations"
                kind="location"
                names={names}
                values={locations.includeLocations ?? []}
                onChange={(includeLocations) => set({ ...locations, includeLocations })}
              />
            ) : (
              <span>{kind === 'all' ? 'Everywhere' : 'What is trusted'}</span>
            )
          }
          exclude={
            <Picker
              label="Excluded locations"
              kind="location"
              names={names}
              values={locations.excludeLocations ?? []}
              onChange={(ids) => set({ ...locations, excludeLocations: orNone(ids) })}
            />
          }
        />
      )}
    </Part>
  );
}

const risks: readonly RiskLevel[] = riskLevels.filter((level) => level !== 'hidden');
const flowWords: Readonly<Record<(typeof transferMethods)[number], string>> = {
  deviceCodeFlow: 'Device code flow',
  authenticationTransfer: 'Authentication transfer',
};

/** Risk, device, client and flow. */
export function ConditionsPart({ policy, onChange }: FormProps): ReactElement {
  const { conditions } = policy;
  const set = (change: Partial<Conditions>): void => onChange({ ...policy, conditions: { ...conditions, ...change } });
  const { platforms } = conditions;
  const clients = conditions.clientAppTypes ?? [];
  const isWorkload = Boolean(conditions.clientApplications);
  return (
    <Part title="Conditions">
      {isWorkload ? (
        <ChooseSeveral
          label="Service principal risk"
          none="Not a condition"
          options={risks}
          labelOf={words}
          values={conditions.servicePrincipalRiskLevels ?? []}
          onChange={(levels) => set({ servicePrincipalRiskLevels: orNone(levels) })}
        />
      ) : (
        <>
          <FieldPair>
            <ChooseSeveral
              label="User risk"
              none="Not a condition"
              options={risks}
              labelOf={words}
              values={conditions.userRiskLevels ?? []}
              onChange={(levels) => set({ userRiskLevels: orNone(levels) })}
            />
            <ChooseSeveral
              label="Sign-in risk"
              none="Not a condition"
              options={risks}
              labelOf={words}
              values={conditions.signInRiskLevels ?? []}
              onChange={(levels) => set({ signInRiskLevels: orNone(levels) })}
            />
          </FieldPair>
          <FieldPair>
            <ChooseSeveral
              label="Insider risk"
              none="Not a condition"
              options={insiderRiskLevels}
              labelOf={words}
              values={flagList(conditions.insiderRiskLevels, insiderRiskLevels)}
              onChange={(levels) => set({ insiderRiskLevels: flagText(levels) })}
            />
            <ChooseSeveral
              label="Authentication flows"
              none="Not a condition"
              options={transferMethods}
              labelOf={(flow) => flowWords[flow]}
              values={flagList(conditions.authenticationFlows?.transferMethods, transferMethods)}
              onChange={(flows) =>
                set({ authenticationFlows: flows.length === 0 ? undefined : { transferMethods: flagText(flows) } })
              }
            />
          </FieldPair>
          <FieldPair>
            <ChooseSeveral
              label="Device platforms"
              none="Not a condition"
              options={['all', ...devicePlatforms]}
              labelOf={(platform) => platformWords[platform]}
              values={platforms?.includePlatforms ?? []}
              onChange={(include) =>
                set({ platforms: include.length === 0 ? undefined : { ...platforms, includePlatforms: include } })
              }
            />
            <ChooseSeveral
              label="Excluded platforms"
              none="None"
              options={devicePlatforms}
              labelOf={(platform) => platformWords[platform]}
              values={(platforms?.excludePlatforms ?? []).filter((one) => one !== 'all')}
              onChange={(exclude) =>
                set({
                  platforms: {
                    includePlatforms: platforms?.includePlatforms ?? ['all'],
                    excludePlatforms: orNone(exclude),
                  },
                })
              }
            />
          </FieldPair>
          <ChooseSeveral
            label="Client apps"
            none="Any client"
            options={clientAppTypes}
            labelOf={(client) => clientWords[client]}
            values={clients.filter((one) => one !== 'all')}
            onChange={(chosen) => set({ clientAppTypes: chosen.length === 0 ? ['all'] : chosen })}
          />
          <FilterField
            label="Filter for devices"
            placeholder='device.trustType -eq "Workplace"'
            filter={conditions.devices?.deviceFilter}
            onChange={(deviceFilter) => set({ devices: deviceFilter ? { deviceFilter } : undefined })}
          />
        </>
      )}
    </Part>
  );
}
