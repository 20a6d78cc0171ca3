import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileAsking, type KqlCatalogue } from '../../index.ts';
import { openEngine, type Engine } from '../../../test/engine.ts';
import { covering } from './cover.ts';
import type { Region } from './geojson.ts';
import { edgesOf, intersectRegions, regionContains, union } from './regions.ts';
import { distanceFunctions } from './shapes.ts';
import { fromDegrees, leftArea, toDegrees, turnsLeft, type Point } from './sphere.ts';
import { atan2, sinCos } from './trig.ts';

let engine: Engine;
const points = {
  name: 'Points',
  columns: [
    { name: 'Lng', type: 'real' as const },
    { name: 'Lat', type: 'real' as const },
    { name: 'Shape', type: 'dynamic' as const },
  ],
};
const catalogue: KqlCatalogue = { version: 'geo', tables: [points], functions: [] };
const rows = async (query: string): Promise<unknown[][]> => {
  const ask = (sql: string): Promise<unknown[][]> => Promise.resolve(engine.rows(sql));
  const compiled = await compileAsking(query, catalogue, { now: new Date(0) }, ask);
  return engine.rows(compiled.sql);
};
const value = async (expression: string): Promise<unknown> => (await rows(`print ${expression}`))[0]![0];

const square = '{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]}';
const hole = '{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[4,6],[6,6],[6,4],[4,4]]]}';
const dateline = '{"type":"Polygon","coordinates":[[[170,-10],[-170,-10],[-170,10],[170,10],[170,-10]]]}';

beforeAll(() => {
  engine = openEngine();
  engine.create(points);
  const shapes = [square, hole, dateline, '', '{"type":"Polygon"}'].map((s) => `'${s}'`).join();
  engine.run(
    `INSERT INTO Points SELECT (number * 37 % 400) / 20 - 5, (number * 91 % 400) / 20 - 5, arrayElement([${shapes}], number % 5 + 1), now(), '' FROM numbers(400)`,
  );
  engine.run(`INSERT INTO Points SELECT NULL, 1, '${square}', now(), ''`);
});
afterAll(() => engine.close());

test('places: distances, directions, circles', async () => {
  expect(await value('geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056)')).toBeCloseTo(
    1546754.352,
    2,
  );
  expect(await value('geo_angle(0, 10, 0, 5, 3, -10)')).toBeCloseTo(2.9449384340688165, 12);
  expect(await value('geo_azimuth(5, 10, 10, -40)')).toBeCloseTo(3.054599397964492, 12);
  expect(await value('geo_azimuth(0, 0, -10, 0)')).toBeCloseTo(1.5 * Math.PI, 12);
  expect(await value('geo_point_in_circle(-122.143564, 47.535677, -122.100896, 47.527351, 3500)')).toBe(true);
  for (const none of [
    'geo_distance_2points(300, 1, 1, 1)',
    'geo_distance_2points(1, 91, 1, 1)',
    'geo_distance_2points(real(nan), 1, 1, 1)',
    'geo_azimuth(5, 10, 5, 10)',
    'geo_azimuth(0, 10, 180, -10)',
    'geo_angle(0, 10, 0, 10, 3, -10)',
    'geo_point_in_circle(1, 1, 1, 1, -1)',
  ])
    expect([none, await value(none)]).toEqual([none, null]);
});

test('cells: names, places, neighbours in the order of the real engine', async () => {
  expect(await value("geo_geohash_neighbors('sunny')")).toBe(
    '["sunnv","sunnt","sunnw","sunnx","sunpp","sunnz","sunpn","sunpj"]',
  );
  expect(await value("geo_h3cell_neighbors('862a1072fffffff')")).toBe(
    '["862a10777ffffff","862a100d7ffffff","862a100dfffffff","862a1070fffffff","862a10707ffffff","862a10727ffffff"]',
  );
  expect(await value("geo_s2cell_neighbors('89c259')")).toBe(
    '["89c25d","89c25b","89c2f7","89c257","89c2f5","89c251","89c25f","89c2f9"]',
  );
  expect(await value('geo_point_to_s2cell(-80.195829, 25.802215, 8)')).toBe('88d9b');
  expect(await value('geo_point_to_geohash(139.806115, 35.554128, 12)')).toBe('xn76m27ty9g4');
  expect(await value('geo_point_to_geohash(139.806115, 35.554128, 18)')).toBe('xn76m27ty9g4dz1bmt');
  expect(await value("geo_h3cell_parent('862a1072fffffff', 1)")).toBe('812a3ffffffffff');
  expect(await value("array_length(geo_h3cell_children('862a1072fffffff', 9))")).toBe(343);
  for (const none of [
    'geo_polygon_to_h3cells(dynamic({"type":"Polygon","coordinates":[[[0,0],[1,1]]]}))',
    'geo_polygon_to_h3cells(dynamic({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}), 16)',
    "geo_geohash_to_polygon('a')",
    "geo_s2cell_to_polygon('a')",
    "geo_h3cell_to_polygon('@')",
    "geo_h3cell_children('862a1072fffffff', 15)",
    'geo_point_to_s2cell(1, 1, 35)',
    'geo_point_to_h3cell(1, 1, 16)',
    'geo_point_to_geohash(1, 1, 19)',
  ])
    expect([none, await value(none)]).toEqual([none, '']);
  // Every level of every face, there and back.
  const back = await rows(
    'range x from -179.0 to 179.0 step 21.7 | extend y = x / 2.1 | mv-expand l = range(0, 30, 5) to typeof(int) | extend t = geo_point_to_s2cell(x, y, l) | extend c = geo_s2cell_to_central_point(t) | where geo_point_to_s2cell(todouble(c.coordinates[0]), todouble(c.coordinates[1]), l) != t | count',
  );
  expect(back).toEqual([[0]]);
});

