/** Operators over rows that the query states, with what Microsoft's pages or recorded answers of the real engine give. */
export interface OperatorCase {
  readonly name: string;
  readonly kql: string;
  readonly columns?: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export const operatorCases: readonly OperatorCase[] = [
  {
    name: 'parse-kv without delimiters: whatever is no letter and no digit is one',
    kql: `print s="2021-01-01T10:00:34 [INFO] ThreadId:458745723, Machine:Node001, Text: 'The service \\\\' is up'"
      | parse-kv s as (Text: string, ThreadId: long, Machine: string) with (quote="'", escape='\\\\') | project-away s`,
    rows: [["The service ' is up", 458745723, 'Node001']],
  },
  {
    name: 'parse-kv with several kinds of quotes, and white space around keys',
    kql: `print s='a = "x;y"; b =(c;d);e=f' | parse-kv s as (a: string, b: string, e: string)
      with (pair_delimiter=';', kv_delimiter='=', quote='"', quote='()') | project-away s`,
    rows: [['x;y', 'c;d', 'f']],
  },
  {
    name: 'values of a table become what their columns are',
    kql: 'datatable(a: timespan, b: string)["1d", 1.5, "01:00:00", 1h, time(2d), true]',
    rows: [
      ['1.00:00:00', '1.5'],
      ['01:00:00', '01:00:00'],
      ['2.00:00:00', 'True'],
    ],
  },
  {
    name: 'dates are read with spaces in them',
    kql: 'print datetime(2017 - 08 - 01)',
    rows: [['2017-08-01T00:00:00.0000000Z']],
  },
  {
    name: 'a query of its own in partition reads the key by name',
    kql: `let S = datatable(x: long, y: long)[1, 10, 2, 20, 2, 21];
      range z from 1 to 2 step 1 | partition by z { S | where x == z | extend w = z * 2 } | sort by y asc`,
    rows: [
      [1, 10, 2],
      [2, 20, 4],
      [2, 21, 4],
    ],
  },
  {
    name: 'top-nested names what has no name',
    kql: 'datatable(s: string, v: long)["ab", 10] | top-nested of toupper(s) by max(v), top-nested of k=strlen(s) by sum(v)',
    columns: ['Column1', 'aggregated_Column1', 'k', 'aggregated_k'],
    rows: [['AB', 10, 2, 10]],
  },
  {
    name: 'of members that extend gives one name the last stays',
    kql: 'datatable(d: dynamic, v: long)[dynamic({"a":1}), 10] | extend d.a, tostring(d.a), v + 1',
    columns: ['d', 'v', 'd_a', 'Column1'],
    rows: [['{"a":1}', 10, '1', 11]],
  },
  {
    name: 'of a union, names that need no suffix stay',
    kql: 'union withsource=t (print x=1), (print x=int(2)), (print x_long=3)',
    columns: ['t', 'x_long1', 'x_int', 'x_long'],
    rows: [
      ['union_arg0', 1, null, null],
      ['union_arg1', null, 2, null],
      ['union_arg2', null, null, 3],
    ],
  },
  {
    name: 'nothing but nulls has no distinct values',
    kql: 'datatable(k: string, x: long)["a", long(null), "b", 1] | summarize dcount(x), dcountif(x, x > 1) by k | sort by k asc',
    rows: [
      ['a', 0, 0],
      ['b', 1, 0],
    ],
  },
  {
    name: 'a pattern may be called app',
    kql: 'declare pattern app = (a: string)[b: string] { ("x").["y"] = { print q=1 }; }; union app("x").y, app("x").["y"] | count',
    rows: [[2]],
  },
  {
    name: 'an index whose name is taken gets another',
    kql: 'datatable(x: long, d: dynamic)[5, dynamic([7])] | mv-expand with_itemindex=x d',
    columns: ['x', 'd', 'x1'],
    rows: [[5, '7', 0]],
  },
  {
    name: 'no number and the infinities are no whole numbers, spans or decimals',
    kql: `datatable(x: real)[real(nan), real(+inf), 2.0] | project a = tolong(x), b = toint(x), c = todecimal(x), d = x * 1h, e = 1h / x,
      f = totimespan(x), g = make_datetime(2020, 1, 1, 0, 0, x), h = unixtime_seconds_todatetime(x)`,
    rows: [
      [null, null, null, null, null, null, null, null],
      [null, null, null, null, '00:00:00', null, null, null],
      [2, 2, '2', '02:00:00', '00:30:00', '2.00:00:00', '2020-01-01T00:00:02.0000000Z', '1970-01-01T00:00:02.0000000Z'],
    ],
  },
  {
    name: 'what stands for a row that is not there takes the type of the others',
    kql: 'datatable(x: long)[5, 3] | sort by x asc | extend p = prev(x, 1, 0.0), n = next(x, 1, int(7))',
    rows: [
      [3, 0, 5],
      [5, 3, 7],
    ],
  },
];

/** What is refused, with the part of it that is to blame. */
export const operatorRefusals: readonly (readonly [kql: string, at: string])[] = [
  ["print s='a=1' | parse-kv s as (a: long) with (regex=@'(\\w+)=\\d')", "@'(\\w+)=\\d'"],
  ['datatable(x: long)[1] | sort by x | extend prev(x, 1, "a")', 'prev(x, 1, "a")'],
];
