import { z } from 'zod';

/** Of Microsoft Defender XDR unified RBAC, with Sentinel's workspaces as one. https://learn.microsoft.com/defender-xdr/create-custom-rbac-roles */
export const dataSources = [
  'Endpoint',
  'VulnerabilityManagement',
  'Office365',
  'Identity',
  'DefenderForCloud',
  'ExposureManagement',
  'CloudApps',
  'Sentinel',
] as const;
export const DataSource = z.enum(dataSources);
export type DataSource = z.infer<typeof DataSource>;

const listMax = 1_000;
/** Everything of its kind, also what is yet to come; or those that are listed. */
const allOr = <T extends z.ZodType<string>>(one: T) =>
  z.union([z.literal('all'), z.array(one).min(1).max(listMax)]).default('all');

/**
 * What an assignment reaches. A row is within it when each part admits it. Where a person has several assignments with a permission, a row is within reach
 * when it is within one of them.
 */
export const AssignmentScope = z.strictObject({
  dataSources: allOr(DataSource),
  /** Ids. */
  workspaces: allOr(z.guid()),
  /** Names, as `DeviceInfo.MachineGroup` has them; empty: devices in no group. Rows that are of no device are admitted. */
  deviceGroups: allOr(z.string().max(256)),
  tables: allOr(z.string().min(1).max(128)),
  /** Of these tables only the rows for which a condition in KQL holds; other tables are whole. */
  rows: z
    .array(z.strictObject({ table: z.string().min(1).max(128), where: z.string().min(1).max(10_000) }))
    .max(100)
    .default([]),
});
export type AssignmentScope = z.infer<typeof AssignmentScope>;

/** Everything, also what is yet to come. */
export const wholeScope: AssignmentScope = AssignmentScope.parse({});
