import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import { SigmaError } from './types.ts';

/** A value of a YAML document with its place. */
export interface Place {
  readonly node: unknown;
  readonly line: number;
}
export interface Entry {
  readonly key: string;
  readonly line: number;
  readonly value: Place;
}

/** One document of a YAML text. */
export class Source {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  /** The document's own text. */
  readonly text: string;
  constructor(document: Document.Parsed, lines: LineCounter, text: string) {
    this.#document = document;
    this.#lines = lines;
    this.text = text;
  }
  get root(): Place {
    return this.#placeOf(this.#document.contents, 1);
  }

  /** The entries of a mapping, in order. Throws SigmaError when it is none. */
  entries(place: Place, what: string): readonly Entry[] {
    if (!isMap(place.node)) throw new SigmaError(place.line, `${what} must be a mapping`);
    return place.node.items.map((pair: Pair): Entry => {
      const line = this.#lineOf(pair.key) ?? place.line;
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      return {
        key: key === null || key === undefined ? '' : scalarText(key),
        line,
        value: this.#placeOf(pair.value, line),
      };
    });
  }

  /** The items of a list; of anything else that one thing; of nothing none. */
  items(place: Place): readonly Place[] {
    if (isSeq(place.node)) return place.node.items.map((item) => this.#placeOf(item, place.line));
    return isNothing(place) ? [] : [place];
  }

  isList(place: Place): boolean {
    return isSeq(place.node);
  }
  isMapping(place: Place): boolean {
    return isMap(place.node);
  }

  #placeOf(node: unknown, line: number): Place {
    const resolved = isAlias(node) ? node.resolve(this.#document) : node;
    return { node: resolved ?? null, line: this.#lineOf(node) ?? line };
  }
  #lineOf(node: unknown): number | undefined {
    const start = isNode(node) ? node.range?.[0] : undefined;
    return start === undefined ? undefined : this.#lines.linePos(start).line;
  }
}

const isNode = (node: unknown): node is Node & { range?: readonly number[] } =>
  isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);

export const isNothing = (place: Place): boolean =>
  place.node === null || (isScalar(place.node) && (place.node.value === null || place.node.value === undefined));

/** A scalar's value: text, number, boolean or null. Throws SigmaError for a mapping or list. */
export function scalarOf(place: Place, what: string): string | number | boolean | null {
  if (place.node === null) return null;
  if (!isScalar(place.node)) throw new SigmaError(place.line, `${what} must be one value`);
  const { value } = place.node;
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return place.node.source ?? scalarText(value);
}

/** A scalar as the author wrote it: `007` stays that. */
export function textOf(place: Place, what: string): string {
  const value = scalarOf(place, what);
  if (value === null) throw new SigmaError(place.line, `${what} is empty`);
  if (typeof value === 'string') return value;
  return (isScalar(place.node) ? place.node.source : undefined) ?? String(value);
}

const scalarText = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'bigint'
    ? String(value)
    : '';
};

export interface YamlFault {
  readonly line: number;
  readonly message: string;
}
/** Reads a text of one or several YAML documents. What is no YAML is a fault; the documents before it still count. */
export function readYaml(text: string): { sources: readonly Source[]; faults: readonly YamlFault[] } {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text.replace(/^\uFEFF/, ' '), {
    lineCounter: lines,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const documents: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  const faults = documents.flatMap((document) =>
    document.errors.slice(0, 5).map((error) => ({
      line: error.linePos?.[0].line ?? 1,
      message: error.message.split('\n', 1)[0] ?? error.message,
    })),
  );
  const sound = documents.filter((document) => document.errors.length === 0 && document.contents !== null);
  return {
    sources: sound.map((document) => new Source(document, lines, text.slice(document.range[0], document.range[2]))),
    faults,
  };
}
