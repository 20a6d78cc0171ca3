import { anytime, isIn, moments, second } from './calendar.ts';
import { uuidOf } from './ids.ts';
import type { Device } from './devices.ts';
import type { Presence } from './estate.ts';
import { serviceAccounts, type Account, type Person } from './people.ts';
import type { Rng } from './rng.ts';
import type { Row, SlotContext } from './sink.ts';
import { apps, headquarters, tenantId, type App, type Place } from './world.ts';

type Who = Pick<Account, 'upn' | 'objectId' | 'name'>;

export interface SignIn {
  readonly who: Who;
  readonly app: App;
  readonly ip: string;
  readonly place: Place;
  /** Undefined: nothing known about the device. */
  readonly device: Device | undefined;
  readonly userAgent: string;
  readonly client: 'Browser' | 'Mobile Apps and Desktop clients';
  /** Entra's error code: https://learn.microsoft.com/entra/identity-platform/reference-error-codes. Default 0, success. */
  readonly error?: 0 | 50126 | 50074 | 50140 | 50097;
  /** How the second factor was met. Default: by a claim in the token. */
  readonly mfa?: 'claim' | 'app' | 'none';
  readonly risk?: { readonly level: 'high' | 'medium'; readonly events: readonly string[] };
  readonly session?: string;
  readonly asn?: string;
}

const reasons: Record<number, string> = {
  0: '',
  50126: 'Invalid username or password or Invalid on-premise username or password.',
  50074: 'Strong Authentication is required.',
  50140: "This occurred due to 'Keep me signed in' interrupt when the user was signing-in.",
  50097: 'Device Authentication is required.',
};

const windowsAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0';
const macAgent =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15';
export const agentOf = (device: Device): string => (device.os === 'macos' ? macAgent : windowsAgent);
export const placeOf = (person: Person): Place => ({ ...person.office, city: person.town });

/** What Entra reads from the user agent of a device it does not know. */
const systems: readonly (readonly [mark: string, system: string])[] = [
  ['iOS', 'Ios 18.1'],
  ['Android', 'Android 15'],
  ['Linux', 'Linux'],
];

/** The device as Entra's logs describe it. */
function deviceDetail(signIn: SignIn): Row {
  const { device } = signIn;
  if (!device) {
    const operatingSystem = systems.find(([mark]) => signIn.userAgent.includes(mark))?.[1] ?? '';
    return { deviceId: '', operatingSystem, browser: signIn.client === 'Browser' ? 'Chrome 130.0.0' : '' };
  }
  const windows = device.os !== 'macos';
  return {
    deviceId: device.aadDeviceId,
    displayName: device.host.toUpperCase(),
    operatingSystem: windows ? 'Windows 10' : 'MacOs',
    browser: signIn.client === 'Browser' ? (windows ? 'Edge 131.0.0' : 'Safari 18.1') : 'Rich Client 5.2.6.0',
    isCompliant: true,
    isManaged: true,
    trustType: windows ? 'Hybrid Azure AD joined' : 'Azure AD registered',
  };
}

const location = (place: Place): Row => ({
  city: place.city,
  state: place.state,
  countryOrRegion: place.country,
  geoCoordinates: { latitude: place.latitude, longitude: place.longitude },
});

const status = (signIn: SignIn): Row => ({
  errorCode: signIn.error ?? 0,
  failureReason: reasons[signIn.error ?? 0],
  ...((signIn.mfa ?? 'claim') === 'claim'
    ? { additionalDetails: 'MFA requirement satisfied by claim in the token' }
    : {}),
});

function authenticationDetails(signIn: SignIn, at: number): string {
  const time = new Date(at).toISOString();
  const ok = (signIn.error ?? 0) === 0;
  const step = (method: string, detail: string, succeeded: boolean, requirement: string) => ({
    authenticationStepDateTime: time,
    authenticationMethod: method,
    succeeded,
    authenticationStepResultDetail: detail,
    authenticationStepRequirement: requirement,
  });
  const mfa = signIn.mfa ?? 'claim';
  return JSON.stringify([
    mfa === 'claim'
      ? step(
          'Previously satisfied',
          'First factor requirement satisfied by claim in the token',
          true,
          'Primary authentication',
        )
      : step('Password', ok ? 'Correct password' : (reasons[signIn.error!] ?? ''), ok, 'Primary authentication'),
    ...(mfa === 'app'
      ? [step('Microsoft Authenticator', 'MFA completed in Azure AD', true, 'Multifactor authentication')]
      : []),
  ]);
}

