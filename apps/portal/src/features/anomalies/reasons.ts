import { count } from '../../shared/numbers.ts';
import { words } from '../../shared/text.ts';

const text = (value: unknown): string =>
  typeof value === 'number'
    ? count(value)
    : Array.isArray(value)
      ? value.map(text).join(', ')
      : typeof value === 'object' && value !== null
        ? JSON.stringify(value)
        : String(value);

const pair = (reason: Readonly<Record<string, unknown>>, some: string, of: string): string | undefined =>
  typeof reason[some] === 'number' && typeof reason[of] === 'number' && reason[of] > 0
    ? `${text(reason[some])} of ${text(reason[of])}`
    : undefined;

export const nameOf = (reason: Readonly<Record<string, unknown>>): string =>
  typeof reason['Name'] === 'string' ? reason['Name'] : 'Reason';

/** The numbers of a reason as names and texts, those that belong together in one line: who had it before of how many. */
export function reasonFacts(reason: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  const joined = [
    ['Of the user’s days', pair(reason, 'UserDays', 'UserDaysKnown')],
    ['Of peers', pair(reason, 'PeersWith', 'Peers')],
    ['Of everybody', pair(reason, 'TenantUsersWith', 'TenantUsers')],
  ] as const;
  const taken = new Set(['Name', 'UserDays', 'UserDaysKnown', 'PeersWith', 'Peers', 'TenantUsersWith', 'TenantUsers']);
  const others = Object.entries(reason)
    .filter(([name, value]) => !taken.has(name) && value !== null && value !== '')
    .map(([name, value]) => [words(name), text(value)] as const);
  return [...others, ...joined.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))];
}
