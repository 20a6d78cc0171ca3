/** A half-open range of UTF-16 offsets in the query text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Why a query does not compile. `code` is Microsoft's diagnostic code (`KS142`) where its binder refuses the query, and one of
 * `ours` where the query is right but not (yet) run here.
 */
export class KqlError extends Error {
  override readonly name = 'KqlError';
  readonly code: string;
  readonly span: Span;
  /** Every fault found, this one first, when the binder found several. */
  readonly others: readonly { code: string; message: string; span: Span }[];

  constructor(
    code: string,
    message: string,
    span: Span,
    others: readonly { code: string; message: string; span: Span }[] = [],
  ) {
    super(message);
    this.code = code;
    this.span = span;
    this.others = others;
  }
}

/** Codes of our own, next to Microsoft's `KS…`. */
export type OwnCode =
  | 'UnsupportedOperator'
  | 'UnsupportedFunction'
  | 'UnsupportedExpression'
  | 'InvalidArgument'
  | 'TooComplex'
  /** Only `let`, `set` and `declare`, and no table to answer. */
  | 'NoTable'
  /** The query gives several tables, and the caller takes one. */
  | 'SeveralTables'
  /** Only the data knows, and nothing can be asked here: see `compileAsking`. */
  | 'NeedsData';
