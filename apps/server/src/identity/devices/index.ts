import {
  freshMinutes,
  SallyportError,
  type deviceRoutes,
  type graphDeviceRoutes,
  type MyDevice,
} from '@sallyport/contracts';
import { requirePerson, type Handlers } from '../../platform/http/index.ts';
import { metadataOf, pageAnswer, queryPage, Parameters, readListOptions, selected, type Properties, type RawQuery } from '../../platform/odata/index.ts'; // prettier-ignore
import type { FastifyRequest } from 'fastify';
import type { Platform } from '../../platform/types.ts';
import { authorOf } from '../../platform/directory-audit.ts';
import { directoryPeople } from '../directory/store.ts';
import { complianceOf, DeviceChange, type DeviceCommands } from './commands.ts';
import type { DeviceProofs } from './proof.ts';
import { deviceColumns, deviceRows, type Device } from './store.ts';

export { createDeviceCommands } from './commands.ts';
export { createDeviceFacts, deviceDetail } from './facts.ts';
export { createProofs, type DeviceProofs } from './proof.ts';
export { deviceRows, type Device } from './store.ts';

const freshMs = freshMinutes * 60_000;
const pageDefault = 100;
const pageMax = 999;

/** Graph's device. */
const graphForm = (device: Device, now: Date): Record<string, unknown> => ({
  id: device.id,
  deviceId: device.deviceId,
  displayName: device.displayName,
  accountEnabled: device.disabledAt === null,
  trustType: device.trustType,
  deviceOwnership: device.ownership,
  operatingSystem: device.operatingSystem,
  operatingSystemVersion: device.operatingSystemVersion,
  manufacturer: device.manufacturer,
  model: device.model,
  isCompliant: complianceOf(device, now),
  isManaged: device.trustType !== 'Workplace',
  complianceExpirationDateTime: null,
  profileType: 'RegisteredDevice',
  registrationDateTime: device.registeredAt.toISOString(),
  approximateLastSignInDateTime: device.lastSignInAt?.toISOString() ?? null,
  extensionAttributes: device.extensionAttributes,
  '@sallyport.complianceSource': device.complianceSource,
  '@sallyport.complianceDateTime': device.complianceAt?.toISOString() ?? null,
});
const properties: Properties = {
  single: {
    id: { sql: 'd.id::text', type: 'string' },
    deviceId: { sql: 'd.device_id::text', type: 'string' },
    displayName: { sql: 'd.display_name', type: 'string' },
    accountEnabled: { sql: '(d.disabled_at IS NULL)', type: 'boolean' },
    isCompliant: {
      sql: `(CASE WHEN d.compliance_at > now() - interval '30 days' THEN d.is_compliant END)`,
      type: 'boolean',
      nullable: true,
    },
    trustType: { sql: 'd.trust_type', type: 'string' },
    operatingSystem: { sql: 'd.operating_system', type: 'string' },
    operatingSystemVersion: { sql: 'd.operating_system_version', type: 'string' },
    registrationDateTime: { sql: 'd.registered_at', type: 'datetime' },
    approximateLastSignInDateTime: { sql: 'd.last_sign_in_at', type: 'datetime', nullable: true },
  },
};

const mine = (device: Device, now: Date): MyDevice => ({
  id: device.id,
  deviceId: device.deviceId,
  displayName: device.displayName,
  operatingSystem: device.operatingSystem,
  operatingSystemVersion: device.operatingSystemVersion,
  registeredAt: device.registeredAt.toISOString(),
  lastSignInAt: device.lastSignInAt?.toISOString() ?? null,
  enabled: device.disabledAt === null,
  isCompliant: complianceOf(device, now),
});

export function deviceHandlers(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  commands: DeviceCommands,
  proofs: DeviceProofs,
): Handlers<typeof deviceRoutes> {
  return {
    makeDeviceNonce: () => proofs.nonce(),
    listMyDevices: async (context) => ({
      devices: (await deviceRows.ofPerson(database, requirePerson(context).id)).map((one) => mine(one, clock.now())),
    }),
    registerDevice: async (context, { body }) => {
      const { id, session } = requirePerson(context);
      if (clock.now().getTime() - session.startedAt.getTime() > freshMs)
        throw new SallyportError('Forbidden', 'sign in again first: this sign-in is not fresh', {
          target: 'freshSignIn',
        });
      const device = await commands.register(id, body, authorOf(context));
      context.audit({ target: `device ${device.displayName}` });
      return mine(device, clock.now());
    },
    removeMyDevice: async (context, { params }) => {
      const device = await commands.remove(params.id, authorOf(context), requirePerson(context).id);
      context.audit({ target: `device ${device.displayName}` });
      return {};
    },
  };
}

export function graphDeviceHandlers(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  commands: DeviceCommands,
): Handlers<typeof graphDeviceRoutes> {
  const list = async ({ query, request }: { query: RawQuery; request: FastifyRequest }, ownerId?: string) => {
    const options = readListOptions(query, ['$filter', '$orderby', '$top', '$count', '$select', '$skiptoken']);
    const parameters = new Parameters();
    const from = `devices d WHERE ${ownerId === undefined ? 'true' : `d.owner_id = ${parameters.bind(ownerId)}`}`;
    const order = { key: properties.single['id']!, defaultOrder: [{ path: 'displayName', descending: false }] };
    const { rows, next, count } = await queryPage<Device>(database, {
      columns: deviceColumns,
      from,
      properties,
      order,
      options,
      parameters,
      pageDefault,
      pageMax,
    });
    const value = rows.map((row) => graphForm(row, clock.now()));
    return pageAnswer(request, 'devices', options, { value, next, count });
  };
  return {
    graphListDevices: (_context, asked) => list(asked),
    graphRegisteredDevices: async (_context, { params, ...asked }) =>
      list(asked, (await directoryPeople.get(database, params.id)).id),
    graphGetDevice: async (_context, { params, query, request }) => ({
      '@odata.context': metadataOf(request, 'devices/$entity'),
      ...selected(
        graphForm(await deviceRows.get(database, params.id), clock.now()),
        readListOptions(query, ['$select']),
      ),
    }),
    graphUpdateDevice: async (context, { params, body, reply }) => {
      const change = DeviceChange.safeParse(body);
      if (!change.success)
        throw new SallyportError('BadRequest', change.error.issues[0]?.message ?? 'not a change of a device');
      const device = await commands.update(params.id, change.data, authorOf(context));
      context.audit({ target: `device ${device.displayName}`, details: body });
      return reply.code(204).send();
    },
    graphDeleteDevice: async (context, { params, reply }) => {
      const device = await commands.remove(params.id, authorOf(context));
      context.audit({ target: `device ${device.displayName}` });
      return reply.code(204).send();
    },
  };
}
