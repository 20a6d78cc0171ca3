import { uuidOf } from './ids.ts';
import type { Rng } from './rng.ts';
import { domain, domainSid, offices, type Office } from './world.ts';

export const departments = [
  'Finance',
  'Sales',
  'Engineering',
  'Operations',
  'Human Resources',
  'Marketing',
  'Legal',
  'IT',
] as const;
export type Department = (typeof departments)[number];

export interface Person {
  readonly index: number;
  readonly given: string;
  readonly surname: string;
  readonly name: string;
  /** sAMAccountName, lower case. */
  readonly account: string;
  readonly upn: string;
  readonly sid: string;
  readonly objectId: string;
  readonly department: Department;
  readonly title: string;
  /** Index of the manager among the people; the chief's is -1. */
  readonly manager: number;
  readonly office: Office;
  readonly town: string;
  readonly homeIp: string;
  readonly mobileIp: string;
  readonly vpnIp: string;
  readonly phone: string;
  /** Local hours at which work usually begins, and how long it lasts. */
  readonly startsAt: number;
  readonly hours: number;
  /** Share of working days at home. */
  readonly homeShare: number;
  /** How busy at the keyboard, around 1. */
  readonly pace: number;
  /** A second account, for administration, of people in IT who have one. */
  readonly admin: Account | undefined;
}

export interface Account {
  readonly account: string;
  readonly upn: string;
  readonly sid: string;
  readonly objectId: string;
  readonly name: string;
}

const givenNames = [
  'Anna',
  'Bram',
  'Chloe',
  'Daan',
  'Elif',
  'Farid',
  'Grace',
  'Hiro',
  'Ines',
  'Jonas',
  'Kavya',
  'Lucas',
  'Maya',
  'Noah',
  'Olga',
  'Priya',
  'Quinn',
  'Rosa',
  'Samir',
  'Tessa',
  'Umut',
  'Vera',
  'Wei',
  'Ximena',
  'Yusuf',
  'Zoe',
  'Arjun',
  'Bea',
  'Carlos',
  'Divya',
  'Emma',
  'Femi',
  'Gita',
  'Hugo',
  'Imani',
  'Jack',
  'Keiko',
  'Liam',
  'Marta',
  'Nadia',
  'Oscar',
  'Paula',
  'Ravi',
  'Sofia',
  'Thijs',
  'Usha',
  'Victor',
  'Wanda',
] as const;
const surnames = [
  'Adeyemi',
  'Bakker',
  'Castillo',
  'Desai',
  'Eriksen',
  'Fischer',
  'Garcia',
  'Haddad',
  'Ivanova',
  'Jansen',
  'Kowalski',
  'Lindqvist',
  'Mehta',
  'Nakamura',
  'Okafor',
  'Patel',
  'Quiroga',
  'Rossi',
  'Smit',
  'Tanaka',
  'Usman',
  'Visser',
  'Walker',
  'Xu',
  'Yilmaz',
  'Zhang',
  'Ahmed',
  'Brouwer',
  'Costa',
  'Dijkstra',
  'Evans',
  'Ferrari',
  'Gupta',
  'Hughes',
  'Iyer',
  'Jacobs',
  'Khan',
  'Lopez',
  'Moreau',
  'Novak',
  'Owens',
  'Petrov',
  'Reyes',
  'Santos',
  'Thomas',
  'Vermeer',
  'Wood',
  'Young',
] as const;

const titles: Record<Department, readonly string[]> = {
  Finance: ['Accountant', 'Controller', 'Accounts Payable Clerk', 'Payroll Specialist'],
  Sales: ['Account Manager', 'Sales Engineer', 'Inside Sales Representative'],
  Engineering: ['Software Engineer', 'Site Reliability Engineer', 'Test Engineer', 'Data Engineer'],
  Operations: ['Planner', 'Logistics Coordinator', 'Buyer'],
  'Human Resources': ['Recruiter', 'HR Advisor'],
  Marketing: ['Designer', 'Content Editor', 'Campaign Manager'],
  Legal: ['Counsel', 'Contract Manager'],
  IT: ['Systems Administrator', 'Service Desk Analyst', 'Network Engineer'],
};
const shares: readonly (readonly [Department, number])[] = [
  ['Finance', 14],
  ['Sales', 22],
  ['Engineering', 26],
  ['Operations', 14],
  ['Human Resources', 6],
  ['Marketing', 8],
  ['Legal', 4],
  ['IT', 6],
];

/** RIDs of people start here, those of their admin accounts at `adminRid`. */
const personRid = 1_200;
const adminRid = 51_200;