test('shapes: measures, buffers, overlays', async () => {
  const line = '{"type":"LineString","coordinates":[[-73.95796,40.80042],[-73.97317,40.764486]]}';
  expect(
    await value(
      'geo_line_length(dynamic({"type":"LineString","coordinates":[[-73.95807266235352,40.800426144169315],[-73.94966125488281,40.79691751000055],[-73.97317886352539,40.764486356930334]]}))',
    ),
  ).toBeCloseTo(4922.4801699208065, 6);
  expect(await value(`geo_line_interpolate_point(dynamic(${line}), 0.25)`)).toContain(
    '[-73.96176404321828,40.7914366872572',
  );
  expect(await value(`geo_line_locate_point(dynamic(${line}), -73.965, 40.792)`)).toBeCloseTo(0.255601351003, 10);
  expect(await value(`geo_polygon_area(dynamic(${square})) - geo_polygon_area(dynamic(${hole}))`)).toBeCloseTo(
    (await value(
      'geo_polygon_area(dynamic({"type":"Polygon","coordinates":[[[4,4],[6,4],[6,6],[4,6],[4,4]]]}))',
    )) as number,
    -1,
  );
  expect(
    await value('tostring(geo_line_densify(dynamic({"type":"LineString","coordinates":[[50,50],[51,51]]})))'),
  ).toBe(
    '{"type":"LineString","coordinates":[[50.0,50.0],[50.125,50.125],[50.25000000000001,50.25000000000001],[50.375,50.375],[50.5,50.5],[50.625,50.62500000000001],[50.74999999999999,50.74999999999999],[50.875,50.875],[50.99999999999999,51.0]]}',
  );
  expect(
    await value(
      'geo_intersection_2polygons(dynamic({"type":"Polygon","coordinates":[[[2,45],[0,45],[1,44],[2,45]]]}), dynamic({"type":"Polygon","coordinates":[[[3,44],[2,45],[2,43],[3,44]]]}))',
    ),
  ).toBe('{"type":"Point","coordinates":[2.0,45.0]}');
  const circle = JSON.parse((await value('geo_point_buffer(10, 20, 5000, 10)')) as string) as {
    coordinates: [number, number][][];
  };
  const away = await rows(
    `print d = dynamic(${JSON.stringify(circle.coordinates[0])}) | mv-expand d | summarize min(geo_distance_2points(10, 20, todouble(d[0]), todouble(d[1]))), max(geo_distance_2points(10, 20, todouble(d[0]), todouble(d[1])))`,
  );
  expect(away[0]![0]).toBeCloseTo(5000, 3);
  expect(away[0]![1]).toBeCloseTo(5000, 3);
  expect(
    await value(
      'array_length(geo_polygon_to_s2cells(dynamic({"type":"Polygon","coordinates":[[[0,0],[0,50],[100,50],[0,0]]]}), 5))',
    ),
  ).toBe(286);
});

test('what is no shape gives null', async () => {
  for (const shape of [
    '{"type":"Polygon"}',
    '{"type":"Polygon","coordinates":[]}',
    '{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,10],[0,0]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,0]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,0],[0,10],[0,0]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[10,91],[10,0],[0,0]]]}',
    '{"type":"Point","coordinates":[1,1]}',
  ])
    expect([shape, await value(`geo_polygon_area(dynamic(${shape}))`)]).toEqual([shape, null]);
  expect(await value('geo_line_length(dynamic({"type":"LineString","coordinates":[[1,1]]}))')).toBeNull();
  expect(await value('geo_line_length(dynamic({"type":"LineString","coordinates":[[0,0],[180,0]]}))')).toBeNull();
  expect(await value("geo_from_wkt('LINESTRING')")).toBe('');
  await expect(value('geo_distance_2points(1, 1, 2, 2, true)')).rejects.toThrow(/spheroid/);
});

/** The same to a millimetre, or null both. */
const near = (a: number | null, b: unknown): boolean =>
  a === null || typeof b !== 'number' ? a === b : Math.abs(a - b) < 1e-3;

