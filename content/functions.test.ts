import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileAsking } from '@sallyport/kql';
import { loadFunctions, type ShippedFunction } from '@sallyport/lake';
import { openEngine, type Engine } from '../packages/kql/test/engine.ts';

let engine: Engine;
let functions: readonly ShippedFunction[];
beforeAll(async () => {
  engine = openEngine();
  functions = await loadFunctions();
});
afterAll(() => engine.close());

async function run(query: string): Promise<unknown[][]> {
  const catalogue = { version: 'functions', tables: [], functions };
  const now = new Date('2021-06-01T00:00:00Z');
  const compiled = await compileAsking(query, catalogue, { now }, async (sql) => engine.rows(sql));
  return engine.rows(compiled.sql);
}
const close = (rows: unknown[][]): unknown[][] =>
  rows.map((row) => row.map((cell) => (typeof cell === 'number' ? Math.round(cell * 1e6) / 1e6 : cell)));

const metric = `let tbl = datatable(ts:datetime, val:real, key:string)[
  datetime(2021-04-26 00:00), 100, 'a', datetime(2021-04-26 00:45), 300, 'a', datetime(2021-04-26 01:15), 200, 'a'];
  tbl | invoke `;

/** What the functions' own pages give for their formulas, worked out by hand where they give none. */
const cases: Record<string, { readonly query: string; readonly rows: readonly (readonly unknown[])[] }> = {
  comb_fl: { query: 'print comb_fl(9, 7)', rows: [[36]] },
  perm_fl: { query: 'print perm_fl(6, 4)', rows: [[360]] },
  factorial_fl: { query: 'print factorial_fl(5)', rows: [[120]] },
  series_dot_product_fl: { query: 'print series_dot_product_fl(dynamic([1,2,3]), dynamic([4,5,6]))', rows: [[32]] },
  series_cosine_similarity_fl: {
    query: 'print series_cosine_similarity_fl(dynamic([0,1]), dynamic([0,3]))',
    rows: [[1]],
  },
  series_moving_avg_fl: {
    query: 'print series_moving_avg_fl(dynamic([1,2,3,4]), 2)',
    rows: [['[0.5,1.5,2.5,3.5]']],
  },
  series_moving_var_fl: { query: 'print series_moving_var_fl(dynamic([2,2,4]), 2)', rows: [['[1.0,0.0,1.0]']] },
  series_exp_smoothing_fl: { query: 'print series_exp_smoothing_fl(dynamic([1,2]), 0.5)', rows: [['[0.5,1.25]']] },
  series_dbl_exp_smoothing_fl: {
    query: 'print series_dbl_exp_smoothing_fl(dynamic([1,2]))',
    rows: [['[0.5,1.375]']],
  },
  series_lag_fl: { query: 'print series_lag_fl(dynamic([1,2,3]), 1)', rows: [['[0,1,2]']] },
  series_clean_anomalies_fl: {
    query: 'print todouble(series_clean_anomalies_fl(dynamic([1,100,3]), dynamic([0,1,0]))[1])',
    rows: [[2]],
  },
  series_downsample_fl: {
    query: `print t = dynamic(["2020-01-01","2020-01-02","2020-01-03","2020-01-04"]), v = dynamic([1,2,3,4])
      | invoke series_downsample_fl('t', 'v', 'dt', 'dv', 2) | project todouble(dv[0]), todouble(dv[1])`,
    rows: [[1.5, 3.5]],
  },
  series_metric_fl: {
    query: `datatable(t:datetime, n:string, l:dynamic, v:long)[
        datetime(2021-05-31 23:55), 'w', dynamic({"d":"a"}), 1, datetime(2021-05-31 23:56), 'w', dynamic({"d":"a"}), 2,
        datetime(2021-05-31 23:56), 'w', dynamic({"d":"b"}), 3]
      | invoke series_metric_fl('t', 'n', 'l', 'v', 'w', '"d":"a"') | project name, labels, value`,
    rows: [['w', '{"d":"a"}', '[1,2]']],
  },
  series_rate_fl: {
    query: `print timestamp = dynamic(["2020-01-01T00:00:00Z","2020-01-01T00:00:10Z","2020-01-01T00:00:20Z"]), value = dynamic([1,5,2])
      | invoke series_rate_fl() | project todouble(rate[1]), todouble(rate[2])`,
    rows: [[0.4, 0.2]],
  },
  entropy_fl: { query: `print p = dynamic([0.5, 0.5]) | invoke entropy_fl('p') | project H`, rows: [[1]] },
  percentiles_linear_fl: {
    query: `datatable(x:long, n:string)[5,'B',7,'B',7,'B',10,'B'] | invoke percentiles_linear_fl('x', dynamic([25,100]), 'n')
      | project _key, todouble(pct_val[0]), todouble(pct_val[1])`,
    rows: [['B', 6.5, 10]],
  },
  pair_probabilities_fl: {
    query: `datatable(a:string, b:string, s:string)['x','m','1','x','m','1','x','n','1','y','n','1']
      | invoke pair_probabilities_fl('a', 'b', 's') | where _A == 'x' and _B == 'm' | project P_A, P_AB, Lift_AB, Jaccard_AB`,
    // Rounded down, as the function's page shows.
    rows: [[0.75, 0.49999, 1.33333, 0.66666]],
  },
  graph_blast_radius_fl: {
    query: `datatable(s:string, t:string, w:int)['a','b',3,'a','c',1,'b','c',2] | invoke graph_blast_radius_fl('s','t','w')
      | project sourceId, blastRadiusScore, blastRadiusScoreWeighted, isBlastRadiusListCapped`,
    rows: [
      ['a', 2, 4, false],
      ['b', 1, 2, false],
    ],
  },
  graph_exposure_perimeter_fl: {
    query: `datatable(s:string, t:string)['a','c','b','c','a','b'] | invoke graph_exposure_perimeter_fl('s','t')
      | project targetId, exposurePerimeterScore`,
    rows: [
      ['c', 2],
      ['b', 1],
    ],
  },
  graph_path_discovery_fl: {
    query: `let E = datatable(s:string, t:string, e:string, sc:string)['a','b','e1','x','b','c','e2','x'];
      let N = datatable(n:string, sc:string, st:bool, en:bool)['a','x',true,false,'b','x',false,false,'c','x',false,true];
      graph_path_discovery_fl('E','N','sc','st','en','n','e','s','t') | project fullPath, pathLength`,
    rows: [['(a)-[e1]->(b)-[e2]->(c)', 2]],
  },
  graph_node_centrality_fl: {
    query: `let E = datatable(s:string, t:string, e:string, sc:string)['a','b','e1','x','b','c','e2','x','a','d','e3','x','d','c','e4','x'];
      let N = datatable(n:string, sc:string, st:bool, en:bool, cn:bool)['a','x',true,false,true,'b','x',false,false,true,'c','x',false,true,true,'d','x',false,false,true];
      graph_node_centrality_fl('E','N','sc','st','en','cn','n','e','s','t') | where nodeId in ('a', 'b') | sort by nodeId asc
      | project nodeId, totalDegree, sourceOutFlow, betweenness, relativePrestige, countPairsConnectedByNode`,
    rows: [
      ['a', 0, 1, 0, 0, 0],
      ['b', 1, 0, 0.5, 1, 1],
    ],
  },
  tokenize_fl: {
    query: `print s = 'WARN user=adi path=/var/log' | invoke tokenize_fl('s') | project col1, col3`,
    rows: [['WARN', 'path=/var/log']],
  },
  time_weighted_avg_fl: {
    query: `${metric} time_weighted_avg_fl('ts', 'val', 'key', datetime(2021-04-26), datetime(2021-04-26 01:45), 1h) | project tw_avg | sort by tw_avg asc`,
    rows: [[150], [225]],
  },
  time_weighted_avg2_fl: {
    query: `${metric} time_weighted_avg2_fl('ts', 'val', 'key', datetime(2021-04-26), datetime(2021-04-26 01:45), 1h) | project tw_avg`,
    rows: [[218.75], [206.25]],
  },
  time_weighted_val_fl: {
    query: `${metric} time_weighted_val_fl('ts', 'val', 'key', datetime(2021-04-26), datetime(2021-04-26 01:45), 1h) | project _twa_val, orig_val`,
    rows: [
      [100, 1],
      [300, 1],
      [250, 0],
      [200, 1],
    ],
  },
  time_window_rolling_avg_fl: {
    query: `${metric} time_window_rolling_avg_fl('ts', 'val', 'key', 30m) | project avg_value`,
    rows: [[100], [300], [250]],
  },
  detect_anomalous_new_entity_fl: {
    query: `range t from 1 to 24*60 step 1 | extend at = datetime(2022-03-01 05:00) + 1h * t
      | extend user = iff(at == datetime(2022-04-30 05:00), 'H4ck3r', tostring(pack_array('Admin', 'Dev1', 'Dev2', 'IT')[t % 4])), account = 'p'
      | invoke detect_anomalous_new_entity_fl('user', 'account', 'at', datetime(2022-03-01 05:00), datetime(2022-04-30 05:00), datetime(2022-04-30 05:00))
      | project entity, newEntityProbability, countKnownEntities, slicesOnScope, newEntityAnomalyScore`,
    rows: [['H4ck3r', 0.0031, 4, 60, 0.9969]],
  },
  detect_anomalous_spike_fl: {
    query: `range t from 1 to 24*30 step 1 | extend at = datetime(2022-03-01) + 1h * t, user = 'u', account = 'p'
      | extend n = iff(at == datetime(2022-03-31), 1000, 10 + t % 3)
      | invoke detect_anomalous_spike_fl('n', 'user', 'account', 'at', datetime(2022-03-01), datetime(2022-03-31), datetime(2022-03-31))
      | project numVec, isSpikeOnEntity, anomalyType`,
    rows: [[1000, 1, 'spike_user']],
  },
  pairwise_dist_fl: {
    query: `datatable(n:string, c:string, p:string)['a','x','1','b','y','1'] | invoke pairwise_dist_fl('n', 'p') | project entity, entity1, dist`,
    rows: [
      ['a', 'b', 1],
      ['b', 'a', 1],
    ],
  },
  series_monthly_decompose_anomalies_fl: {
    query: `range d from datetime(2023-01-01) to datetime(2023-06-30) step 1d
      | project _key = 'a', _date = d, _val = iff(dayofmonth(d) == 1, 100.0, 10.0) + d % 3d / 1d + iff(d == datetime(2023-03-15), 80.0, 0.0)
      | invoke series_monthly_decompose_anomalies_fl(5.0) | where anomalies != 0 | project _date, anomalies`,
    rows: [['2023-03-15T00:00:00.0000000Z', 1]],
  },
};

describe('stored functions of the function library', () => {
  it('have each a case', () => {
    expect(functions.map((f) => f.name).filter((n) => n.endsWith('_fl'))).toEqual(Object.keys(cases).toSorted());
  });
  it.each(Object.entries(cases))('%s', async (_name, { query, rows }) => {
    expect(close(await run(query))).toEqual(rows);
  });
});
