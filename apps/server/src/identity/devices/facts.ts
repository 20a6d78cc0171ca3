import type { DeviceFacts } from '../../conditional-access/index.ts';
import type { Platform } from '../../platform/types.ts';
import { complianceOf } from './commands.ts';
import { deviceRows, type Device } from './store.ts';

/** Graph's words, and those of device filters. */
const trustTypes = { AzureAd: 'AzureAD', ServerAd: 'ServerAD', Workplace: 'Workplace' } as const;

/** What Conditional Access asks of a device that has proven its key. */
export const createDeviceFacts = ({ database, clock }: Pick<Platform, 'database' | 'clock'>): DeviceFacts => ({
  async of(deviceId) {
    const device = await deviceRows.byDeviceId(database, deviceId);
    if (!device || device.disabledAt !== null) return undefined;
    const isCompliant = complianceOf(device, clock.now());
    return {
      ...device.extensionAttributes,
      deviceId: device.deviceId,
      displayName: device.displayName,
      deviceOwnership: device.ownership === 'company' ? 'Company' : 'Personal',
      trustType: trustTypes[device.trustType],
      operatingSystem: device.operatingSystem,
      operatingSystemVersion: device.operatingSystemVersion,
      profileType: 'RegisteredDevice',
      ...(device.manufacturer === null ? {} : { manufacturer: device.manufacturer }),
      ...(device.model === null ? {} : { model: device.model }),
      ...(isCompliant === null ? {} : { isCompliant }),
    };
  },
});

/** As `SigninLogs` and Graph's `deviceDetail` have it. */
export const deviceDetail = (device: Device | undefined, now: Date): Record<string, unknown> =>
  device === undefined
    ? {}
    : {
        deviceId: device.deviceId,
        displayName: device.displayName,
        operatingSystem: `${device.operatingSystem} ${device.operatingSystemVersion}`.trim(),
        isCompliant: complianceOf(device, now) === true,
        isManaged: device.trustType !== 'Workplace',
        trustType: { AzureAd: 'Azure AD joined', ServerAd: 'Hybrid Azure AD joined', Workplace: 'Azure AD registered' }[device.trustType], // prettier-ignore
      };
