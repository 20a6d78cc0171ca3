import { realText } from './number.ts';

/** Well-known text to GeoJSON. */

/** Deepest nesting of collections taken. */
const maxDepth = 20;
type Coordinates = string;

class Reader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }
  /** What matches here, blanks before it passed over. */
  take(pattern: RegExp): string | undefined {
    const sticky = new RegExp(`\\s*(${pattern.source})`, 'iy');
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text);
    if (!found) return undefined;
    this.#at = sticky.lastIndex;
    return found[1];
  }
  get atEnd(): boolean {
    return this.#text.slice(this.#at).trim() === '';
  }
}

const number = /[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/;

function position(r: Reader): Coordinates | undefined {
  const x = r.take(number);
  const y = x === undefined ? undefined : r.take(number);
  if (x === undefined || y === undefined) return undefined;
  // Heights and measures are no part of a place.
  while (r.take(number) !== undefined);
  return `[${realText(Number(x))},${realText(Number(y))}]`;
}
/** `(item, item, …)` */
function list<T>(r: Reader, item: (r: Reader) => T | undefined): T[] | undefined {
  if (r.take(/\(/) === undefined) return undefined;
  const items: T[] = [];
  do {
    const made = item(r);
    if (made === undefined) return undefined;
    items.push(made);
  } while (r.take(/,/) !== undefined);
  return r.take(/\)/) === undefined ? undefined : items;
}
const listText = (r: Reader, item: (r: Reader) => Coordinates | undefined): Coordinates | undefined => {
  const items = list(r, item);
  return items && `[${items.join(',')}]`;
};
const line = (r: Reader): Coordinates | undefined => listText(r, position);
const polygon = (r: Reader): Coordinates | undefined => listText(r, line);
/** A point of a MULTIPOINT, in brackets or without. */
function member(r: Reader): Coordinates | undefined {
  if (r.take(/\(/) === undefined) return position(r);
  const made = position(r);
  return made !== undefined && r.take(/\)/) !== undefined ? made : undefined;
}

const shapes: Readonly<Record<string, readonly [type: string, read: (r: Reader) => Coordinates | undefined]>> = {
  POINT: ['Point', (r) => list(r, position)?.[0]],
  LINESTRING: ['LineString', line],
  POLYGON: ['Polygon', polygon],
  MULTIPOINT: ['MultiPoint', (r) => listText(r, member)],
  MULTILINESTRING: ['MultiLineString', (r) => listText(r, line)],
  MULTIPOLYGON: ['MultiPolygon', (r) => listText(r, polygon)],
};

function shape(r: Reader, depth: number): string | undefined {
  const word = r.take(/[a-z]+/)?.toUpperCase();
  if (word === undefined || depth > maxDepth) return undefined;
  r.take(/(?:ZM|Z|M)(?=\s*\()/);
  if (word === 'GEOMETRYCOLLECTION') {
    const members = list(r, (inner) => shape(inner, depth + 1));
    return members && `{"type":"GeometryCollection","geometries":[${members.join(',')}]}`;
  }
  const known = Object.hasOwn(shapes, word) ? shapes[word] : undefined;
  const coordinates = known?.[1](r);
  return known && coordinates && `{"type":"${known[0]}","coordinates":${coordinates}}`;
}

/** GeoJSON of well-known text; undefined when it is none. */
export function fromWkt(text: string): string | undefined {
  const reader = new Reader(text);
  const made = shape(reader, 0);
  return made !== undefined && reader.atEnd ? made : undefined;
}
