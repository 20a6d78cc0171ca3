import { signInsMeasuredMax, type Cell } from '@sallyport/contracts';
import { riskLevels, type RiskLevel } from '@sallyport/contracts/conditional-access';
import { requestOfSignIn, type IdentityFacts, type PastSignIn } from '@sallyport/policy';
import type { Queries } from '../../hunting/index.ts';
import type { Decider } from '../decider.ts';
import type { Principal } from '../../platform/principal.ts';

/** Who signed in, for people who look at an example. */
export interface SignInNote {
  readonly at: string;
  readonly userPrincipalName: string;
  readonly application: string;
  readonly ipAddress: string;
}

export interface PastSignIns {
  readonly signIns: readonly PastSignIn[];
  readonly notes: ReadonlyMap<string, SignInNote>;
  /** There are more of that time. */
  readonly truncated: boolean;
}

export interface PastParts {
  readonly queries: Queries;
  readonly decider: Decider;
}

/** Columns that both tables have as texts are what a decision is made on; what is dynamic in one is a text in the other. */
const leg = (table: string): string =>
  `${table} | where isnotempty(UserId) and isnotempty(coalesce(ResourceIdentity, AppId)) | top ${signInsMeasuredMax + 1} by TimeGenerated desc
   | project TimeGenerated, Id, UserId, UserPrincipalName, AppId, AppDisplayName, ResourceIdentity, ClientAppUsed, IPAddress, Location, DeviceDetail=tostring(DeviceDetail),
       RiskLevelDuringSignIn, UserRisk=iff(SourceSystem == 'Sallyport', RiskLevelAggregated, ''), AuthenticationRequirement, AuthenticationDetails=tostring(AuthenticationDetails), AuthenticationProtocol,
       OriginalTransferMethod, ResultType`;
const query = `union (${leg('SigninLogs')}), (${leg('AADNonInteractiveUserSignInLogs')}) | top ${signInsMeasuredMax + 1} by TimeGenerated desc`;
const askSeconds = 30;
/** Questions to the database at one time. */
const factsAtOnce = 16;

/** The newest sign-ins of people in a time, as the requests that they were. Throws SallyportError as `Queries.run` does. */
export async function pastSignIns(
  { queries, decider }: PastParts,
  { from, to, as, signal }: { from: Date; to: Date; as: Principal; signal: AbortSignal },
): Promise<PastSignIns> {
  const answer = await queries.run({
    query,
    timespan: { from, to },
    now: to,
    maxRows: signInsMeasuredMax + 1,
    as,
    by: 'conditionalAccess.read',
    operation: 'hunting',
    limits: { seconds: askSeconds },
    signal,
  });
  const names = answer.columns.map(({ name }) => name);
  const rows = answer.rows
    .slice(0, signInsMeasuredMax)
    .map((row) => Object.fromEntries(names.map((name, at) => [name, text(row[at])])));
  const facts = await factsOf(decider, [...new Set(rows.map((row) => row['UserId'] ?? ''))], signal);
  const notes = new Map<string, SignInNote>();
  const signIns = rows.flatMap((row, at): PastSignIn[] => {
    const address = row['IPAddress'] ?? '';
    const userRisk = riskLevels.find((level): level is RiskLevel => level === row['UserRisk']);
    const request = requestOfSignIn(row, {
      ...facts.get(row['UserId'] ?? ''),
      ...(userRisk === undefined ? {} : { userRiskLevel: userRisk }),
    });
    if (!request) return [];
    // Rows of others may have no id, or one that two of them share.
    const id = `${at} ${row['Id'] ?? ''}`;
    notes.set(id, {
      at: row['TimeGenerated'] ?? '',
      userPrincipalName: row['UserPrincipalName'] ?? '',
      application: row['AppDisplayName'] ?? '',
      ipAddress: address,
    });
    return [{ id, request }];
  });
  return { signIns, notes, truncated: answer.rows.length > signInsMeasuredMax };
}

const text = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '' : String(cell));

async function factsOf(
  decider: Decider,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, IdentityFacts>> {
  const known = new Map<string, IdentityFacts>();
  for (let at = 0; at < ids.length; at += factsAtOnce) {
    signal.throwIfAborted();
    const some = ids.slice(at, at + factsAtOnce);
    const facts = await Promise.all(some.map((id) => decider.factsOf(id)));
    some.forEach((id, i) => known.set(id, facts[i] ?? {}));
  }
  return known;
}
