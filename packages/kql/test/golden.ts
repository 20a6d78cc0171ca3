import type { KqlCatalogue } from '../src/index.ts';

/** A query, what stands in its SQL, and its rows, as one. */
export interface Golden {
  readonly name: string;
  readonly kql: string;
  /** Texts that the SQL must have: what a reader would look for. */
  readonly sql?: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly columns?: readonly string[];
}

export const catalogue: KqlCatalogue = {
  version: 'golden-1',
  tables: [
    {
      name: 'SigninLogs',
      columns: [
        { name: 'TimeGenerated', type: 'datetime' },
        { name: 'UserPrincipalName', type: 'string' },
        { name: 'ResultType', type: 'string' },
        { name: 'Attempts', type: 'long' },
        { name: 'LocationDetails', type: 'dynamic' },
      ],
    },
    {
      name: 'Devices',
      columns: [
        { name: 'TimeGenerated', type: 'datetime' },
        { name: 'User', type: 'string' },
        { name: 'Device', type: 'string' },
      ],
    },
  ],
  functions: [
    {
      name: 'FailedFor',
      parameters: "(who:string, code:string='50126')",
      body: 'SigninLogs | where UserPrincipalName == who and ResultType == code',
    },
    { name: 'Double', parameters: '(x:long)', body: 'x * 2' },
  ],
};

/** Rows of the two tables, as SQL values. */
export const data = [
  `INSERT INTO SigninLogs VALUES
    ('2026-01-01 00:00:00', 'anna@contoso.com', '0', 1, '{"city":"Oslo","geo":{"lat":59.9},"tags":["a","b"]}', '2026-01-01 00:01:00', 's1'),
    ('2026-01-01 01:00:00', 'Bob@contoso.com', '50126', 3, '{"city":"Lima"}', '2026-01-01 01:01:00', 's1'),
    ('2026-01-01 02:00:00', 'bob@contoso.com', '50126', 5, '', '2026-01-01 02:01:00', 's2'),
    ('2026-01-02 00:00:00', 'carl@contoso.com', '50053', NULL, '{"city":null}', '2026-01-02 00:01:00', 's2')`,
  `INSERT INTO Devices VALUES
    ('2026-01-01 00:00:00', 'anna@contoso.com', 'LAPTOP-1', '2026-01-01 00:01:00', 's1'),
    ('2026-01-01 00:00:00', 'bob@contoso.com', 'PHONE-7', '2026-01-01 00:01:00', 's1')`,
];

