import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';

const Place = z.tuple([z.string().max(100), z.string().max(100)]);

/** The place of a page's last row, as an opaque text. */
export const writeCursor = (place: readonly [string, string]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** Throws BadRequest for a text that is no cursor. */
export function readCursor(text: string): readonly [string, string] {
  try {
    return Place.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new SallyportError('BadRequest', 'no such `cursor`', { target: 'query.cursor' });
  }
}
