import {
  riskLevels,
  type AuthenticationMethodMode,
  type ClientAppType,
  type DevicePlatform,
  type RiskLevel,
} from '@sallyport/contracts/conditional-access';
import type { AccessRequest, Authentication, DeviceInfo, SignInConditions } from './request.ts';
import type { IdentityFacts } from './what-if.ts';

/** The columns of `SigninLogs` that tell what was asked. Dynamic ones may be objects or their text. */
export interface SignInRow {
  readonly UserId?: string;
  readonly AppId?: string;
  readonly ResourceIdentity?: string;
  readonly ClientAppUsed?: string;
  readonly IPAddress?: string;
  readonly Location?: string;
  readonly DeviceDetail?: unknown;
  readonly RiskLevelDuringSignIn?: string;
  readonly AuthenticationRequirement?: string;
  readonly AuthenticationDetails?: unknown;
  readonly AuthenticationProtocol?: string;
  readonly OriginalTransferMethod?: string;
  readonly ResultType?: string;
}

/**
 * The request that a row of `SigninLogs` stands for; nothing for one without a person or an application. A row does not tell everything: groups, roles and user risk are
 * what `facts` says of today, terms of use and custom controls are not there, and factors count as fresh.
 */
export function requestOfSignIn(
  row: SignInRow,
  facts: IdentityFacts & { readonly userRiskLevel?: RiskLevel },
): AccessRequest | undefined {
  const app = row.ResourceIdentity || row.AppId;
  if (!row.UserId || !app) return undefined;
  const { groups = [], roles = [], guestType, externalTenantId, userRiskLevel } = facts;
  return {
    signInIdentity: {
      kind: 'user',
      userId: row.UserId,
      groups,
      roles,
      ...(guestType === undefined ? {} : { guestType }),
      ...(externalTenantId === undefined ? {} : { externalTenantId }),
    },
    signInContext: { kind: 'application', includeApplications: [app] },
    signInConditions: conditionsOf(row, userRiskLevel),
    authentication: authenticationOf(row),
  };
}

function conditionsOf(row: SignInRow, userRiskLevel: RiskLevel | undefined): SignInConditions {
  const detail = recordOf(row.DeviceDetail);
  const platform = platformOf(textOf(detail['operatingSystem']));
  const client = clientOf(row.ClientAppUsed ?? '');
  const risk = riskLevels.find((level) => level === row.RiskLevelDuringSignIn?.toLowerCase());
  const flow = flowOf(row);
  const device = deviceOf(detail);
  return {
    ...(client === undefined ? {} : { clientAppType: client }),
    ...(platform === undefined ? {} : { devicePlatform: platform }),
    ...(row.IPAddress ? { ipAddress: row.IPAddress } : {}),
    ...(row.Location ? { country: row.Location } : {}),
    ...(risk === undefined ? {} : { signInRiskLevel: risk }),
    ...(userRiskLevel === undefined ? {} : { userRiskLevel }),
    ...(flow === undefined ? {} : { authenticationFlow: flow }),
    ...(device === undefined ? {} : { deviceInfo: device }),
  };
}

/** Everything that is neither modern nor ActiveSync is told by its protocol: IMAP4, Authenticated SMTP and a dozen more. */
function clientOf(used: string): ClientAppType | undefined {
  const name = used.toLowerCase();
  if (name === '') return undefined;
  if (name === 'browser') return 'browser';
  if (name === 'mobile apps and desktop clients') return 'mobileAppsAndDesktopClients';
  return name.startsWith('exchange activesync') ? 'exchangeActiveSync' : 'other';
}

const platforms: readonly (readonly [RegExp, DevicePlatform])[] = [
  [/^windows ?phone/i, 'windowsPhone'],
  [/^windows/i, 'windows'],
  [/^mac/i, 'macOS'],
  [/^(ios|ipados)/i, 'iOS'],
  [/^android/i, 'android'],
  [/^linux/i, 'linux'],
];
const platformOf = (system: string): DevicePlatform | undefined => platforms.find(([name]) => name.test(system))?.[1];

function flowOf({ AuthenticationProtocol, OriginalTransferMethod }: SignInRow): SignInConditions['authenticationFlow'] {
  const words = `${AuthenticationProtocol ?? ''} ${OriginalTransferMethod ?? ''}`.toLowerCase();
  if (words.includes('devicecode')) return 'deviceCodeFlow';
  return words.includes('authenticationtransfer') ? 'authenticationTransfer' : undefined;
}

const trustTypes: Readonly<Record<string, string>> = {
  'hybrid azure ad joined': 'ServerAD',
  'microsoft entra hybrid joined': 'ServerAD',
  'azure ad joined': 'AzureAD',
  'microsoft entra joined': 'AzureAD',
  'azure ad registered': 'Workplace',
  'microsoft entra registered': 'Workplace',
};

function deviceOf(detail: Readonly<Record<string, unknown>>): DeviceInfo | undefined {
  const deviceId = textOf(detail['deviceId']);
  if (deviceId === '') return undefined;
  const trust = textOf(detail['trustType']);
  const trustType = trustTypes[trust.toLowerCase()] ?? trust;
  return {
    deviceId,
    isCompliant: detail['isCompliant'] === true || textOf(detail['isCompliant']).toLowerCase() === 'true',
    displayName: textOf(detail['displayName']),
    operatingSystem: textOf(detail['operatingSystem']),
    ...(trustType === '' ? {} : { trustType }),
  };
}

const methods: readonly (readonly [RegExp, AuthenticationMethodMode])[] = [
  [/^password/i, 'password'],
  [/passkey|fido2/i, 'fido2'],
  [/windows hello/i, 'windowsHelloForBusiness'],
  [/certificate/i, 'x509CertificateMultiFactor'],
  [/oath|verification code/i, 'softwareOath'],
  [/text message|sms/i, 'sms'],
  [/phone call|voice/i, 'voice'],
  [/notification|authenticator/i, 'microsoftAuthenticatorPush'],
  [/temporary access pass/i, 'temporaryAccessPassOneTime'],
];

function authenticationOf(row: SignInRow): Authentication {
  const steps = listOf(row.AuthenticationDetails).map(recordOf);
  const shown = steps
    .filter(({ succeeded }) => succeeded === true || succeeded === 'true')
    .flatMap(
      ({ authenticationMethod }) => methods.find(([name]) => name.test(textOf(authenticationMethod)))?.[1] ?? [],
    );
  const wasMultiFactor = row.AuthenticationRequirement === 'multiFactorAuthentication' && row.ResultType === '0';
  // A second factor that a token brought along has no step that names it.
  return { methods: wasMultiFactor ? [...shown, 'federatedMultiFactor'] : shown, primaryAgeSeconds: 0 };
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : '';

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  const found = parsed(value);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : {};
}

/** Rows have a few steps; what has hundreds is none. */
const stepsMax = 100;

function listOf(value: unknown): readonly unknown[] {
  const found = parsed(value);
  return Array.isArray(found) ? found.slice(0, stepsMax) : [];
}
