import { z } from 'zod';
import { route } from '../route.ts';

export const deviceProofHeader = 'x-sallyport-device-proof';

/** A device of the caller's. */
export const MyDevice = z.object({
  id: z.uuid(),
  deviceId: z.uuid(),
  displayName: z.string(),
  operatingSystem: z.string(),
  operatingSystemVersion: z.string(),
  registeredAt: z.iso.datetime(),
  lastSignInAt: z.iso.datetime().nullable(),
  enabled: z.boolean(),
  /** Null: nobody has said so, or not for 30 days. */
  isCompliant: z.boolean().nullable(),
});
export type MyDevice = z.infer<typeof MyDevice>;

const name = z.string().trim().min(1).max(256);
const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const params = z.object({ id: z.uuid() });
const body = z.record(z.string().max(128), z.unknown());
const response = z.record(z.string(), z.unknown());
const read = { method: 'GET', permission: 'users.read', query, response } as const;
const write = { permission: 'users.manage', response: 'raw', params } as const;

export const deviceRoutes = {
  makeDeviceNonce: route({
    method: 'POST',
    path: '/api/device-nonce',
    permission: 'public',
    summary: 'What a device signs with its key to prove itself, good for 5 minutes and one use',
    response: z.object({ nonce: z.string(), audience: z.string() }),
  }),
  listMyDevices: route({
    method: 'GET',
    path: '/api/me/devices',
    permission: 'signedIn',
    summary: 'The caller’s devices',
    response: z.object({ devices: z.array(MyDevice) }),
  }),
  registerDevice: route({
    method: 'POST',
    path: '/api/me/devices',
    permission: 'signedIn',
    summary: 'Register a device of the caller’s by its public key and a signed nonce; after a fresh sign-in',
    body: z.object({
      displayName: name,
      operatingSystem: name,
      operatingSystemVersion: z.string().trim().max(64).default(''),
      manufacturer: name.nullable().default(null),
      model: name.nullable().default(null),
      /** A public JWK: P-256 or Ed25519. */
      publicKey: z.record(z.string().max(16), z.string().max(128)),
      proof: z.string().max(4_096),
    }),
    response: MyDevice,
  }),
  removeMyDevice: route({
    method: 'DELETE',
    path: '/api/me/devices/:id',
    permission: 'signedIn',
    summary: 'Forget a device of the caller’s; sessions that it began end',
    params,
    response: z.object({}),
  }),
} as const;

/** Microsoft Graph's devices. https://learn.microsoft.com/graph/api/resources/device */
export const graphDeviceRoutes = {
  graphListDevices: route({ ...read, path: '/v1.0/devices', summary: 'Microsoft Graph: devices' }),
  graphGetDevice: route({ ...read, path: '/v1.0/devices/:id', summary: 'Microsoft Graph: one device', params }),
  graphRegisteredDevices: route({
    ...read,
    path: '/v1.0/users/:id/registeredDevices',
    summary: 'Microsoft Graph: a person’s devices',
    params: z.object({ id: z.string().min(1).max(260) }),
  }),
  graphUpdateDevice: route({
    ...write,
    method: 'PATCH',
    path: '/v1.0/devices/:id',
    summary: 'Microsoft Graph: change a device: enabled, compliance, trust type',
    body,
  }),
  graphDeleteDevice: route({
    ...write,
    method: 'DELETE',
    path: '/v1.0/devices/:id',
    summary: 'Microsoft Graph: delete a device',
  }),
} as const;