export const golden: readonly Golden[] = [
  {
    name: 'code points become text, one by one or from arrays',
    kql: 'print a = make_string(72, 105), b = make_string(dynamic([8364, 128512]), 65)',
    sql: ["'utf-32be', 'utf-8'"],
    rows: [['Hi', '€😀A']],
  },
  {
    name: 'where, project and sort read the table in one SELECT',
    kql: 'SigninLogs | where Attempts > 1 | project UserPrincipalName, Attempts | sort by Attempts asc',
    sql: ['FROM `SigninLogs` AS `__t1` WHERE', 'ORDER BY'],
    rows: [
      ['Bob@contoso.com', 3],
      ['bob@contoso.com', 5],
    ],
  },
  {
    name: 'text without case; has takes whole terms',
    kql: "SigninLogs | where UserPrincipalName =~ 'BOB@contoso.com' and UserPrincipalName has 'bob' and not(UserPrincipalName has 'bo') | count",
    sql: ["hasTokenCaseInsensitive(`__t1`.`UserPrincipalName`, 'bob')"],
    rows: [[2]],
    columns: ['Count'],
  },
  {
    name: 'a null is not equal to a value and not unequal to nothing',
    kql: 'SigninLogs | where Attempts != 1 | summarize n=count()',
    rows: [[3]],
  },
  {
    name: 'summarize by bins names its columns as Kusto does',
    kql: 'SigninLogs | summarize count(), dcount(UserPrincipalName), max(Attempts) by bin(TimeGenerated, 1d) | sort by TimeGenerated asc',
    columns: ['TimeGenerated', 'count_', 'dcount_UserPrincipalName', 'max_Attempts'],
    rows: [
      ['2026-01-01T00:00:00.0000000Z', 3, 3, 5],
      ['2026-01-02T00:00:00.0000000Z', 1, 1, null],
    ],
  },
  {
    name: 'arg_max with a star keeps the row together',
    kql: 'SigninLogs | summarize arg_max(Attempts, *) by ResultType | project ResultType, Attempts, UserPrincipalName | sort by ResultType asc',
    rows: [
      ['0', 1, 'anna@contoso.com'],
      ['50053', null, 'carl@contoso.com'],
      ['50126', 5, 'bob@contoso.com'],
    ],
  },
  {
    name: 'members of a dynamic, missing and null ones alike',
    kql: "SigninLogs | sort by TimeGenerated asc | project city=tostring(LocationDetails.city), lat=toreal(LocationDetails.geo.lat), final=tostring(LocationDetails.tags[-1]), none=isnull(LocationDetails['city'])",
    rows: [
      ['Oslo', 59.9, 'b', false],
      ['Lima', null, '', false],
      ['', null, '', true],
      ['', null, '', true],
    ],
  },
  {
    name: 'join is innerunique by default, and names equal columns apart',
    kql: 'SigninLogs | extend User=tolower(UserPrincipalName) | join (Devices) on User | project User, User1, Device | sort by User asc',
    sql: ['LIMIT 1 BY', 'INNER JOIN'],
    rows: [
      ['anna@contoso.com', 'anna@contoso.com', 'LAPTOP-1'],
      ['bob@contoso.com', 'bob@contoso.com', 'PHONE-7'],
    ],
  },
  {
    name: 'leftanti keeps what has no partner',
    kql: 'SigninLogs | extend User=tolower(UserPrincipalName) | join kind=leftanti Devices on User | project User',
    rows: [['carl@contoso.com']],
  },
  {
    name: 'lookup leaves the key of the right side out',
    kql: 'SigninLogs | extend User=tolower(UserPrincipalName) | lookup Devices on User | summarize n=count() by Device | sort by Device asc',
    rows: [
      ['', 1],
      ['LAPTOP-1', 1],
      ['PHONE-7', 2],
    ],
  },
  {
    name: 'union names its sources and fills missing columns',
    kql: 'union withsource=Table SigninLogs, Devices | summarize n=count(), devices=countif(isnotempty(Device)) by Table | sort by Table asc',
    rows: [
      ['Devices', 2, 2],
      ['SigninLogs', 4, 0],
    ],
  },
  {
    name: 'let: a value, a table and a function',
    kql: "let limit = 2; let failed = SigninLogs | where ResultType != '0'; let least = (n:long) { failed | where Attempts > n }; least(limit) | count",
    rows: [[2]],
  },
  {
    name: 'stored functions, tabular with a default and scalar',
    kql: "FailedFor('bob@contoso.com') | project x=Double(Attempts)",
    rows: [[10]],
  },
  {
    name: 'in with a query, without case',
    kql: 'SigninLogs | where UserPrincipalName in~ ((Devices | project User)) | count',
    rows: [[3]],
  },
  {
    name: 'mv-expand gives a row for each element',
    kql: 'SigninLogs | mv-expand tag=LocationDetails.tags to typeof(string) | where isnotempty(tag) | project tag | sort by tag desc',
    rows: [['b'], ['a']],
  },
  {
    name: 'mv-apply works inside each row',
    kql: 'print d=dynamic([[3,1,2],[9,7]]) | mv-expand d | mv-apply e=d to typeof(long) on (summarize low=min(e), n=count()) | project low, n | sort by low asc',
    rows: [
      [1, 3],
      [7, 2],
    ],
  },
  {
    name: 'parse takes a line apart; one bad value fails the whole',
    kql: "datatable(s:string)['user=anna id=7 ok','user=bob id=x ok'] | parse s with 'user=' user:string ' id=' id:long ' ' rest | project user, id, rest",
    rows: [
      ['anna', 7, 'ok'],
      ['', null, ''],
    ],
  },
  {
    name: 'make-series fills its gaps',
    kql: 'SigninLogs | make-series n=count() on TimeGenerated from datetime(2026-01-01) to datetime(2026-01-04) step 1d',
    rows: [
      ['[3,1,0]', '["2026-01-01T00:00:00.0000000Z","2026-01-02T00:00:00.0000000Z","2026-01-03T00:00:00.0000000Z"]'],
    ],
  },
  {
    name: 'window functions follow the sort',
    kql: 'SigninLogs | where isnotnull(Attempts) | sort by Attempts desc | extend n=row_number(), before=prev(Attempts), total=row_cumsum(Attempts) | project Attempts, n, before, total',
    rows: [
      [5, 1, null, 5],
      [3, 2, 5, 8],
      [1, 3, 3, 9],
    ],
  },
  {
    name: 'ingestion_time reads the engine’s own column',
    kql: "SigninLogs | where ResultType == '0' | project at=ingestion_time()",
    rows: [['2026-01-01T00:01:00.0000000Z']],
  },
  {
    name: 'cells: long past 2^53 and non-finite reals are text, timespans are clock text',
    kql: 'print a=9223372036854775807, b=real(nan), c=1d+90m, d=guid(74be27de-1e4e-49d9-b579-fe0b331d3642), e=decimal(1.5), f=true, g=int(null)',
    rows: [['9223372036854775807', 'NaN', '1.01:30:00', '74be27de-1e4e-49d9-b579-fe0b331d3642', '1.5', true, null]],
  },
  {
    name: 'parts of a line without a sign: division, modulo and overflow',
    kql: 'print 7 / 2, -7 % 3, 1 / 0, 7.0 / 0, int(2147483647) + int(1)',
    rows: [[3, 2, null, 'Infinity', 2147483648]],
  },
];
