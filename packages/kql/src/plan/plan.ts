import type { Span } from '../errors.ts';
import type { AggregateFunction, ScalarFunction, WindowFunction } from '../functions/registry.ts';
import type { Scan } from './scan.ts';
import type { Column, KqlType, TableSchema, ExternalRequest } from '../types.ts';
import type { Graph, GraphMatch } from './graph.ts';

/**
 * The plan: what a query means, typed, before any SQL. Binding resolves every name; nothing here refers to syntax.
 * Every relation lists its fields. A field whose name starts with `$$` is hidden: it carries order or grouping through later steps
 * and is never in an answer (KQL cannot name it).
 */
export interface SortKey {
  readonly column: string;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** `tuple`: internal, the packed columns of one row (`arg_max`, `mv-apply`). */
export type FieldType = KqlType | 'tuple';
export interface Field {
  readonly name: string;
  readonly type: FieldType;
}

/** datetime: ticks of 100 ns since 0001-01-01; timespan: ticks; decimal, guid: text; dynamic: JSON text, '' for null. */
export type LiteralValue = string | bigint | number | boolean | null;

export type Expr =
  | { readonly kind: 'column'; readonly name: string; readonly type: FieldType }
  | { readonly kind: 'literal'; readonly type: KqlType; readonly value: LiteralValue }
  | {
      readonly kind: 'call';
      readonly fn: ScalarFunction;
      readonly args: readonly Expr[];
      readonly type: KqlType;
      readonly span: Span;
    }
  /** An element of a hidden tuple, from 1. */
  | { readonly kind: 'element'; readonly tuple: string; readonly index: number; readonly type: KqlType }
  /** All given columns of a row as one hidden value that is distinct for each row. */
  | { readonly kind: 'rowTuple'; readonly args: readonly Expr[]; readonly type: 'tuple' }
  | { readonly kind: 'scalarQuery'; readonly rel: Rel; readonly type: KqlType }
  | {
      readonly kind: 'inQuery';
      readonly value: Expr;
      readonly rel: Rel;
      readonly caseInsensitive: boolean;
      readonly negated: boolean;
      readonly type: 'bool';
    };

export interface NamedExpr {
  readonly name: string;
  readonly expr: Expr;
}
export interface AggregateItem {
  readonly name: string;
  readonly fn: AggregateFunction;
  readonly args: readonly Expr[];
  readonly type: FieldType;
  readonly span: Span;
}
export interface WindowItem {
  readonly name: string;
  readonly fn: WindowFunction;
  readonly args: readonly Expr[];
  readonly type: KqlType;
}

interface RelBase {
  readonly fields: readonly Field[];
  /** The order that rows have, if any. Its columns are among the fields. */
  readonly order: readonly SortKey[];
  /** Said to be computed once (`materialize`), however often it is read. */
  readonly once?: true;
}

export type JoinKind =
  | 'inner'
  | 'innerunique'
  | 'leftouter'
  | 'rightouter'
  | 'fullouter'
  | 'leftsemi'
  | 'rightsemi'
  | 'leftanti'
  | 'rightanti';

export type Rel = RelBase &
  (
    | { readonly kind: 'read'; readonly table: TableSchema }
    | { readonly kind: 'values'; readonly rows: readonly (readonly Expr[])[] }
    | { readonly kind: 'range'; readonly from: Expr; readonly to: Expr; readonly step: Expr }
    | { readonly kind: 'filter'; readonly input: Rel; readonly predicate: Expr }
    | { readonly kind: 'project'; readonly input: Rel; readonly items: readonly NamedExpr[] }
    | {
        readonly kind: 'aggregate';
        readonly input: Rel;
        readonly keys: readonly NamedExpr[];
        readonly aggregates: readonly AggregateItem[];
      }
    /** The first `count` rows in the input's order; of each value of `by` when given. */
    | { readonly kind: 'limit'; readonly input: Rel; readonly count: Expr; readonly by: readonly string[] }
    | {
        readonly kind: 'join';
        readonly left: Rel;
        readonly right: Rel;
        readonly joinKind: JoinKind;
        readonly on: readonly { readonly left: Expr; readonly right: Expr }[];
        /** Where each output field comes from. */
        readonly outputs: readonly {
          readonly name: string;
          readonly side: 'left' | 'right';
          readonly column: string;
        }[];
      }
    | {
        readonly kind: 'union';
        readonly inputs: readonly { readonly rel: Rel; readonly items: readonly NamedExpr[] }[];
      }
    /** One row for each element of the arrays, side by side; `items` take the names of new or replaced fields. */
    | {
        readonly kind: 'unnest';
        readonly input: Rel;
        readonly items: readonly NamedExpr[];
        readonly index: string;
        /** Whether a null (not an empty array) gives a row. */
        readonly keepNull: boolean;
        /** What a bag's members become: bags of one key, or arrays of key and value. */
        readonly bags: 'bag' | 'array';
        readonly limit: Expr | undefined;
      }
    | {
        readonly kind: 'window';
        readonly input: Rel;
        readonly items: readonly WindowItem[];
        readonly partitionBy: readonly string[];
      }
    | Scan
    /** `externaldata`, `http_request`: what the compiler's caller puts for an address. */
    | { readonly kind: 'external'; readonly request: ExternalRequest; readonly span: Span }
    /** Not a table: only graph operators read it. It has no fields. */
    | { readonly kind: 'graph'; readonly graph: Graph; readonly span: Span }
    | { readonly kind: 'graphMatch'; readonly match: GraphMatch }
  );

export const isHidden = (field: { readonly name: string }): boolean => field.name.startsWith('$$');
export const visibleColumns = (rel: Rel): Column[] =>
  rel.fields.filter((f): f is Column => !isHidden(f) && f.type !== 'tuple');
export const hiddenFields = (rel: Rel): Field[] => rel.fields.filter(isHidden);
export const columnOf = (field: Field): Expr => ({ kind: 'column', name: field.name, type: field.type });
export const literal = (type: KqlType, value: LiteralValue): Expr => ({ kind: 'literal', type, value });
