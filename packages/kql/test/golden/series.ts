import type { Golden } from '../golden.ts';

const traffic =
  'print y=dynamic([80, 139, 87, 110, 68, 54, 50, 51, 53, 133, 86, 141, 97, 156, 94, 149, 95, 140, 77, 61, 50, 54, 47, 133, 72, 152, 94, 148, 105, 162, 101, 160, 87, 63, 53, 55, 54, 151, 103, 189, 108, 183, 113, 175, 113, 178, 90, 71, 62, 62, 65, 165, 109, 181, 115, 182, 121, 178, 114, 170])';
const growth = 'print y=dynamic([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30])';
const days = (...of: readonly string[]): string => JSON.stringify(of.map((d) => `2020-01-${d}T00:00:00.0000000Z`));
const visits = `datatable(t:datetime, v:long, g:string)[datetime(2020-01-01),10,"b", datetime(2020-01-02),20,"b", datetime(2020-01-05 03:00),30,"a", datetime(2020-01-02),40,"a"]`;
const dynamics = (...names: readonly string[]): string[] => [...names];

export const golden: readonly Golden[] = [
  {
    name: 'columns of series_fit_line without names are called after it and its argument',
    kql: `${growth} | project series_fit_line(y) | project round(series_fit_line_y_rsquare,3), round(series_fit_line_y_slope,2), round(series_fit_line_y_interception,3)`,
    rows: [[0.983, 2.73, -1.667]],
  },
  {
    name: 'extend gives the columns that are named and no more; project the rest too',
    kql: `${growth} | extend (r, s) = series_fit_line(y) | project-away y | extend r=round(r,3), s=round(s,2)`,
    columns: ['r', 's'],
    rows: [[0.983, 2.73]],
  },
  {
    name: 'one name takes the first column',
    kql: `${growth} | extend r = series_fit_line(y) | project r=round(r,3) | extend x=1`,
    columns: ['r', 'x'],
    rows: [[0.983, 1]],
  },
  {
    name: 'print gives all columns of a call without a name',
    kql: 'print series_stats(dynamic([3,1,2]))',
    columns: dynamics(
      ...['min', 'min_idx', 'max', 'max_idx', 'avg', 'stdev', 'variance'].map((n) => `series_stats__${n}`),
    ),
    rows: [[1, 1, 3, 0, 2, 1, 1]],
  },
  {
    name: 'what is not finite makes statistics unknown, unless it is passed over',
    kql: 'print s=dynamic([1,null,3]) | extend (a,b)=series_stats(s), (c,d)=series_stats(s,true) | project-away s',
    rows: [[null, null, 1, 0]],
  },
  {
    name: 'a period of traffic, its multiples left out; the second place stays empty',
    kql: `${traffic} | project (p, s)=series_periods_detect(y, 0.0, 50.0, 2) | project p, tolong(p[0]) == 14, todouble(s[0]) > 0.8`,
    rows: [['[14.0,0.0]', true, true]],
  },
  {
    name: 'periods are validated: not one that is none, not one shorter than four',
    kql: `${traffic} | project (p, s)=series_periods_validate(y, 14.0, 10.0, 2.0) | project p, todouble(s[0]) > 0.8, todouble(s[1]), todouble(s[2])`,
    rows: [['[14.0,10.0,2.0]', true, 0, 0]],
  },
  {
    name: 'a season is detected, unless the series is too short for it',
    kql: 'datatable(s:dynamic)[dynamic([2,5,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1]), dynamic([1,3,5,2,4,6,1,3,5,2,4,6])] | project r=series_seasonal(s)',
    rows: [
      ['[1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0]'],
      ['[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]'],
    ],
  },
  {
    name: 'outliers have the real engine’s scores',
    kql: 'print o=series_outliers(dynamic([-3, 2.4, 15, 3.9, 5, 6, 4.5, 5.2, 3, 4, 5, 16, 7, 5, 5, 4])) | project todouble(o[0]), todouble(o[1]), todouble(o[2]), todouble(o[11]), todouble(o[3])',
    rows: [[-1.904078548360857, -0.10021466044004519, 1.3361954725339347, 1.6702443406674186, 0]],
  },
  {
    name: 'whole numbers stay whole where an operation keeps them',
    kql: 'print series_add(dynamic([1,2]),dynamic([3])), series_multiply(2,dynamic([1,-2])), series_divide(dynamic([4]),2), series_subtract(dynamic([1]),0.5)',
    rows: [['[4,null]', '[2,-4]', '[2.0]', '[0.5]']],
  },
  {
    name: 'a nested call takes the array of the inner one, not its text',
    kql: 'print d=dynamic([1,2,3]) | project r=series_subtract(series_multiply(d,d),series_abs(series_add(d,1)))',
    sql: ['arrayMap'],
    rows: [['[-1.0,1.0,5.0]']],
  },
  {
    name: 'a call that is called after its argument takes its place in extend',
    kql: 'print s=dynamic([1,null]) | extend series_fill_forward(s), series_stats(s) | project s, series_stats_s_min',
    rows: [['[1,1]', null]],
  },
  {
    name: 'each series has its own axis where make-series is not told one',
    kql: `${visits} | make-series s = sum(v), c=count() default=long(null) on t step 1d by g`,
    rows: [
      ['b', '[10,20]', '[1,1]', days('01', '02')],
      ['a', '[40,0,0,30]', '[1,null,null,1]', days('02', '03', '04', '05')],
    ],
  },
  {
    name: 'the older form of make-series: bins of bin(), the stop included',
    kql: `${visits} | make-series s = sum(v) on t in range(datetime(2020-01-01 12:00), datetime(2020-01-05), 1d) by g`,
    rows: [
      ['b', '[10,20,0,0,0]', days('01', '02', '03', '04', '05')],
      ['a', '[0,40,0,0,30]', days('01', '02', '03', '04', '05')],
    ],
  },
  {
    name: 'make-series of nothing gives nothing, or its defaults when it must not be empty',
    kql: 'print x=1 | where x>1 | make-series kind=nonempty c=count() on x from 0 to 3 step 1',
    rows: [['[0,0,0]', '[0,1,2]']],
  },
  {
    name: 'a tick before midnight is of the day before',
    kql: 'datatable(t:datetime)[datetime(2020-01-01 23:59:59.9999999), datetime(null)] | make-series c=count() on t from datetime(2020-01-01) to datetime(2020-01-03) step 1d',
    rows: [['[1,0]', days('01', '02')]],
  },
  {
    name: 'make-series inside partition',
    kql: 'range x from 1 to 2 step 1 | extend k=x | partition by k (make-series c=count() on x from 0 to 3 step 1) | sort by tostring(c) asc',
    rows: [
      ['[0,0,1]', '[0,1,2]'],
      ['[0,1,0]', '[0,1,2]'],
    ],
  },
  {
    name: 'anomalies of a weekly series, as rules ask for them',
    kql: 'range t from 0 to 83 step 1 | extend y = iff(t == 40, 90.0, 10.0 + 5 * (t % 7) + (t % 3)) | make-series y=sum(y) on t from 0 to 84 step 1 | extend (flag, score, baseline)=series_decompose_anomalies(y, 1.5, -1, "linefit") | project flag[40], todouble(score[40]) > 5, array_sum(flag)',
    rows: [['1', true, 1]],
  },
];
