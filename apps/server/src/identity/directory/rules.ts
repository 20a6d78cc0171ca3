import { SallyportError } from '@sallyport/contracts';
import { compileFilter, FilterError, parseFilter, type Filter, type PropertyReader } from '@sallyport/policy';
import type { DirectoryPerson } from './store.ts';

/** Whether a person is a member of the group whose rule this is. */
export type MembershipTest = (person: DirectoryPerson) => boolean;

/** `Direct Reports for "<object id of the manager>"`, which stands alone. */
const directReports = /^direct reports for\s+["']([0-9a-f-]{36})["']$/i;

/** Rules as they were read last; a rule's text is all there is to it. */
const known = new Map<string, MembershipTest>();
const knownMax = 2_000;

/**
 * Reads a rule of dynamic membership. https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership
 * Throws BadRequest with what is wrong, and where.
 */
export function membershipTest(rule: string): MembershipTest {
  const cached = known.get(rule);
  if (cached) return cached;
  const test = readRule(rule);
  if (known.size >= knownMax) known.clear();
  known.set(rule, test);
  return test;
}

function readRule(rule: string): MembershipTest {
  const manager = directReports.exec(rule.trim())?.[1]?.toLowerCase();
  if (manager !== undefined) return ({ managerId, deletedAt }) => managerId === manager && deletedAt === null;
  let filter: Filter;
  try {
    filter = compileFilter(parseFilter(rule, 'user'));
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const { offset, length } = error.span;
    throw new SallyportError('BadRequest', `membershipRule: ${error.message}, at position ${offset}`, {
      target: 'body.membershipRule',
      details: [{ code: 'BadRequest', message: error.message, target: `${offset}..${offset + length}` }],
    });
  }
  return (person) => person.deletedAt === null && filter(readerOf(person));
}

/** Names that the rules' language has and Graph calls otherwise. */
const renamed: Readonly<Record<string, 'mobilePhone' | 'officeLocation' | 'onPremisesSyncEnabled'>> = {
  mobile: 'mobilePhone',
  physicalDeliveryOfficeName: 'officeLocation',
  dirSyncEnabled: 'onPremisesSyncEnabled',
};

const readerOf =
  (person: DirectoryPerson): PropertyReader =>
  (name) => {
    switch (name) {
      case 'objectId':
        return person.id;
      case 'accountEnabled':
        return person.disabledAt === null;
      case 'displayName':
        return person.displayName;
      case 'userPrincipalName':
        return person.userPrincipalName;
      case 'mailNickName':
        return person.userPrincipalName.split('@', 1)[0];
      case 'telephoneNumber':
        return person.attributes.businessPhones?.[0];
      case 'userType':
        return person.attributes.userType ?? 'Member';
      default: {
        const held: Readonly<Record<string, string | boolean | readonly string[] | null | undefined>> =
          person.attributes;
        return held[renamed[name] ?? name] ?? undefined;
      }
    }
  };
