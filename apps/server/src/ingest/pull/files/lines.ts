import { arrivalOfText } from '../../doors/arrivals.ts';
import { containerLine, PartialLines } from '../../sources/container.ts';
import { recognise, sampleRecord } from '../../sources/recognise.ts';
import type { Page, PollContext } from '../types.ts';
import type { Entry } from './entries.ts';

type Context = PollContext<'files'>;

/** Lines by which a file is recognised. */
const sampleMax = 50;

const plainLinesOf = (bytes: Buffer): string[] =>
  bytes
    .toString()
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line.trim() !== '');

/** Lines as the program wrote them, also where a container runtime has wrapped them (`/var/log/containers/*.log`). A line whose end is not there yet is taken as it is. */
function linesOf(bytes: Buffer): string[] {
  const plain = plainLinesOf(bytes);
  const wrapped = plain.flatMap((text) => containerLine({ text, object: undefined }) ?? []);
  if (wrapped.length < plain.length) return plain;
  const parts = new PartialLines();
  return [...wrapped.flatMap((line) => parts.add(line) ?? []), ...parts.end()];
}

/** The stream of a file, told by the first lines that come of it. A later batch may be a single line, which tells less. */
export function recognised({ services }: Context, bytes: Buffer): string | null {
  const sample = linesOf(bytes).slice(0, sampleMax).map(sampleRecord);
  return recognise(services.sources(), sample)?.stream.name ?? null;
}

/** Lines of a file as a page. */
export function linesPage(
  { services }: Context,
  bytes: Buffer,
  { path, stream }: Entry,
  rest: Pick<Page, 'checkpoint' | 'newestAt' | 'note'>,
): Page {
  const about = {
    names: stream === null ? [] : [stream],
    group: path,
    labels: { source: path, host: services.computer },
  };
  return {
    ...rest,
    arrivals: linesOf(bytes).map((line) => arrivalOfText(line, about)),
    bytes: bytes.length,
    caughtUp: true,
  };
}
