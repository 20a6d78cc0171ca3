import type { Queryable } from '../../platform/database/index.ts';
import { noSuch } from '../directory/store.ts';

export interface Device {
  readonly id: string;
  readonly deviceId: string;
  readonly displayName: string;
  readonly ownerId: string | null;
  readonly publicKey: Readonly<Record<string, unknown>>;
  readonly keyThumbprint: string;
  readonly trustType: 'AzureAd' | 'ServerAd' | 'Workplace';
  readonly ownership: 'company' | 'personal';
  readonly operatingSystem: string;
  readonly operatingSystemVersion: string;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly extensionAttributes: Readonly<Record<string, string>>;
  readonly registeredAt: Date;
  readonly lastSignInAt: Date | null;
  readonly disabledAt: Date | null;
  readonly isCompliant: boolean | null;
  readonly complianceSource: string | null;
  readonly complianceAt: Date | null;
}

export const deviceColumns = `d.id, d.device_id AS "deviceId", d.display_name AS "displayName", d.owner_id AS "ownerId", d.public_key AS "publicKey",
  d.key_thumbprint AS "keyThumbprint", d.trust_type AS "trustType", d.ownership, d.operating_system AS "operatingSystem",
  d.operating_system_version AS "operatingSystemVersion", d.manufacturer, d.model, d.extension_attributes AS "extensionAttributes",
  d.registered_at AS "registeredAt", d.last_sign_in_at AS "lastSignInAt", d.disabled_at AS "disabledAt", d.is_compliant AS "isCompliant",
  d.compliance_source AS "complianceSource", d.compliance_at AS "complianceAt"`;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const deviceRows = {
  byDeviceId: (db: Queryable, deviceId: string): Promise<Device | undefined> =>
    uuid.test(deviceId)
      ? db.first<Device>(`SELECT ${deviceColumns} FROM devices d WHERE d.device_id = $1`, [deviceId])
      : Promise.resolve(undefined),
  /** Throws NotFound. */
  get: async (db: Queryable, id: string): Promise<Device> => {
    const row = uuid.test(id)
      ? await db.first<Device>(`SELECT ${deviceColumns} FROM devices d WHERE d.id = $1`, [id])
      : undefined;
    if (!row) throw noSuch(id);
    return row;
  },
  ofPerson: (db: Queryable, personId: string) =>
    db.query<Device>(`SELECT ${deviceColumns} FROM devices d WHERE d.owner_id = $1 ORDER BY d.registered_at`, [
      personId,
    ]),
  insert: (tx: Queryable, row: Device) =>
    tx.execute(
      `INSERT INTO devices (id, device_id, display_name, owner_id, public_key, key_thumbprint, trust_type, ownership, operating_system, operating_system_version,
         manufacturer, model, registered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        row.id,
        row.deviceId,
        row.displayName,
        row.ownerId,
        JSON.stringify(row.publicKey),
        row.keyThumbprint,
        row.trustType,
        row.ownership,
        row.operatingSystem,
        row.operatingSystemVersion,
        row.manufacturer,
        row.model,
        row.registeredAt,
      ],
    ),
  change: (tx: Queryable, row: Device) =>
    tx.execute(
      `UPDATE devices SET display_name = $2, trust_type = $3, ownership = $4, operating_system = $5, operating_system_version = $6, manufacturer = $7, model = $8,
         extension_attributes = $9, disabled_at = $10, is_compliant = $11, compliance_source = $12, compliance_at = $13 WHERE id = $1`,
      [
        row.id,
        row.displayName,
        row.trustType,
        row.ownership,
        row.operatingSystem,
        row.operatingSystemVersion,
        row.manufacturer,
        row.model,
        JSON.stringify(row.extensionAttributes),
        row.disabledAt,
        row.isCompliant,
        row.complianceSource,
        row.complianceAt,
      ],
    ),
};