test('rows: the engine finds what the exact test finds, whatever holds the polygon', async () => {
  const [inside, distance] = ['geo_point_in_polygon', 'geo_distance_point_to_polygon'].map((n) =>
    distanceFunctions.find((f) => f.name === n)!,
  );
  for (const shape of [square, hole, dateline]) {
    const found = await rows(
      `Points | project Lng, Lat, i = geo_point_in_polygon(Lng, Lat, dynamic(${shape})), d = geo_distance_point_to_polygon(Lng, Lat, dynamic(${shape}))`,
    );
    expect(found).toHaveLength(401);
    for (const [lng, lat, i, d] of found as [number | null, number, boolean | null, number | null][]) {
      // On the border itself the last digit decides.
      if (d !== null && d < 1e-3 && d > 0) continue;
      expect([lng, lat, i]).toEqual([lng, lat, inside!.evaluate([lng, lat, shape])]);
      expect([lng, lat, near(d, distance!.evaluate([lng, lat, shape]))]).toEqual([lng, lat, true]);
    }
  }
  const columns = await rows(
    `Points | summarize countif(geo_point_in_polygon(Lng, Lat, Shape)), countif(isnull(geo_point_in_polygon(Lng, Lat, Shape)))`,
  );
  const expected = await rows(
    `Points | summarize countif(tostring(Shape) == '${square}' and geo_point_in_polygon(Lng, Lat, dynamic(${square})) or tostring(Shape) == '${hole}' and geo_point_in_polygon(Lng, Lat, dynamic(${hole}))), countif(isempty(Shape) or tostring(Shape) == '{"type":"Polygon"}' or isnull(Lng))`,
  );
  expect(columns).toEqual(expected);
});

test('lookups join each row with the shapes it lies in or near', async () => {
  const table = `datatable(Name:string, Area:dynamic)['square', dynamic(${square}), 'hole', dynamic(${hole}), 'none', dynamic({"type":"x"})]`;
  const found = await rows(
    `let Areas = ${table}; Points | where Lng == 5 or isnull(Lng) or Lng == 14 | evaluate geo_polygon_lookup(Areas, Area, Lng, Lat, return_unmatched = true) | summarize count() by Name | order by Name asc`,
  );
  const names = found.map((r) => r[0]);
  expect(names).toContain('square');
  expect(names).toContain('');
  expect(names).not.toContain('none');
  const near = await rows(
    `let Lines = datatable(Name:string, L:dynamic)['equator', dynamic({"type":"LineString","coordinates":[[0,0],[10,0]]})]; Points | evaluate geo_line_lookup(Lines, L, Lng, Lat, 60000) | where geo_distance_point_to_line(Lng, Lat, dynamic({"type":"LineString","coordinates":[[0,0],[10,0]]})) > 60000 | count`,
  );
  expect(near).toEqual([[0]]);
});

/** A star-like polygon around a place; the same for the same seed. */
function star(seed: number): Region {
  const random = (i: number): number => ((Math.sin(seed * 131 + i * 17) + 1) * 7919) % 1;
  const [lng, lat] = [random(1) * 20, random(2) * 20];
  const loop = Array.from({ length: 9 }, (_, i): Point => {
    const r = 4 + 6 * random(i + 3);
    const turn = (2 * Math.PI * i) / 9;
    return fromDegrees(lng + r * Math.cos(turn), lat + r * Math.sin(turn));
  });
  return { loops: [turnsLeft(loop) ? loop : loop.toReversed()] };
}
const area = ({ loops }: Region): number =>
  loops.reduce((sum, l) => sum + (turnsLeft(l) ? leftArea(l) : -leftArea(l.toReversed())), 0);

test('areas add up: union and intersection of two are as large as both', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const [a, b] = [star(seed), star(seed + 100)];
    expect(area(union([a, b])) + area(intersectRegions(a, b).region)).toBeCloseTo(area(a) + area(b), 12);
  }
});

test('a covering has the cells of all places inside', () => {
  const region = star(7);
  const cells = new Set(covering(edgesOf(region), 6, (p) => regionContains(region, p)));
  expect(cells.size).toBeGreaterThan(20);
  for (let i = 0; i < 400; i++) {
    const p = fromDegrees((i * 7) % 40, (i * 13) % 40);
    if (!regionContains(region, p)) continue;
    const [own] = covering([{ a: p, b: fromDegrees(...shifted(p)) }], 6, undefined) ?? [];
    expect(cells.has(own!)).toBe(true);
  }
});
const shifted = (p: Point): [number, number] => [toDegrees(p)[0] + 1e-9, toDegrees(p)[1]];

test('sines are rounded to the nearest number', () => {
  expect(sinCos(50.625 * (Math.PI / 180))[0]).toBe(0.773010453362737);
  expect(sinCos(0)).toEqual([0, 1]);
  for (let i = -60; i <= 60; i++) {
    const [s, c] = sinCos(i / 10);
    expect(s).toBeCloseTo(Math.sin(i / 10), 15);
    expect(c).toBeCloseTo(Math.cos(i / 10), 15);
    expect(atan2(s, c)).toBeCloseTo(Math.atan2(s, c), 14);
  }
});
