import { brokenBytesKept, recordBytesMax, type RecordSink, type Splitter } from './splitter.ts';

const [opening, closing] = [Buffer.from('<Event'), Buffer.from('</Event>')];
const [newline, greater, space] = [0x0a, 0x3e, 0x20] as const;

/** Whether a text begins as a file of Windows events in XML does: `wevtutil` writes one event after another, Event Viewer puts them into `Events`. */
export const isEventXml = (text: string): boolean =>
  /^\s*(?:<\?xml[^>]*\?>\s*)?(?:<Events\b[^>]*>\s*)?<Event xmlns=["']http:\/\/schemas\.microsoft\.com\/win\//.test(
    text,
  );

/** What may stand between events without being one. */
const between = /<\?xml[^>]*\?>|<\/?Events\b[^>]*>|\s+/g;

/** The event in one line: newlines in its texts become the references that XML has for them. */
const inOneLine = (event: Buffer): Buffer =>
  event.includes(newline) ? Buffer.from(event.toString().replaceAll(/\r?\n/g, '&#10;')) : event;

/** Where `<Event>` or `<Event …>` begins, and not `<Events>`. */
function beginning(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(opening, from); at !== -1; at = bytes.indexOf(opening, at + 1)) {
    const next = bytes[at + opening.length];
    if (next === undefined || next === space || next === greater || next === newline) return at;
  }
  return -1;
}

/** `<Event>` elements, one record each, also spread over lines. What stands between them and is no event is a broken record; so is one that is too long, or cut off. */
export function eventXmlSplitter(sink: RecordSink): Splitter {
  let pending = Buffer.alloc(0);

  const broken = (bytes: Buffer): void => {
    const text = bytes.toString('utf8', 0, brokenBytesKept).replaceAll(between, ' ').trim();
    if (text !== '') sink(Buffer.from(text), true);
  };
  /** Gives every whole event of what is pending. */
  const take = (): void => {
    let at = 0;
    for (;;) {
      const start = beginning(pending, at);
      const end = start === -1 ? -1 : pending.indexOf(closing, start);
      if (end === -1) break;
      broken(pending.subarray(at, start));
      // An event that lost its end: the next one begins inside of it.
      let from = start;
      for (let inner = start; inner !== -1 && inner < end; inner = beginning(pending, inner + 1)) from = inner;
      broken(pending.subarray(start, from));
      at = end + closing.length;
      const event = pending.subarray(from, at);
      if (event.length > recordBytesMax) broken(event);
      else sink(inOneLine(event), false);
    }
    pending = pending.subarray(at);
    if (pending.length <= recordBytesMax) return;
    broken(pending);
    pending = Buffer.alloc(0);
  };

  return {
    push(chunk) {
      pending = Buffer.concat([pending, chunk]);
      take();
    },
    end() {
      broken(pending);
      pending = Buffer.alloc(0);
    },
  };
}
