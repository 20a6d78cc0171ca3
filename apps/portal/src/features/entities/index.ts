import { Criticality, EntityKind, RiskLevel, TimelineKind } from '@sallyport/contracts';
import { z } from 'zod';
import { listOf, oneOf, textOf } from '../../shared/address.ts';

/** Tabs of the page Assets, with the kinds that each shows. */
export const assetGroups = {
  all: undefined,
  devices: ['Host'],
  identities: ['Account'],
  addresses: ['IP'],
  apps: ['CloudApplication'],
  resources: ['AzureResource'],
  mail: ['Mailbox', 'MailMessage', 'MailCluster', 'SubmissionMail'],
  files: ['File', 'FileHash', 'Malware'],
  web: ['URL', 'DNS'],
} as const satisfies Record<string, readonly EntityKind[] | undefined>;
export type AssetGroup = keyof typeof assetGroups;
export const assetGroupNames: Readonly<Record<AssetGroup, string>> = {
  all: 'All',
  devices: 'Devices',
  identities: 'Identities',
  addresses: 'Addresses',
  apps: 'Applications',
  resources: 'Cloud resources',
  mail: 'Mail',
  files: 'Files',
  web: 'URLs and names',
};
export const assetSorts = ['risk', 'lastSeen', 'criticality', 'name'] as const;

const groupIds = Object.keys(assetGroups) as [AssetGroup, ...AssetGroup[]];
const Assets = z.object({
  group: oneOf(groupIds),
  criticality: listOf(Criticality.options),
  risk: listOf(RiskLevel.options),
  tag: textOf(64),
  search: textOf(200),
  sort: oneOf(assetSorts),
  order: oneOf(['asc', 'desc']),
  /** Id of the entity that is looked at. */
  selected: textOf(64),
});
export type AssetsSearch = Partial<z.infer<typeof Assets>>;
export const assetsSearch = (raw: Record<string, unknown>): AssetsSearch => Assets.parse(raw);

export const entityTabs = ['overview', 'timeline', 'insights', 'incidents'] as const;
const EntityState = z.object({
  tab: oneOf(entityTabs),
  range: textOf(64),
  kinds: listOf(TimelineKind.options),
  /** A workspace's GUID. Default: the first. */
  workspace: textOf(64),
});
export type EntitySearch = Partial<z.infer<typeof EntityState>>;
export const entitySearch = (raw: Record<string, unknown>): EntitySearch => EntityState.parse(raw);

/** What a cell names: a kind, and what it is called there. */
const Find = z.object({ kind: oneOf(EntityKind.options), value: textOf(2_048), workspace: textOf(64) });
export type FindEntitySearch = Partial<z.infer<typeof Find>>;
export const findEntitySearch = (raw: Record<string, unknown>): FindEntitySearch => Find.parse(raw);
