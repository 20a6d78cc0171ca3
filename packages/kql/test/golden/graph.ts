import type { Golden } from '../golden.ts';

/** Companies and who owns or pays whom. */
const firms = `let Firms = datatable(firm:string, land:string, size:long)["acme","NO",10, "bolt","SE",20, "coil","NO",30, "dune","",40];
let Ties = datatable(src:string, dst:string, tie:string, since:long)["acme","bolt","owns",1, "bolt","coil","owns",2, "coil","acme","pays",3, "acme","coil","pays",4, "coil","eddy","owns",5];
let G = Ties | make-graph src --> dst with Firms on firm; `;
const bare = `let Ties = datatable(a:long, b:long, w:long)[1,2,10, 2,3,20, 3,1,30, 3,4,40, 4,4,50, 1,2,60]; let G = Ties | make-graph a --> b with_node_id=id; `;

export const golden: readonly Golden[] = [
  {
    name: 'edges in both directions of writing, columns named after element and property',
    kql: `${firms} G | graph-match (x)-[t]->(y)<-[u]-(z) where y.firm == 'coil' and x.land == 'NO' project x.firm, t.tie, z.firm, y.land, size = z.size`,
    columns: ['x_firm', 't_tie', 'z_firm', 'y_land', 'size'],
    rows: [['acme', 'pays', 'bolt', 'NO', 20]],
  },
  {
    name: 'nodes that only edges name have their identifier and nothing else; nodes without an edge are there',
    kql: `${firms} G | graph-to-table nodes | sort by firm asc`,
    rows: [
      ['acme', 'NO', 10],
      ['bolt', 'SE', 20],
      ['coil', 'NO', 30],
      ['dune', '', 40],
      ['eddy', '', null],
    ],
  },
  {
    name: 'the hashes are those that Kusto gives',
    kql: `datatable(a:string, b:string)['Alice','Bob'] | make-graph a --> b with_node_id=n | graph-to-table edges with_source_id=s with_target_id=t`,
    columns: ['s', 't', 'a', 'b'],
    rows: [['-3122868243544336885', '-7133945255344544237', 'Alice', 'Bob']],
  },
  {
    name: 'both tables of a graph, by name',
    kql: `${bare} G | graph-to-table nodes as V with_node_id=v, edges as W with_source_id=s; V | join kind=inner W on $left.v == $right.s | summarize n=count() by id | sort by id asc`,
    rows: [
      [1, 2],
      [2, 1],
      [3, 2],
      [4, 1],
    ],
  },
  {
    name: 'a walk is a list in the order of the pattern, from whichever end it is searched',
    kql: `${bare} G | graph-match (x)-[e*1..3]->(y) where y.id == 4 and x.id == 1 project w = e.w, ids = map(inner_nodes(e), id) | sort by tostring(w) asc`,
    rows: [
      ['[10,20,40]', '[2,3]'],
      ['[60,20,40]', '[2,3]'],
    ],
  },
  {
    name: 'right to left: from the first node that the pattern names',
    kql: `${bare} G | graph-match (y)<-[e*3..3]-(x) where y.id == 4 and x.id == 2 project w = map(e, w)`,
    // 4 ← 4 ← 3 ← 2
    rows: [['[50,40,20]']],
  },
  {
    name: 'cycles: all, unique edges, none',
    kql: `${bare} union
      (G | graph-match cycles=all (x)-[e*4..4]->(y) where x.id == 3 and y.id == 4 project k = 'all', w = tostring(map(e, w))),
      (G | graph-match (x)-[e*4..4]->(y) where x.id == 3 and y.id == 4 project k = 'unique', w = tostring(map(e, w))),
      (G | graph-match cycles=none (x)-[e*1..4]->(y) where x.id == 3 and y.id == 4 project k = 'none', w = tostring(map(e, w))) | sort by k asc, w asc`,
    rows: [
      ['all', '[30,10,20,40]'],
      ['all', '[30,60,20,40]'],
      ['all', '[40,50,50,50]'],
      ['none', '[40]'],
      ['unique', '[30,10,20,40]'],
      ['unique', '[30,60,20,40]'],
    ],
  },
  {
    name: 'all, any and map; no edge at all is a walk of *0',
    kql: `${bare} G | graph-match (x)-[e*0..2]->(y) where x.id == 3 and (any(e, w > 35) or array_length(map(e, w)) == 0) project y.id, w = e.w, big = all(e, w > 35), some = any(e, w > 35) | sort by y_id asc, tostring(w) asc`,
    rows: [
      [3, '[]', true, false],
      [4, '[40,50]', true, true],
      [4, '[40]', true, true],
      [2, '[30,60]', false, true],
    ].sort((p, q) => Number(p[0]) - Number(q[0]) || String(p[1]).localeCompare(String(q[1]))),
  },
  {
    name: 'a property of a walked edge in the condition is meant of each edge',
    kql: `${bare} G | graph-match (x)-[e*1..3]->(y) where x.id == 1 and e.w < 30 project y.id, w = e.w | sort by y_id asc`,
    rows: [
      [2, '[10]'],
      [3, '[10,20]'],
    ],
  },
  {
    name: 'degrees, identifiers and labels',
    kql: `${bare} G | graph-match (x) where node_degree_in(x) + node_degree_out(x) >= 3 project x.id, i = node_degree_in(x), o = node_degree_out(x), t = node_id(x), l = labels(x) | sort by x_id asc`,
    rows: [
      [1, 1, 2, '1', '[]'],
      [2, 2, 1, '2', '[]'],
      [3, 1, 2, '3', '[]'],
      [4, 2, 1, '4', '[]'],
    ],
  },
  {
    name: 'degrees of the nodes inside a walk',
    kql: `${bare} G | graph-match (x)-[e*2..2]->(y) where all(inner_nodes(e), node_degree_out() == 1 and node_id() != '4') project x.id, d = map(inner_nodes(e), node_degree_in()) | distinct x_id, tostring(d)`,
    rows: [[1, '[2]']],
  },
  {
    name: 'a star: sequences that share a node',
    kql: `${firms} G | graph-match (x)-[t]->(m), (m)-[u]->(y), (z)-[v]->(m) where t.tie == 'pays' and v.tie == 'owns' project x.firm, m.firm, y.firm, z.firm | sort by y_firm asc`,
    rows: [
      ['acme', 'coil', 'acme', 'bolt'],
      ['acme', 'coil', 'eddy', 'bolt'],
    ],
  },
  {
    name: 'conditions across elements',
    kql: `${firms} G | graph-match (x)-[t]->(y)-[u]->(z) where x.firm != z.firm and t.since < u.since and (x.size > 25 or z.firm == 'eddy') project x.firm, z.firm, sum = t.since + u.since | sort by sum asc`,
    rows: [
      ['bolt', 'eddy', 7],
      ['acme', 'eddy', 9],
    ],
  },
  {
    name: 'shortest paths: all of them, one of them, several edges, a least length',
    kql: `${bare} union
      (G | graph-shortest-paths output=all (x)-[e*1..5]->(y) where x.id == 1 and y.id == 4 project k = 'all', w = tostring(map(e, w))),
      (G | graph-shortest-paths (x)-[e*1..5]->(y) where x.id == 1 and y.id == 4 project k = 'any', w = tostring(array_length(map(e, w)))),
      (G | graph-shortest-paths (x)-[e*1..5]->(y)-[f]->(z) where x.id == 2 and z.id == 4 project k = 'tail', w = strcat(strcat_array(map(e, w), '>'), '>', f.w)),
      (G | graph-shortest-paths (x)<-[e*2..5]-(y) where x.id == 4 and y.id == 2 project k = 'least', w = tostring(map(e, w))) | sort by k asc, w asc`,
    rows: [
      ['all', '[10,20,40]'],
      ['all', '[60,20,40]'],
      ['any', '3'],
      ['least', '[40,20]'],
      ['tail', '20>40'],
    ],
  },
  {
    name: 'shortest paths keep to conditions on edges and on the nodes between',
    kql: `${firms} union
      (G | graph-shortest-paths (x)-[e*1..4]->(y) where x.firm == 'acme' and y.firm == 'eddy' and all(e, tie == 'owns') project k = 'edges', p = strcat_array(map(inner_nodes(e), firm), '>')),
      (G | graph-shortest-paths (x)-[e*1..4]-(y) where x.firm == 'acme' and y.firm == 'coil' and all(inner_nodes(e), land == 'SE') and all(e, since < 3) project k = 'nodes', p = strcat_array(map(inner_nodes(e), firm), '>')) | sort by k asc`,
    rows: [
      ['edges', 'bolt>coil'],
      ['nodes', 'bolt'],
    ],
  },
  {
    name: 'components: weak, strong, named',
    kql: `${bare} G | graph-mark-components kind=strong with_component_id=s | graph-mark-components | graph-match (x) project x.id, x.s, x.ComponentId | sort by x_id asc`,
    rows: [
      [1, 0, 0],
      [2, 0, 0],
      [3, 0, 0],
      [4, 1, 0],
    ],
  },
  {
    name: 'a graph of some nodes, and of some edges',
    kql: `${bare} G | graph-where-nodes id != 2 and node_degree_in() < 3 | graph-where-edges w != 30 | graph-mark-components | graph-to-table nodes | sort by id asc`,
    rows: [
      [1, 1],
      [3, 0],
      [4, 0],
    ],
  },
  {
    name: 'partitions are graphs of their own, and later steps go over each by itself',
    kql: `let T = datatable(a:string, b:string, p:string)['x','y','A', 'y','z','A', 'x','y','B', 'z','x','B'];
      let V = datatable(n:string, p:string, k:string)['x','A','ax', 'y','A','ay', 'z','A','az', 'x','B','bx', 'y','B','by', 'z','B','bz'];
      T | make-graph a --> b with V on n partitioned-by p (graph-match (m)-[e*2..2]->(o) project m.k, o.k | take 1) | sort by m_k asc`,
    rows: [
      ['ax', 'az'],
      ['bz', 'by'],
    ],
  },
  {
    name: 'two tables of nodes are merged by identifier',
    kql: `let T = datatable(a:long, b:long)[1,2, 2,3]; let V = datatable(n:int, x:string)[1,'one']; let W = datatable(n:int, y:bool, x:string)[1,true,'', 4,false,'four'];
      T | make-graph a --> b with V on n, W on n | graph-to-table nodes | sort by n asc`,
    columns: ['n', 'x', 'y'],
    rows: [
      [1, 'one', true],
      [2, '', null],
      [3, '', null],
      [4, 'four', false],
    ],
  },
  {
    name: 'values of every type come through walks',
    kql: `let T = datatable(a:string, b:string, d:dynamic, q:timespan, t:datetime, g:guid, r:real, o:bool, e:decimal)['x','y',dynamic({"p":[1,2]}),1h,datetime(2020-01-01),guid(74be27de-1e4e-49d9-b579-fe0b331d3642),1.5,true,1.25, 'y','z',dynamic(null),time(null),datetime(null),guid(null),real(null),bool(null),decimal(null)];
      T | make-graph a --> b with_node_id=id | graph-match (m)-[e]->(n)-[f*1..1]->(k) project e.d.p[1], e.q, e.t, e.g, e.r, e.o, e.e, map(f, d), map(f, q), map(f, o), map(f, r)`,
    rows: [
      [
        '2',
        '01:00:00',
        '2020-01-01T00:00:00.0000000Z',
        '74be27de-1e4e-49d9-b579-fe0b331d3642',
        1.5,
        true,
        '1.25',
        '[null]',
        '[null]',
        '[null]',
        '[null]',
      ],
    ],
  },
  {
    name: 'in a function: bounds of a walk by name, lengths that can be sorted by',
    kql: `${bare} let ways = (least:long = 1, most:long) { G | graph-match cycles=none (x)-[e*least..most]->(y) where x.id == 1 project to = y.id, n = array_length(map(e, w)), p = strcat_array(map(e, w), '>'), any = any(e, w > 50) };
      ways(most=2) | where p !has '60' | sort by n desc`,
    columns: ['to', 'n', 'p', 'any'],
    rows: [
      [3, 2, '10>20', false],
      [2, 1, '10', false],
    ],
  },
  {
    name: 'an empty graph has no matches and no components',
    kql: `let T = datatable(a:string, b:string)[]; T | make-graph a --> b with_node_id=id | graph-mark-components | graph-match (m)-[e*1..3]->(n) where n.id == 'x' project m.id, m.ComponentId`,
    rows: [],
  },
];