/** The people of Contoso: the chief first, then one head for each department, then the rest. `count` is at least 24. */
export function makePeople(rng: Rng, count: number): Person[] {
  const taken = new Set<string>();
  const people: Person[] = [];
  for (let index = 0; index < count; index++)
    people.push(makePerson(rng.fork(`person ${index}`), index, taken, people));
  return people;
}

function makePerson(rng: Rng, index: number, taken: Set<string>, before: readonly Person[]): Person {
  const { given, surname, account } = freshName(rng, taken);
  // Places 1–8 are the heads; 9–23 make sure that even a small Contoso has Finance, IT and Engineering people at headquarters.
  const department: Department =
    index === 0
      ? 'Operations'
      : index <= 8
        ? departments[index - 1]!
        : index < 24
          ? staffed[(index - 9) % staffed.length]!
          : rng.weighted(shares);
  const office = index < 24 ? offices[0]! : rng.weighted(offices.map((o) => [o, o.share] as const));
  const upn = `${account}@${domain}`;
  const manager = index === 0 ? -1 : index <= 8 ? 0 : managerOf(rng, department, office, before);
  const title =
    index === 0
      ? 'Chief Executive'
      : index <= 8
        ? `Head of ${department}`
        : department === 'IT' && index < 24
          ? 'Systems Administrator'
          : rng.pick(titles[department]);
  const [homeFrom, homeTo] = office.homes;
  return {
    index,
    given,
    surname,
    name: `${given} ${surname}`,
    account,
    upn,
    sid: `${domainSid}-${personRid + index}`,
    objectId: uuidOf(`user ${upn}`),
    department,
    title,
    manager,
    office,
    town: rng.pick(office.towns),
    homeIp: `198.51.100.${homeFrom + (index % (homeTo - homeFrom + 1))}`,
    mobileIp: `198.51.100.${office.mobile}`,
    vpnIp: `10.99.${index >> 8}.${(index & 0xff) === 0 ? 254 : index & 0xff}`,
    phone: rng.chance(0.55) ? 'Ios' : 'Android',
    startsAt: Math.min(10, Math.max(7, rng.normal(8.4, 0.7))),
    hours: Math.min(10, Math.max(6.5, rng.normal(8.6, 0.6))),
    homeShare: rng.pick([0, 0.2, 0.4, 0.4, 0.6, 0.9]),
    pace: Math.min(1.6, Math.max(0.5, rng.normal(1, 0.2))),
    admin:
      department === 'IT' && title !== 'Service Desk Analyst'
        ? adminAccount(account, index, `${given} ${surname}`)
        : undefined,
  };
}
const staffed: readonly Department[] = ['Finance', 'IT', 'Engineering', 'Finance', 'Sales', 'Engineering', 'Finance'];

function freshName(rng: Rng, taken: Set<string>): { given: string; surname: string; account: string } {
  const given = rng.pick(givenNames);
  const surname = rng.pick(surnames);
  const plain = `${given}.${surname}`.toLowerCase();
  let account = plain;
  for (let n = 2; taken.has(account); n++) account = `${plain}${n}`;
  taken.add(account);
  return { given, surname, account };
}

/** Mostly the department's head; in a large one a colleague of the same office who came before. */
function managerOf(rng: Rng, department: Department, office: Office, before: readonly Person[]): number {
  const head = 1 + departments.indexOf(department);
  const seniors = before
    .slice(24)
    .filter((p) => p.department === department && p.office === office && p.index % 9 === 0);
  return seniors.length > 0 && rng.chance(0.7) ? rng.pick(seniors).index : head;
}

const adminAccount = (account: string, index: number, name: string): Account => ({
  account: `adm-${account}`,
  upn: `adm-${account}@${domain}`,
  sid: `${domainSid}-${adminRid + index}`,
  objectId: uuidOf(`user adm-${account}@${domain}`),
  name: `${name} (admin)`,
});

/** Accounts of programs. They never sign in interactively and know no weekend. */
export const serviceAccounts: readonly Account[] = [
  'svc-backup',
  'svc-sql',
  'svc-monitor',
  'svc-adsync',
  'svc-deploy',
].map((account, n) => ({
  account,
  upn: `${account}@${domain}`,
  sid: `${domainSid}-${1_110 + n}`,
  objectId: uuidOf(`user ${account}@${domain}`),
  name: account,
}));

/** An opaque on-premises distinguished name. */
export const distinguishedName = (person: Person): string =>
  `CN=${person.name},OU=${person.department},OU=${person.office.city},DC=contoso,DC=com`;
export const employeeId = (person: Person): string => String(100_000 + person.index);