/** What both sign-in tables share; `dynamic` columns of one are text in the other, which `encode` settles. */
function common(signIn: SignIn, at: number, rng: Rng, encode: (value: Row) => unknown): Row {
  const { who, app } = signIn;
  const error = signIn.error ?? 0;
  const id = rng.uuid();
  return {
    AADTenantId: tenantId,
    Id: id,
    CorrelationId: rng.uuid(),
    OriginalRequestId: id,
    UniqueTokenIdentifier: Buffer.from(id).toString('base64url'),
    SessionId: signIn.session ?? uuidOf(`session ${who.upn} ${signIn.device?.host ?? signIn.userAgent}`),
    CreatedDateTime: new Date(at).toISOString(),
    OperationName: 'Sign-in activity',
    OperationVersion: '1.0',
    Identity: who.name,
    UserDisplayName: who.name,
    UserPrincipalName: who.upn,
    UserId: who.objectId,
    UserType: 'Member',
    AppDisplayName: app.name,
    AppId: app.id,
    ResourceDisplayName: app.resource,
    ResourceIdentity: app.resourceId,
    ResourceTenantId: tenantId,
    HomeTenantId: tenantId,
    ClientAppUsed: signIn.client,
    UserAgent: signIn.userAgent,
    IPAddress: signIn.ip,
    AutonomousSystemNumber: signIn.asn ?? '64496',
    Location: signIn.place.country,
    LocationDetails: encode(location(signIn.place)),
    DeviceDetail: encode(deviceDetail(signIn)),
    Status: encode(status(signIn)),
    ResultType: String(error),
    ResultSignature: error === 0 ? 'SUCCESS' : 'FAILURE',
    ResultDescription: reasons[error],
    AuthenticationRequirement: signIn.mfa === 'none' ? 'singleFactorAuthentication' : 'multiFactorAuthentication',
    AuthenticationDetails: authenticationDetails(signIn, at),
    AuthenticationProtocol: 'none',
    ConditionalAccessStatus: error === 0 ? 'success' : error === 50126 ? 'notApplied' : 'failure',
    IncomingTokenType: signIn.mfa === 'app' || error !== 0 ? 'none' : 'primaryRefreshToken',
    CrossTenantAccessType: 'none',
    TokenIssuerType: 'AzureAD',
    RiskDetail: 'none',
    RiskLevelDuringSignIn: signIn.risk?.level ?? 'none',
    RiskLevelAggregated: signIn.risk?.level ?? 'none',
    RiskState: signIn.risk ? 'atRisk' : 'none',
    RiskEventTypes_V2: JSON.stringify(signIn.risk?.events ?? []),
  };
}

/** A row of SigninLogs. */
export const interactiveRow = (signIn: SignIn, at: number, rng: Rng): Row => ({
  ...common(signIn, at, rng, (value) => value),
  Category: 'SignInLogs',
  Level: '4',
  IsInteractive: true,
  IsRisky: signIn.risk !== undefined,
  MfaDetail: signIn.mfa === 'app' ? { authMethod: 'Mobile app notification', authDetail: '' } : {},
  ConditionalAccessPolicies: [
    {
      id: uuidOf('policy mfa'),
      displayName: 'Require multifactor authentication',
      enforcedGrantControls: ['Mfa'],
      result: (signIn.error ?? 0) === 0 ? 'success' : 'failure',
    },
  ],
});

/** A row of AADNonInteractiveUserSignInLogs. */
export const nonInteractiveRow = (signIn: SignIn, at: number, rng: Rng): Row => ({
  ...common(signIn, at, rng, (value) => JSON.stringify(value)),
  Category: 'NonInteractiveUserSignInLogs',
  Level: '4',
  IsInteractive: false,
});

const desktopApps = [apps.outlook, apps.teams, apps.teams, apps.oneDrive, apps.office, apps.broker] as const;

/** The sign-ins of one slot: people at work, phones, and programs. */
export function signIns(context: SlotContext): void {
  for (const presence of context.present) person(context, presence);
  administrators(context);
  programs(context);
}

function person(context: SlotContext, presence: Presence): void {
  const { person: who, device, plan, publicIp } = presence;
  const { slot, sink } = context;
  const rng = context.rng('sign-in', who.index);
  const base = { who, ip: publicIp, place: placeOf(who), device, userAgent: agentOf(device) };
  if (presence.arrives) {
    const at = plan.from + rng.int(5, 60) * second;
    interactive(context, rng, at, {
      ...base,
      app: apps.windows,
      client: 'Mobile Apps and Desktop clients',
      mfa: 'claim',
    });
  }
  for (const at of moments(rng, plan, slot, 0.7 * who.pace))
    interactive(context, rng, at, {
      ...base,
      app: rng.pick(browserApps(who)),
      client: 'Browser',
      mfa: rng.chance(0.08) ? 'app' : 'claim',
    });
  for (const at of moments(rng, plan, slot, 4.5 * who.pace))
    sink.row(
      'AADNonInteractiveUserSignInLogs',
      at,
      nonInteractiveRow({ ...base, app: rng.pick(desktopApps), client: 'Mobile Apps and Desktop clients' }, at, rng),
    );
  if (isIn(plan.phoneAt, slot))
    for (let n = rng.int(1, 4); n > 0; n--) {
      const at = plan.phoneAt! + rng.int(0, 900) * second;
      sink.row('AADNonInteractiveUserSignInLogs', at, nonInteractiveRow(phone(who, rng), at, rng));
    }
}

