import type { Cell } from '@sallyport/contracts';
import { z } from 'zod';
import { kqlString } from '../../shared/kql.ts';
import { signInKinds, type SignInKind, type SignInsSearch } from './index.ts';

export const signInTables: Readonly<Record<SignInKind, string>> = {
  interactive: 'SigninLogs',
  nonInteractive: 'AADNonInteractiveUserSignInLogs',
  servicePrincipal: 'AADServicePrincipalSignInLogs',
  managedIdentity: 'AADManagedIdentitySignInLogs',
};
export const SHOWN = 500;
/** Entra's numbers for a sign-in that was asked for more and may go on. */
const interrupted = [
  '50055',
  '50072',
  '50074',
  '50076',
  '50079',
  '50097',
  '50125',
  '50127',
  '50129',
  '50140',
  '50143',
  '50144',
  '65001',
  '81012',
];

const isOfPerson = (kind: SignInKind): boolean => kind === 'interactive' || kind === 'nonInteractive';

/** Columns that all four tables have, or stand-ins for those that some lack; what is dynamic in one and text in another is text. */
const project = (kind: SignInKind): string =>
  isOfPerson(kind)
    ? `| project TimeGenerated, Id, Kind='${kind}', Who=UserPrincipalName, WhoName=UserDisplayName, WhoId=UserId, Application=AppDisplayName, ApplicationId=AppId, Resource=ResourceDisplayName, ResourceId=ResourceIdentity,
    ResultType, ResultDescription, ConditionalAccessStatus, IPAddress, Location, LocationDetails=tostring(LocationDetails), AutonomousSystemNumber, DeviceDetail=tostring(DeviceDetail), UserAgent, ClientAppUsed,
    AuthenticationRequirement, AuthenticationDetails=tostring(AuthenticationDetails), AuthenticationProtocol, IncomingTokenType, Policies=tostring(ConditionalAccessPolicies), RiskLevelDuringSignIn, RiskLevelAggregated, RiskState,
    RiskEvents=RiskEventTypes_V2, CorrelationId, SessionId, Credential='', Source=SourceSystem`
    : `| project TimeGenerated, Id, Kind='${kind}', Who=ServicePrincipalName, WhoName=ServicePrincipalName, WhoId=ServicePrincipalId, Application=ServicePrincipalName, ApplicationId=AppId, Resource=ResourceDisplayName, ResourceId=ResourceIdentity,
    ResultType, ResultDescription, ConditionalAccessStatus, IPAddress, Location, LocationDetails=tostring(LocationDetails), AutonomousSystemNumber='', DeviceDetail='', UserAgent, ClientAppUsed='',
    AuthenticationRequirement='', AuthenticationDetails='', AuthenticationProtocol='', IncomingTokenType='', Policies=tostring(ConditionalAccessPolicies), RiskLevelDuringSignIn='', RiskLevelAggregated='', RiskState='',
    RiskEvents='', CorrelationId, SessionId, Credential=ClientCredentialType, Source=SourceSystem`;

/** The query of the list. It is shown to people, who may change it while hunting. */
export function listQuery(search: SignInsSearch): string {
  const kind = search.kind ?? 'interactive';
  const text = search.search === undefined ? undefined : kqlString(search.search);
  const numbers = interrupted.map((code) => kqlString(code)).join(', ');
  const outcomes = {
    success: `| where ResultType == '0'`,
    interrupted: `| where ResultType in (${numbers})`,
    failure: `| where ResultType != '0' and ResultType !in (${numbers})`,
  };
  const lines = [
    signInTables[kind],
    ...(search.outcome === undefined ? [] : [outcomes[search.outcome]]),
    ...(search.access === undefined ? [] : [`| where ConditionalAccessStatus == '${search.access}'`]),
    ...(search.address === undefined ? [] : [`| where IPAddress == ${kqlString(search.address)}`]),
    ...(search.risk === undefined || !isOfPerson(kind) ? [] : [`| where RiskLevelDuringSignIn == '${search.risk}'`]),
    ...(search.policy === undefined
      ? []
      : [`| where tostring(ConditionalAccessPolicies) contains ${kqlString(search.policy)}`]),
    project(kind),
    ...(text === undefined
      ? []
      : [`| where Who contains ${text} or WhoName contains ${text} or WhoId =~ ${text} or Id =~ ${text}`]),
    ...(search.application === undefined
      ? []
      : [
          `| where Application contains ${kqlString(search.application)} or Resource contains ${kqlString(search.application)}`,
        ]),
    `| top ${SHOWN + 1} by TimeGenerated desc`,
  ];
  return lines.join('\n');
}

/** One sign-in, whichever table has it. */
export const oneQuery = (id: string): string =>
  `union ${signInKinds
    .map((kind) => `(${signInTables[kind]} | where Id == ${kqlString(id)} ${project(kind)})`)
    .join(',\n')}
| top 1 by TimeGenerated desc`;

