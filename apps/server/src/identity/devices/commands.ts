import { randomUUID } from 'node:crypto';
import { SallyportError, type BodyOf, type deviceRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import { isUniqueViolation, type Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { recordChange, type ActivityName, type Author } from '../../platform/directory-audit.ts';
import { DeviceKey, type DeviceProofs } from './proof.ts';
import { deviceRows, type Device } from './store.ts';

/** Entra's: https://learn.microsoft.com/entra/identity/devices/manage-device-identities */
const devicesOfAPerson = 50;
/** Intune's compliance status validity period: after that nobody has said anything. */
const complianceValidMs = 30 * 86_400_000;

/** Whether a device is compliant, as far as somebody has said so lately. */
export const complianceOf = ({ isCompliant, complianceAt }: Device, now: Date): boolean | null =>
  complianceAt === null || now.getTime() - complianceAt.getTime() > complianceValidMs ? null : isCompliant;

const extension = z.string().max(1_024);
/** What Graph's PATCH takes. */
export const DeviceChange = z
  .object({
    accountEnabled: z.boolean(),
    displayName: z.string().trim().min(1).max(256),
    isCompliant: z.boolean().nullable(),
    operatingSystem: z.string().min(1).max(256),
    operatingSystemVersion: z.string().max(64),
    manufacturer: z.string().max(256).nullable(),
    model: z.string().max(256).nullable(),
    trustType: z.enum(['AzureAd', 'ServerAd', 'Workplace']),
    deviceOwnership: z.enum(['company', 'personal']),
    extensionAttributes: z.partialRecord(
      z.enum(Array.from({ length: 15 }, (_, i) => `extensionAttribute${i + 1}`)),
      extension.nullable(),
    ),
  })
  .partial()
  .strict();
export type DeviceChange = z.infer<typeof DeviceChange>;

export function createDeviceCommands(platform: Pick<Platform, 'database' | 'clock' | 'audit'>, proofs: DeviceProofs) {
  const { database, clock, audit } = platform;
  const record = (
    activity: ActivityName,
    device: Device,
    values: { oldValue?: unknown; newValue?: unknown },
    by: Author,
    tx: Queryable,
  ) =>
    recordChange(
      audit,
      {
        activity,
        target: { id: device.id, name: device.displayName },
        modified: { displayName: 'Device', ...values },
      },
      by,
      tx,
    );
  const endSessions = (tx: Queryable, deviceId: string) =>
    tx.execute('UPDATE sessions SET revoked_at = $2 WHERE device_id = $1 AND revoked_at IS NULL', [
      deviceId,
      clock.now(),
    ]);

  return {
    /** Throws BadRequest when the proof is not by the key; Conflict when the key is another device's already. */
    async register(ownerId: string, body: BodyOf<typeof deviceRoutes.registerDevice>, by: Author): Promise<Device> {
      const key = DeviceKey.safeParse(body.publicKey);
      if (!key.success)
        throw new SallyportError('BadRequest', 'a public JWK of P-256 or Ed25519 is expected', { target: 'body.publicKey' }); // prettier-ignore
      const keyThumbprint = await proofs.enrol(body.proof, key.data);
      const device: Device = {
        id: randomUUID(),
        deviceId: randomUUID(),
        displayName: body.displayName,
        ownerId,
        publicKey: key.data,
        keyThumbprint,
        trustType: 'Workplace',
        ownership: 'personal',
        operatingSystem: body.operatingSystem,
        operatingSystemVersion: body.operatingSystemVersion,
        manufacturer: body.manufacturer,
        model: body.model,
        extensionAttributes: {},
        registeredAt: clock.now(),
        lastSignInAt: null,
        disabledAt: null,
        isCompliant: null,
        complianceSource: null,
        complianceAt: null,
      };
      try {
        return await database.transaction(async (tx) => {
          await tx.execute('LOCK TABLE devices IN SHARE ROW EXCLUSIVE MODE');
          if ((await deviceRows.ofPerson(tx, ownerId)).length >= devicesOfAPerson)
            throw new SallyportError('BadRequest', `at most ${devicesOfAPerson} devices; remove one first`);
          await deviceRows.insert(tx, device);
          await record('Register device', device, { newValue: { trustType: device.trustType, keyThumbprint } }, by, tx);
          return device;
        });
      } catch (error) {
        if (isUniqueViolation(error)) throw new SallyportError('Conflict', 'this key is registered', { cause: error });
        throw error;
      }
    },

    /** Compliance is noted with who said so, and when. Throws NotFound. */
    update: (id: string, change: DeviceChange, by: Author): Promise<Device> =>
      database.transaction(async (tx) => {
        await tx.execute('LOCK TABLE devices IN SHARE ROW EXCLUSIVE MODE');
        const before = await deviceRows.get(tx, id);
        const now = clock.now();
        const { accountEnabled, deviceOwnership, isCompliant, extensionAttributes, ...rest } = change;
        const extensions = { ...before.extensionAttributes, ...extensionAttributes };
        const after: Device = {
          ...before,
          ...(Object.fromEntries(
            Object.entries(rest).filter(([, value]) => value !== undefined),
          ) as typeof rest as Partial<Device>),
          ownership: deviceOwnership ?? before.ownership,
          disabledAt:
            accountEnabled === undefined ? before.disabledAt : accountEnabled ? null : (before.disabledAt ?? now),
          extensionAttributes: Object.fromEntries(
            Object.entries(extensions).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
          ),
          ...(isCompliant === undefined ? {} : { isCompliant, complianceSource: by.name, complianceAt: now }),
        };
        await deviceRows.change(tx, after);
        const failed = complianceOf(before, now) === true && complianceOf(after, now) !== true;
        await record(failed ? 'Device no longer compliant' : 'Update device', after, { newValue: change }, by, tx);
        if (after.disabledAt !== null && before.disabledAt === null) await endSessions(tx, after.deviceId);
        return after;
      }),

    /** Throws NotFound; also for another's device where `ownerId` is given. */
    remove: (id: string, by: Author, ownerId?: string): Promise<Device> =>
      database.transaction(async (tx) => {
        const device = await deviceRows.get(tx, id);
        if (ownerId !== undefined && device.ownerId !== ownerId)
          throw new SallyportError('NotFound', 'there is no such device');
        await tx.execute('DELETE FROM devices WHERE id = $1', [id]);
        await record('Delete device', device, { oldValue: { keyThumbprint: device.keyThumbprint } }, by, tx);
        await endSessions(tx, device.deviceId);
        return device;
      }),
  };
}
export type DeviceCommands = ReturnType<typeof createDeviceCommands>;