const browserApps = (who: Person): readonly App[] => {
  const everyone = [apps.officeHome, apps.outlook, apps.expenses];
  if (who.department === 'Sales' || who.department === 'Marketing') return [...everyone, apps.crm, apps.crm];
  return who.department === 'Engineering' ? [...everyone, apps.awsAccess] : everyone;
};

const phone = (who: Person, rng: Rng): SignIn => ({
  who,
  app: rng.pick([apps.outlookMobile, apps.teams]),
  ip: rng.chance(0.6) ? who.homeIp : who.mobileIp,
  place: placeOf(who),
  device: undefined,
  userAgent: who.phone === 'Ios' ? 'Outlook-iOS/4.2447.0' : 'Outlook-Android/4.2447.2',
  client: 'Mobile Apps and Desktop clients',
});

/** An interactive sign-in; now and then the password is mistyped once or twice before, or a prompt comes between. */
function interactive(context: SlotContext, rng: Rng, at: number, signIn: SignIn): void {
  let time = at;
  const say = (one: SignIn) => {
    context.sink.row('SigninLogs', time, interactiveRow(one, time, rng));
    time += rng.int(6, 25) * second;
  };
  if (rng.chance(0.035)) for (let n = rng.int(1, 2); n > 0; n--) say({ ...signIn, error: 50126, mfa: 'none' });
  if (signIn.mfa === 'app') say({ ...signIn, error: 50074, mfa: 'none' });
  else if (rng.chance(0.04)) say({ ...signIn, error: 50140 });
  say(signIn);
}

/** Administrators open the portal with their other account, at work, with the second factor each time. */
function administrators(context: SlotContext): void {
  for (const { person: who, plan, device, publicIp } of context.present) {
    if (!who.admin) continue;
    const rng = context.rng('admin sign-in', who.index);
    for (const at of moments(rng, plan, context.slot, 0.25))
      interactive(context, rng, at, {
        who: who.admin,
        app: apps.azurePortal,
        ip: publicIp,
        place: placeOf(who),
        device,
        userAgent: agentOf(device),
        client: 'Browser',
        mfa: 'app',
      });
  }
}

const programSignIns = [
  { name: 'Contoso Backup', account: 'svc-backup', resource: 'Microsoft Graph', perHour: 2 },
  { name: 'Contoso Deploy', account: 'svc-deploy', resource: 'Windows Azure Service Management API', perHour: 3 },
  { name: 'Contoso Monitor', account: 'svc-monitor', resource: 'Azure Monitor', perHour: 6 },
] as const;

/** Programs sign in as service principals, from headquarters' address, day and night. */
function programs(context: SlotContext): void {
  const rng = context.rng('programs');
  for (const program of programSignIns)
    for (const at of anytime(rng, context.slot, program.perHour))
      context.sink.row('AADServicePrincipalSignInLogs', at, {
        AADTenantId: tenantId,
        Id: rng.uuid(),
        CorrelationId: rng.uuid(),
        CreatedDateTime: new Date(at).toISOString(),
        OperationName: 'Sign-in activity',
        OperationVersion: '1.0',
        Category: 'ServicePrincipalSignInLogs',
        Level: '4',
        AppId: uuidOf(`app ${program.name}`),
        ServicePrincipalId: uuidOf(`service principal ${program.name}`),
        ServicePrincipalName: program.name,
        ClientCredentialType: 'certificate',
        ServicePrincipalCredentialKeyId: uuidOf(`credential ${program.name}`),
        ResourceDisplayName: program.resource,
        ResourceIdentity: uuidOf(`resource ${program.resource}`),
        IPAddress: headquarters.egressIp,
        AutonomousSystemNumber: '64496',
        Location: headquarters.country,
        LocationDetails: JSON.stringify(location(headquarters)),
        ConditionalAccessStatus: 'notApplied',
        ResultType: '0',
        ResultSignature: 'SUCCESS',
      });
  synchronisation(context, rng);
}

/** The directory's synchronisation account: every half hour, on the dot. */
function synchronisation(context: SlotContext, rng: Rng): void {
  const who = serviceAccounts.find((a) => a.account === 'svc-adsync')!;
  for (let at = Math.ceil(context.slot.from / 1_800_000) * 1_800_000; at < context.slot.to; at += 1_800_000)
    context.sink.row(
      'AADNonInteractiveUserSignInLogs',
      at + 4 * second,
      nonInteractiveRow(
        {
          who,
          app: {
            name: 'Microsoft Azure Active Directory Connect',
            id: 'cb1056e2-e479-49de-ae31-7812af012ed8',
            resource: 'Windows Azure Active Directory',
            resourceId: '00000002-0000-0000-c000-000000000000',
          },
          ip: headquarters.egressIp,
          place: headquarters,
          device: undefined,
          userAgent: 'Azure AD Connect',
          client: 'Mobile Apps and Desktop clients',
          mfa: 'none',
        },
        at,
        rng,
      ),
    );
}
