/** Something wrong with a Sigma document, or a rule that can't be said in KQL. Lines count from 1. */
export interface SigmaProblem {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Thrown inside of the package; comes out as a `SigmaProblem` of the document's path. */
export class SigmaError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** A piece of a text that a value must be like. `dash`: any of the characters that Windows takes for the dash of an option. */
export type Part = string | Wild;
export type Wild = { readonly wild: 'any' | 'one' | 'dash' };
export type Pattern = readonly Part[];

/** One question to one field; without a field it is put to the whole event. */
export type Test = { readonly field: string | undefined; readonly line: number } & (
  | { readonly kind: 'like'; readonly pattern: Pattern; readonly cased: boolean }
  | { readonly kind: 'regex'; readonly regex: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'compare'; readonly operator: '<' | '<=' | '>' | '>='; readonly number: number }
  | { readonly kind: 'cidr'; readonly range: string }
  | { readonly kind: 'field'; readonly other: string; readonly how: FieldComparison; readonly cased: boolean }
  | { readonly kind: 'time'; readonly part: TimePart; readonly test: NumberTest }
);
export type FieldComparison = 'equals' | 'contains' | 'startswith' | 'endswith';
export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';
export interface NumberTest {
  readonly operator: '==' | '<' | '<=' | '>' | '>=';
  readonly number: number;
}

/** What a detection says, as a tree. */
export type Clause =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Clause[] }
  | { readonly kind: 'not'; readonly of: Clause }
  | { readonly kind: 'test'; readonly test: Test };

export const all = (of: readonly Clause[]): Clause => (of.length === 1 ? of[0]! : { kind: 'and', of });
export const any = (of: readonly Clause[]): Clause => (of.length === 1 ? of[0]! : { kind: 'or', of });
export const not = (of: Clause): Clause => ({ kind: 'not', of });

export interface LogSourceOfRule {
  readonly product?: string | undefined;
  readonly category?: string | undefined;
  readonly service?: string | undefined;
}

/** What rules, correlations and filters have in common. https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html */
export interface Head {
  readonly path: string;
  readonly line: number;
  readonly title: string;
  readonly id: string;
  readonly name: string | undefined;
  readonly description: string;
  readonly status: string;
  readonly level: Level | undefined;
  readonly author: string;
  readonly version: string;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  readonly falsePositives: readonly string[];
  readonly fields: readonly string[];
  /** The document's own text. */
  readonly text: string;
}
export const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof levels)[number];

/** `| count(field) by group > 5`, the way to count before there were correlations. */
export interface Aggregation {
  readonly function: 'count' | 'min' | 'max' | 'avg' | 'sum';
  readonly field: string | undefined;
  readonly by: readonly string[];
  readonly test: NumberTest;
}
export interface SigmaRule extends Head {
  readonly kind: 'rule';
  readonly logsource: LogSourceOfRule;
  readonly logsourceLine: number;
  readonly clause: Clause;
  readonly aggregation?: Aggregation;
  /** Seconds; of an aggregation. */
  readonly timeframe?: number;
}

export interface SigmaFilter extends Head {
  readonly kind: 'filter';
  readonly logsource: LogSourceOfRule;
  /** Ids and names of rules. `any`: every rule of the log source. */
  readonly rules: readonly string[] | 'any';
  readonly clause: Clause;
}

export const correlationTypes = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
] as const;
export type CorrelationType = (typeof correlationTypes)[number];
export interface SigmaCorrelation extends Head {
  readonly kind: 'correlation';
  readonly type: CorrelationType;
  /** Ids and names of rules and of other correlations. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  /** Seconds. */
  readonly timespan: number;
  /** Each must hold: two of them make a range. */
  readonly tests: readonly NumberTest[];
  readonly field: string | undefined;
  readonly percentile: number | undefined;
  /** Which of the rules must have fired, for an extended temporal correlation. */
  readonly expression: RuleExpression | undefined;
  /** Alias → rule → field. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Whether its rules also raise alerts of their own. */
  readonly generate: boolean;
  readonly correlationLine: number;
}
export type RuleExpression =
  | { readonly kind: 'and' | 'or'; readonly of: readonly RuleExpression[] }
  | { readonly kind: 'not'; readonly of: RuleExpression }
  | { readonly kind: 'rule'; readonly name: string };

export type SigmaDocument = SigmaRule | SigmaFilter | SigmaCorrelation;
