import { sql, string, type Sql } from '../sql.ts';
import type { FunctionDefinition } from '../types.ts';
import { scalarWith, type CallInfo, type Operand, type ScalarFunction } from './registry.ts';

/** Functions that Kusto lacks: who an account or a device is, by the newest rows of Microsoft's tables about them. */
export const ownFunctions: readonly (FunctionDefinition & { readonly description: string })[] = [
  {
    name: 'identity_info',
    parameters: '(account:string)',
    body: 'dynamic(null)',
    description:
      'The newest row of IdentityInfo for an account, as a bag of its columns. By AccountUPN, AccountObjectId, AccountSID, AccountCloudSID, MailAddress or DOMAIN\\name; by the bare name where one identity alone has it. Null for others.',
  },
  {
    name: 'device_info',
    parameters: '(device:string)',
    body: 'dynamic(null)',
    description:
      'The newest row of DeviceInfo for a device, as a bag of its columns. By DeviceId, AadDeviceId or DeviceName; by the first label of the name, or an address of DeviceNetworkInfo, where one device alone has it. Null for others.',
  },
];

const lookUp = (key: Operand, keys: string, entities: string): Sql =>
  sql`dictGetOrDefault(${string(entities)}, 'info', dictGetOrDefault(${string(keys)}, 'id', tuple(lower(trimBoth(${key.sql}))), toUInt64(0)), '')`;

const atHand = (call: CallInfo): NonNullable<NonNullable<CallInfo['lookups']>['entities']> =>
  call.lookups?.entities ?? call.fail('identities and devices are not at hand where this query runs');

export const entityFunctions: readonly ScalarFunction[] = [
  scalarWith(
    'identity_info',
    ['string'],
    'dynamic',
    ([account], call) => {
      const { identityKeys, identities } = atHand(call);
      return lookUp(account!, identityKeys, identities);
    },
    'maybe',
  ),
  scalarWith(
    'device_info',
    ['string'],
    'dynamic',
    ([device], call) => {
      const { deviceKeys, devices } = atHand(call);
      return lookUp(device!, deviceKeys, devices);
    },
    'maybe',
  ),
];
