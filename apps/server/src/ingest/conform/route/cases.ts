/** A line of a suite, and what the suite says of it. */
export interface RouteLine {
  readonly text: string;
  /** Values that another product found in the line. None where it says nothing: nothing is derived. */
  readonly expected: ExpectedFields;
}

export interface ExpectedFields {
  readonly user: readonly string[];
  readonly address: readonly string[];
  /** The program that the line names. */
  readonly program: readonly string[];
}

/** Lines that came from one place, as one file would hold them. */
export interface RouteCase {
  readonly name: string;
  /** What the suite calls the format: decoders, parsers, the label that a person gave. The first that the table has counts. */
  readonly formats: readonly string[];
  readonly lines: readonly RouteLine[];
}

export const nothingExpected: ExpectedFields = { user: [], address: [], program: [] };
