import { SallyportError } from '@sallyport/contracts';
import { jsonArrayToLines, JsonRowsError, type JsonRows } from './json-rows.ts';

/** The rows of a JSON array, as lines; changes `bytes`. Throws SallyportError BadRequest with the place. */
export function rowsOf(bytes: Buffer): JsonRows {
  try {
    return jsonArrayToLines(bytes);
  } catch (error) {
    if (!(error instanceof JsonRowsError)) throw error;
    throw new SallyportError('BadRequest', `the body is not a JSON array of objects: ${error.message}`, {
      target: `body:${error.offset}`,
    });
  }
}
