import { integer, join, real, sql, type Sql } from '../../sql.ts';
import type { PreparedFunction } from '../host.ts';
import { scalarWith, type CallInfo, type Operand } from '../registry.ts';
import { parseJson, polygonGroups, rawShape, type Line, type Loop, type Region } from './geojson.ts';
import { edgesOf, edgesOfLine, intersectRegions, regionContains, regionContainsCorner } from './regions.ts';
import { distanceFunctions, host, linesIn, regionIn } from './shapes.ts';
import { cross, distance, dot, fromDegrees, normalize, normalOf, ortho, plus, type Point } from './sphere.ts';
import { earthRadius, metres, validPoint } from './sql.ts';

/**
 * Tests of many points against a shape, in the engine. A polygon is put on planes: seen from the centre of the sphere, edges on the
 * sphere are straight lines on a plane beside it, where the engine's own test of points in polygons works.
 */

// ——— a region on planes ———

/** A part of a region on a plane: the plane's axes, and the polygons on it. */
interface Part {
  readonly x: Point;
  readonly y: Point;
  readonly z: Point;
  readonly polygons: readonly (readonly (readonly (readonly [number, number])[])[])[];
}
interface Prepared {
  readonly parts: readonly Part[];
  /** Corners (longitude, latitude) that belong to the region, and such that do not. */
  readonly inside: readonly (readonly [number, number])[];
  readonly outside: readonly (readonly [number, number])[];
}
/** Points nearer to the plane's own direction than this can be put on it: 80 degrees. */
const limit = Math.cos((80 * Math.PI) / 180);

function plane(loops: readonly Loop[], z: Point): Part {
  const x = ortho(z);
  const y = cross(z, x);
  const flat = (p: Point): readonly [number, number] => [dot(p, x) / dot(p, z), dot(p, y) / dot(p, z)];
  return { x, y, z, polygons: polygonGroups({ loops }).map((group) => group.map((l) => l.map(flat))) };
}
const axes: readonly Point[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [-1, 0, 0],
  [0, -1, 0],
  [0, 0, -1],
];
/** The face of a cube around the sphere that looks along an axis. */
function face(z: Point): Region {
  const [x, y] = axes.filter((a) => dot(a, z) === 0 && a.some((c) => c > 0)) as [Point, Point];
  const corner = (i: number, j: number): Point =>
    normalize(plus(z, plus([x[0] * i, x[1] * i, x[2] * i], [y[0] * j, y[1] * j, y[2] * j])));
  const loop = [corner(1, 1), corner(-1, 1), corner(-1, -1), corner(1, -1)];
  return { loops: [dot(cross(x, y), z) > 0 ? loop : loop.toReversed()] };
}
function partsOf(region: Region): Part[] {
  const all = region.loops.flat();
  const centre = normalize(all.reduce(plus, [0, 0, 0]));
  if (all.every((p) => dot(p, centre) > limit)) return [plane(region.loops, centre)];
  // Wider than a plane can show: face by face of a cube.
  return axes.map((z) => plane(intersectRegions(region, face(z)).region.loops, z)).filter((p) => p.polygons.length > 0);
}
const prepareRegion = host('geo_point_in_polygon', ['dynamic'], 'dynamic', ([p]) => {
  const region = regionIn(p);
  if (!region) return null;
  // As they are written: a row's place is compared with that.
  const corners = rawShape(parseJson(p))!.lines.flat();
  const has = new Map(
    region.loops.flatMap((l) => l.map((c, i) => [c.join(), regionContainsCorner(region, l, i)] as const)),
  );
  const inside = (corner: readonly [number, number]): boolean => {
    const point = fromDegrees(corner[0], corner[1]);
    return has.get(point.join()) ?? regionContains(region, point);
  };
  const own = new Set(corners.filter(inside));
  const made: Prepared = {
    parts: partsOf(region),
    inside: [...own],
    outside: corners.filter((c) => !own.has(c)),
  };
  return JSON.stringify(made);
});
export { prepareRegion };

// ——— SQL ———

const numbers = (p: Point): Sql => sql`(${join(p.map(real))})`;
const pair = (p: readonly [number, number]): Sql => sql`(${real(p[0])}, ${real(p[1])})`;
const list = (items: readonly Sql[]): Sql => sql`[${join(items)}]`;
/** The unit vector of a place; of a null one that of (0, 0). */
const vector = (lng: Sql, lat: Sql, call: CallInfo): Sql => {
  const [x, y] = [sql`radians(ifNull(${lng}, 0))`, sql`radians(ifNull(${lat}, 0))`];
  return call.name(sql`(cos(${y}) * cos(${x}), cos(${y}) * sin(${x}), sin(${y}))`);
};
const along = (v: Sql, axis: Point): Sql =>
  sql`(${v}.1 * ${real(axis[0])} + ${v}.2 * ${real(axis[1])} + ${v}.3 * ${real(axis[2])})`;
const dotOf = (v: Sql, w: Sql): Sql => sql`(${v}.1 * ${w}.1 + ${v}.2 * ${w}.2 + ${v}.3 * ${w}.3)`;