export interface SignIn {
  readonly TimeGenerated: string;
  readonly Id: string;
  readonly Kind: string;
  readonly Who: string;
  readonly WhoName: string;
  readonly WhoId: string;
  readonly Application: string;
  readonly ApplicationId: string;
  readonly Resource: string;
  readonly ResourceId: string;
  readonly ResultType: string;
  readonly ResultDescription: string;
  readonly ConditionalAccessStatus: string;
  readonly IPAddress: string;
  readonly Location: string;
  readonly LocationDetails: string;
  readonly AutonomousSystemNumber: string;
  readonly DeviceDetail: string;
  readonly UserAgent: string;
  readonly ClientAppUsed: string;
  readonly AuthenticationRequirement: string;
  readonly AuthenticationDetails: string;
  readonly AuthenticationProtocol: string;
  readonly IncomingTokenType: string;
  readonly Policies: string;
  readonly RiskLevelDuringSignIn: string;
  readonly RiskLevelAggregated: string;
  readonly RiskState: string;
  readonly RiskEvents: string;
  readonly CorrelationId: string;
  readonly SessionId: string;
  readonly Credential: string;
  readonly Source: string;
}
const text = z
  .string()
  .nullable()
  .transform((value) => value ?? '');
const SignInRow: z.ZodType<SignIn> = z.object({
  TimeGenerated: text,
  Id: text,
  Kind: text,
  Who: text,
  WhoName: text,
  WhoId: text,
  Application: text,
  ApplicationId: text,
  Resource: text,
  ResourceId: text,
  ResultType: text,
  ResultDescription: text,
  ConditionalAccessStatus: text,
  IPAddress: text,
  Location: text,
  LocationDetails: text,
  AutonomousSystemNumber: text,
  DeviceDetail: text,
  UserAgent: text,
  ClientAppUsed: text,
  AuthenticationRequirement: text,
  AuthenticationDetails: text,
  AuthenticationProtocol: text,
  IncomingTokenType: text,
  Policies: text,
  RiskLevelDuringSignIn: text,
  RiskLevelAggregated: text,
  RiskState: text,
  RiskEvents: text,
  CorrelationId: text,
  SessionId: text,
  Credential: text,
  Source: text, // prettier-ignore
});

export const signInsOf = (
  columns: readonly { readonly name: string }[],
  rows: readonly (readonly Cell[])[],
): SignIn[] =>
  rows.map((row) => SignInRow.parse(Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null]))));

export type Outcome = 'success' | 'failure' | 'interrupted';
export function outcomeOf(resultType: string): Outcome {
  if (resultType === '0') return 'success';
  return interrupted.includes(resultType) ? 'interrupted' : 'failure';
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
/** A dynamic column as it is; of another form, or none: nothing. */
function read<T>(schema: z.ZodType<T>, value: string, nothing: T): T {
  const result = schema.safeParse(parsed(value));
  return result.success ? result.data : nothing;
}

const Step = z.object({
  authenticationMethod: z.string().default(''),
  succeeded: z.union([z.boolean(), z.string()]).optional(),
  authenticationStepResultDetail: z.string().nullish(),
  authenticationStepDateTime: z.string().nullish(),
});
export type Step = z.infer<typeof Step>;
export const stepsOf = ({ AuthenticationDetails }: SignIn): Step[] => read(z.array(Step), AuthenticationDetails, []);

const AppliedPolicy = z.object({
  id: z.string().default(''),
  displayName: z.string().default(''),
  result: z.string().default(''),
  enforcedGrantControls: z.array(z.string()).nullish(),
  enforcedSessionControls: z.array(z.string()).nullish(),
  conditionsSatisfied: z.union([z.number(), z.string()]).nullish(),
  conditionsNotSatisfied: z.union([z.number(), z.string()]).nullish(),
});
export type AppliedPolicy = z.infer<typeof AppliedPolicy>;

const rank: Readonly<Record<string, number>> = {
  failure: 0,
  success: 1,
  reportOnlyFailure: 2,
  reportOnlyInterrupted: 3,
  reportOnlySuccess: 4,
};
/** Those that decided first, those that are not about the sign-in last. */
export const policiesOf = ({ Policies }: SignIn): AppliedPolicy[] =>
  read(z.array(AppliedPolicy), Policies, []).toSorted((a, b) => (rank[a.result] ?? 9) - (rank[b.result] ?? 9));

const Bag = z.record(z.string(), z.unknown());
const shown = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
export const deviceOf = ({ DeviceDetail }: SignIn): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(read(Bag, DeviceDetail, {})).map(([name, value]) => [name, shown(value)]));
export function placeOf({ LocationDetails, Location }: SignIn): { city: string; state: string; country: string } {
  const bag = read(Bag, LocationDetails, {});
  return { city: shown(bag['city']), state: shown(bag['state']), country: shown(bag['countryOrRegion']) || Location };
}
export const riskEventsOf = ({ RiskEvents }: SignIn): string[] => read(z.array(z.string()), RiskEvents, []);

const conditionFlags: Readonly<Record<string, number>> = {
  Application: 1,
  Users: 2,
  'Device platform': 4,
  Location: 8,
  'Client type': 16,
  'Sign-in risk': 32,
  'User risk': 64,
  'Device state': 256,
  'Service principals': 8_192,
  'Service principal risk': 16_384,
  'Authentication flows': 32_768,
  'Insider risk': 65_536,
};
/** Conditions by name, of the flags or the names that rows have. */
export function conditionsIn(value: number | string | null | undefined): string[] {
  const flags = Number(value);
  if (Number.isNaN(flags))
    return String(value)
      .split(',')
      .map((one) => one.trim());
  return Object.entries(conditionFlags).flatMap(([name, flag]) => ((flags & flag) === 0 ? [] : [name]));
}
