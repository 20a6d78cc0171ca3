import { randomBytes } from 'node:crypto';

/** A maker of ids that sort in the order in which they were made, in the form of RFC 9562's version 7. */
export function itemIds(at: number): () => string {
  const time = at.toString(16).padStart(12, '0');
  const random = randomBytes(3).toString('hex');
  let made = 0;
  return () =>
    `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3)}-${(made++).toString(16).padStart(12, '0')}`;
}