/** Whether a valid place lies in a constant region. */
export function inConstant(prepared: string, lng: Sql, lat: Sql, call: CallInfo): Sql {
  const { parts, inside, outside } = JSON.parse(prepared) as Prepared;
  if (parts.length === 0) return sql`false`;
  const v = vector(lng, lat, call);
  const tests = parts.map(({ x, y, z, polygons }) => {
    const w = along(v, z);
    const over = sql`greatest(${w}, 0.1)`;
    const shape = list(polygons.map((p) => list(p.map((ring) => list(ring.map(pair))))));
    return sql`(${w} > ${real(limit)} AND pointInPolygon((${along(v, x)} / ${over}, ${along(v, y)} / ${over}), ${shape}))`;
  });
  const corner = sql`(ifNull(${lng}, 0), ifNull(${lat}, 0))`;
  const has = (corners: readonly (readonly [number, number])[]): Sql =>
    corners.length ? sql`${corner} IN (${join(corners.map(pair))})` : sql`false`;
  return sql`toBool(${has(inside)} OR (NOT ${has(outside)} AND (${join(tests, sql` OR `)})))`;
}
/** The same of a region that a column holds. */
function inColumn(prepared: Sql, lng: Sql, lat: Sql, call: CallInfo): Sql {
  const v = vector(lng, lat, call);
  const tuple = sql`Tuple(Float64, Float64, Float64)`;
  const type = sql`'Array(Tuple(x ${tuple}, y ${tuple}, z ${tuple}, polygons Array(Array(Array(Tuple(Float64, Float64))))))'`;
  const w = dotOf(v, sql`part.z`);
  const over = sql`greatest(${w}, 0.1)`;
  const test = sql`${w} > ${real(limit)} AND pointInPolygon((${dotOf(v, sql`part.x`)} / ${over}, ${dotOf(v, sql`part.y`)} / ${over}), part.polygons)`;
  const corners = (name: Sql): Sql => sql`JSONExtract(${prepared}, ${name}, 'Array(Tuple(Float64, Float64))')`;
  const has = (name: Sql): Sql => sql`has(${corners(name)}, (ifNull(${lng}, 0), ifNull(${lat}, 0)))`;
  return sql`toBool(${has(sql`'inside'`)} OR (NOT ${has(sql`'outside'`)} AND arrayExists(part -> ${test}, JSONExtract(${prepared}, 'parts', ${type}))))`;
}
export const constantText = (o: Operand): string | undefined =>
  typeof o.literal?.value === 'string' ? o.literal.value : undefined;

function pointInPolygon(lng: Sql, lat: Sql, shape: Operand, call: CallInfo): Sql {
  if (shape.literal && !shape.literal.value) return sql`CAST(NULL, 'Nullable(Bool)')`;
  const constant = constantText(shape);
  const inside = constant ? inConstant(constant, lng, lat, call) : inColumn(shape.sql, lng, lat, call);
  const there = constant ? sql`true` : sql`${shape.sql} != ''`;
  return sql`if(${validPoint(lng, lat)} AND ${there}, ${inside}, NULL)`;
}

// ——— distances ———

/** Edges as the SQL needs them: the normal, what bounds the strip beside the edge, and the ends. */
interface EdgeNumbers {
  readonly n: Point;
  readonly p: Point;
  readonly q: Point;
}
interface PreparedEdges {
  readonly edges: readonly EdgeNumbers[];
  readonly points: readonly Point[];
  readonly region: Prepared | null;
}
const edgeNumbers = ({ a, b }: { a: Point; b: Point }): EdgeNumbers => {
  const n = normalize(normalOf(a, b));
  return { n, p: cross(n, a), q: cross(b, n) };
};
const prepareLines = host('geo_distance_point_to_line', ['dynamic'], 'dynamic', ([l]) => {
  const lines: Line[] | undefined = linesIn(l);
  if (!lines) return null;
  const made: PreparedEdges = {
    edges: lines.flatMap(edgesOfLine).map(edgeNumbers),
    points: lines.flat(),
    region: null,
  };
  return JSON.stringify(made);
});
const prepareBorder = host('geo_distance_point_to_polygon', ['dynamic'], 'dynamic', ([p]) => {
  const region = regionIn(p);
  const own = prepareRegion.evaluate([p ?? null]);
  if (!region || typeof own !== 'string') return null;
  const made: PreparedEdges = {
    edges: edgesOf(region).map(edgeNumbers),
    points: region.loops.flat(),
    region: JSON.parse(own) as Prepared,
  };
  return JSON.stringify(made);
});
export { prepareBorder, prepareLines };

/** Edges up to so many are written out; the engine copies longer arrays for each row. */
const writtenOut = 200;
const squares = (v: Sql, w: Sql): Sql =>
  sql`(${square(sql`(${v}.1 - ${w}.1)`)} + ${square(sql`(${v}.2 - ${w}.2)`)} + ${square(sql`(${v}.3 - ${w}.3)`)})`;