/** Queries that are refused, and what stands at the place of the fault. */
export const refused: readonly { readonly kql: string; readonly at: string; readonly message: RegExp }[] = [
  { kql: 'datatable(a:long, b:long)[] | make-graph a -- b | graph-to-table nodes', at: 'make-graph', message: /-->/ },
  { kql: `${bare} G`, at: 'make-graph a --> b with_node_id=id', message: /not a table/ },
  { kql: `${bare} G | graph-match (x)-->(y), (p)-->(q) project x.id`, at: 'graph-match', message: /share nodes/ },
  { kql: `${bare} G | graph-match (x)-[e]->(y)`, at: 'graph-match', message: /project/ },
  { kql: `${bare} G | graph-match (x)-[e]->(y) project x`, at: 'x', message: /properties/ },
  { kql: `${bare} G | graph-match (x)-[e]->(y) where any(e, w > 1) project x.id`, at: 'e', message: /varying length/ },
  { kql: `${bare} G | graph-match (x)-[e]->(y)-[e]->(z) project x.id`, at: '-[e]->', message: /already/ },
  { kql: `${bare} G | graph-match (x)-[e*2..1]->(y) project x.id`, at: '*2..1', message: /not a range/ },
  { kql: `${bare} G | graph-match (x)-[e*1..1000]->(y) project x.id`, at: '*1..1000', message: /at most 250/ },
  { kql: `${bare} G | graph-shortest-paths (x)-[e]->(y) project x.id`, at: '(x)-[e]->(y)', message: /varying length/ },
  {
    kql: `${bare} G | graph-match (x)-[e*1..2]->(y) where all(inner_nodes(e), w > 1) project x.id`,
    at: 'w',
    message: /w/,
  },
  { kql: `graph('Exposure') | graph-match (x)-->(y) project x.id`, at: 'graph', message: /Exposure/ },
];
