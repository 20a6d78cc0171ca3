import { KqlError } from '@sallyport/kql';

/** A fault of a transform, or of `accept`: where in its text, in UTF-16 units, the end left out. */
export interface TransformFault {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export class TransformError extends Error {
  override readonly name = 'TransformError';
  /** The column that it is about. */
  readonly word: string | undefined;
  constructor(message: string, word?: string) {
    super(message);
    this.word = word;
  }
}

/** Where a column is named: before `=`, or alone in a list. */
const placeOf = (word: string): RegExp =>
  new RegExp(`(?<!\\w)${word.replaceAll(/[^\w]/g, '\\$&')}(?!\\w)(?=\\s*(?:=[^=~]|[,|]|$))`, 'm');

/** Faults of a text that begins at `offset` of what was compiled. One that has no place is the whole text's, or that of the word it tells of. */
export function faultsOf(error: unknown, offset: number, text: string): TransformFault[] {
  const within = (at: number): number => Math.min(text.length, Math.max(0, at));
  if (error instanceof KqlError)
    return [error, ...error.others].map(({ code, message, span }) => ({
      code,
      message,
      start: within(span.start - offset),
      end: within(span.end - offset),
    }));
  if (!(error instanceof TransformError) && !(error instanceof RangeError)) throw error;
  const word = error instanceof TransformError ? error.word : undefined;
  const start = word === undefined ? -1 : text.search(placeOf(word));
  const place = word === undefined || start < 0 ? { start: 0, end: text.length } : { start, end: start + word.length };
  return [{ code: 'Transform', message: error.message, ...place }];
}

/** The first fault as one line; those of the whole text have no place. */
export const described = ([first]: readonly TransformFault[]): string => {
  if (first === undefined) return '';
  return first.code === 'Transform' ? first.message : `${first.message} (${first.code}, ${first.start}..${first.end})`;
};