// Much faster than the engine's pow.
const square = (x: Sql): Sql => sql`${x} * ${x}`;
const least = (items: readonly Sql[]): Sql => (items.length === 1 ? items[0]! : sql`least(${join(items)})`);
/** The angle of a place from the nearest of edges, of the sine to an edge it lies beside and the chord to the nearest corner. */
const nearest = (sine: Sql, chord: Sql): Sql =>
  sql`least(if(${sine} > 1, 4., asin(${sine})), 2 * asin(least(1, sqrt(${chord}) / 2)))`;
function angleToConstant({ edges, points }: PreparedEdges, v: Sql, call: CallInfo): Sql {
  if (edges.length > writtenOut) {
    const made = list(edges.map((e) => sql`(${numbers(e.n)}, ${numbers(e.p)}, ${numbers(e.q)})`));
    return angleToArrays(made, list(points.map(numbers)), v, call);
  }
  const sines = edges.map(({ n, p, q }) => sql`if(${along(v, p)} > 0 AND ${along(v, q)} > 0, abs(${along(v, n)}), 2)`);
  const chords = points.map((p) => {
    const parts = p.map((c, i) => square(sql`(${v}.${integer(i + 1)} - ${real(c)})`));
    return sql`(${join(parts, sql` + `)})`;
  });
  return nearest(call.name(least(sines)), least(chords));
}
function angleToArrays(edges: Sql, points: Sql, v: Sql, call: CallInfo): Sql {
  const sine = sql`arrayMin(arrayMap(e -> if(${dotOf(v, sql`e.2`)} > 0 AND ${dotOf(v, sql`e.3`)} > 0, abs(${dotOf(v, sql`e.1`)}), 2), ${edges}))`;
  return nearest(call.name(sine), sql`arrayMin(arrayMap(w -> ${squares(v, sql`w`)}, ${points}))`);
}
/** The distance in metres of a valid place from a shape that `$geo` prepared; 0 inside a polygon. */
export function distanceSql(lng: Sql, lat: Sql, shape: Operand, call: CallInfo): Sql {
  if (shape.literal && !shape.literal.value) return sql`CAST(NULL, 'Nullable(Float64)')`;
  const v = vector(lng, lat, call);
  const constant = constantText(shape);
  if (constant) {
    const made = JSON.parse(constant) as PreparedEdges;
    const away = sql`${metres} * ${angleToConstant(made, v, call)}`;
    const inside = made.region && inConstant(JSON.stringify(made.region), lng, lat, call);
    return sql`if(${validPoint(lng, lat)}, ${inside ? sql`if(${inside}, 0., ${away})` : away}, NULL)`;
  }
  const tuple = sql`Tuple(Float64, Float64, Float64)`;
  const edges = sql`JSONExtract(${shape.sql}, 'edges', 'Array(Tuple(n ${tuple}, p ${tuple}, q ${tuple}))')`;
  const points = sql`JSONExtract(${shape.sql}, 'points', 'Array(${tuple})')`;
  const region = call.name(sql`JSONExtractRaw(${shape.sql}, 'region')`);
  const away = sql`${metres} * ${angleToArrays(edges, points, v, call)}`;
  const distance = sql`if(${region} != 'null' AND ${inColumn(region, lng, lat, call)}, 0., ${away})`;
  return sql`if(${validPoint(lng, lat)} AND ${shape.sql} != '', ${distance}, NULL)`;
}

/** Whether a place lies in the circle around a prepared shape, made wider by `radius` metres. */
export function capOf(prepared: string, radius: number, lng: Sql, lat: Sql, call: CallInfo): Sql {
  const { points } = JSON.parse(prepared) as PreparedEdges;
  const centre = normalize(points.reduce(plus, [0, 0, 0]));
  // An edge is at most a quarter of the circle away from its ends; a region's inside lies within its border's circle or beyond it.
  const reach = Math.max(...points.map((p) => distance(p, centre)));
  const angle = reach > 1 ? Math.PI : reach * 1.2 + radius / earthRadius + 1e-9;
  return angle >= Math.PI ? sql`true` : sql`${along(vector(lng, lat, call), centre)} >= ${real(Math.cos(angle))}`;
}

const constantOf = (name: string): { readonly constant?: (typeof distanceFunctions)[number] } => {
  const found = distanceFunctions.find((f) => f.name === name);
  return found ? { constant: found } : {};
};
const prepared = (
  name: string,
  result: 'bool' | 'real',
  first: ReturnType<typeof host>,
  build: (lng: Sql, lat: Sql, shape: Operand, call: CallInfo) => Sql,
): PreparedFunction => ({
  name,
  parameters: ['real', 'real', 'dynamic'],
  prepare: new Map([[2, first]]),
  fn: {
    ...scalarWith(
      name,
      ['real', 'real', 'dynamic'],
      result,
      ([x, y, s], call) => build(x!.sql, y!.sql, s!, call),
      'maybe',
    ),
    result,
    preparedLast: true,
  },
  ...constantOf(name),
});

export const preparedFunctions: readonly PreparedFunction[] = [
  prepared('geo_point_in_polygon', 'bool', prepareRegion, pointInPolygon),
  prepared('geo_distance_point_to_line', 'real', prepareLines, distanceSql),
  prepared('geo_distance_point_to_polygon', 'real', prepareBorder, distanceSql),
];
