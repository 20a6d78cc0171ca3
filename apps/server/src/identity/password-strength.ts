import { SallyportError } from '@sallyport/contracts';
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/** Loaded when the first password is set: the lists are large, and most starts set none. */
let estimator: Promise<ZxcvbnFactory> | undefined;
const load = async (): Promise<ZxcvbnFactory> => {
  const [{ ZxcvbnFactory: Factory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new Factory({ dictionary: { ...dictionary }, graphs: adjacencyGraphs });
};

/** Of 0 to 4: what is guessed in fewer than 10^8 tries is refused. */
const leastScore = 3;

/**
 * Throws BadRequest for a password that is in lists of breached ones, or is guessed soon after them. Nothing leaves this machine.
 * `known`: what others know of the person, which a password must not be made of.
 */
export async function refuseWeakPassword(password: string, known: readonly string[]): Promise<void> {
  estimator ??= load();
  const words = [...known, 'sallyport']
    .flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)])
    .filter((word) => word.length > 2);
  const factory = await estimator;
  const { score, sequence } = factory.check(password.normalize('NFC'));
  // What others know counts for nothing, however well the rest is mixed with it.
  const rest = words.reduce((text, word) => text.replaceAll(word.toLowerCase(), ''), password.normalize('NFC').toLowerCase()); // prettier-ignore
  const unknown = factory.check(rest).score;
  const listed = sequence.some(
    ({ pattern, i, j, ...rest }) =>
      pattern === 'dictionary' && rest['dictionaryName'] === 'passwords' && i === 0 && j === password.length - 1,
  );
  if (!listed && Math.min(score, unknown) >= leastScore) return;
  const reason = listed
    ? 'this password is in lists of stolen ones, which are tried first'
    : 'this password is guessed too soon: take four or more words that have nothing to do with each other';
  throw new SallyportError('BadRequest', reason, { target: 'body.password' });
}
