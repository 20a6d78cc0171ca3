import { evtxSignature, evtxSplitter } from './evtx/evtx.ts';
import { eventXmlSplitter, isEventXml } from './event-xml.ts';
import { csvFormOf, csvListOf, csvSplitter, type CsvForm } from './exports/csv.ts';
import { sampleRecord, type SampleRecord } from '../sources/recognise.ts';
import { isLoginRecords, loginRecordSplitter } from './login-records.ts';
import {
  joinedSplitter,
  lineSplitter,
  objectSplitter,
  type Beginning,
  type RecordSink,
  type Splitter,
} from './splitter.ts';
import { containerLine, PartialLines } from '../sources/container.ts';
import { isZeekTsv, zeekTsvSplitter } from './zeek-tsv.ts';

/** How much of a file is looked at to find out what it is. */
export const headBytes = 256 * 1024;
/** Records looked at to recognise a source. */
const sampleRecords = 50;

const signatures: readonly { readonly bytes: string; readonly at?: number; readonly message: string }[] = [
  { bytes: 'd4c3b2a1', message: 'a packet capture (pcap), which is not read' },
  { bytes: 'a1b2c3d4', message: 'a packet capture (pcap), which is not read' },
  { bytes: '4d3cb2a1', message: 'a packet capture (pcap), which is not read' },
  { bytes: 'a1b23c4d', message: 'a packet capture (pcap), which is not read' },
  { bytes: '0a0d0d0a', message: 'a packet capture (pcapng), which is not read' },
  { bytes: '53514c69746520666f726d6174203300', message: 'an SQLite database, which is not read' },
  { bytes: '504b0304', message: 'a zip inside a zip, which is not opened' },
  { bytes: '504b0506', message: 'an empty zip' },
  { bytes: '1f8b', message: 'compressed twice, which is not opened' },
  { bytes: '28b52ffd', message: 'compressed with zstd, which is not read' },
  { bytes: 'fd377a585a00', message: 'compressed with xz, which is not read' },
  { bytes: '425a68', message: 'compressed with bzip2, which is not read' },
  { bytes: '377abcaf271c', message: 'a 7z archive, which is not opened' },
  { bytes: '7573746172', at: 257, message: 'a tar archive, which is not opened' },
  { bytes: '7f454c46', message: 'a program, which is not read' },
  { bytes: '4d5a9000', message: 'a program, which is not read' },
  { bytes: '25504446', message: 'a PDF, which is not read' },
  { bytes: '89504e47', message: 'a picture, which is not read' },
  { bytes: 'ffd8ff', message: 'a picture, which is not read' },
];

/** Text holds no NUL. A few in many lines are damage, which is kept; more mean that it is no text. */
const nulShareMax = 0.001;

const isEvtx = (head: Uint8Array): boolean => evtxSignature.equals(head.subarray(0, evtxSignature.length));

/** Why the file that begins with `head` can't be read, or undefined when it is text or an event log. UTF-16 is told by its byte order mark before. */
export function binaryMessage(head: Uint8Array, complete = false): string | undefined {
  if (isEvtx(head) || isLoginRecords(head, complete)) return undefined;
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const signature = signatures.find(({ bytes: magic, at = 0 }) => {
    const expected = Buffer.from(magic, 'hex');
    return bytes.subarray(at, at + expected.length).equals(expected);
  });
  if (signature !== undefined) return signature.message;
  let nuls = 0;
  for (const byte of bytes) if (byte === 0) nuls++;
  return nuls > bytes.length * nulShareMax ? 'binary data, which is not read' : undefined;
}

/** How a file's text is cut into records, and the first of them. */
export interface Framing {
  readonly sample: readonly SampleRecord[];
  splitter(sink: RecordSink): Splitter;
}

function framing(
  head: Uint8Array,
  splitter: (sink: RecordSink) => Splitter,
  complete: boolean,
  sampleOf: (text: string) => SampleRecord = sampleRecord,
): Framing {
  const sample: SampleRecord[] = [];
  const take: RecordSink = (record, broken) => {
    // The text of a broken one tells what is wrong with it, and nothing of the others.
    if (broken && (splitter === evtxSplitter || sampleOf !== sampleRecord)) return;
    if (sample.length < sampleRecords) sample.push(sampleOf(Buffer.from(record).toString()));
  };
  const probe = splitter(take);
  probe.push(head);
  if (complete || sample.length === 0) probe.end();
  return { sample, splitter };
}

/** The text cut where records of several lines begin (`begins` of a stream). */
export const joinedFraming = (head: Uint8Array, begins: Beginning, complete: boolean): Framing =>
  framing(head, (sink) => joinedSplitter(sink, begins), complete);

/** Names under which vendors wrap an array of records into one object: AWS, Azure and Graph, Okta, Google Cloud, Elastic, STIX, URLhaus and others. */
const wrappers = [
  'Records',
  'records',
  'value',
  'events',
  'Events',
  'logEvents',
  'entries',
  'items',
  'results',
  'logs',
  'data',
  'objects',
  'urls',
  'payloads',
];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An outer object of that wrapper: a line that is none would be passed over. */
const holds = ({ object }: SampleRecord, name: string): boolean => Array.isArray(object?.[name]);

/**
 * The ways in which the text may be cut into records, likeliest first: one for most files; more for JSON objects (one, or one a line) with
 * an array of objects in them, which are records themselves or wrappers: whichever is recognised. `complete`: the head is the whole file.
 */
export function framingsOf(head: Uint8Array, complete: boolean): Framing[] {
  if (isEvtx(head)) return [framing(head, evtxSplitter, complete)];
  if (isLoginRecords(head, complete)) return [framing(head, loginRecordSplitter, complete)];
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString().trimStart();
  if (isZeekTsv(text)) return [framing(head, zeekTsvSplitter, complete)];
  const lines = () => framing(head, lineSplitter, complete);
  if (/^\[\s*[{[\]]/.test(text)) {
    const objects = framing(head, objectSplitter, complete);
    return objects.sample.some((r) => r.object !== undefined) ? [objects] : [lines()];
  }
  if (isEventXml(text)) return [framing(head, eventXmlSplitter, complete)];
  if (!text.startsWith('{')) return [lines(), ...contained(head, complete), ...csv(head, complete)];
  const firstLine = text.split('\n', 1)[0] ?? '';
  const first = sampleRecord(firstLine);
  const manyLines = text.slice(firstLine.length).trim() !== '';
  const eachLine = first.object !== undefined && manyLines;
  const whole = eachLine ? lines() : framing(head, objectSplitter, complete);
  const found = wrappersIn(text, first).filter((name) => !eachLine || whole.sample.every((r) => holds(r, name)));
  const wrapped = found.map((name) => framing(head, (sink) => objectSplitter(sink, name), complete));
  return [whole, ...contained(head, complete), ...wrapped.filter((w) => w.sample.some((r) => r.object !== undefined))];
}

/** Lines that a container runtime has wrapped, as the program wrote them. */
function contained(head: Uint8Array, complete: boolean): Framing[] {
  const { sample } = framing(head, lineSplitter, complete);
  if (sample.length === 0 || !sample.every((record) => containerLine(record) !== undefined)) return [];
  return [framing(head, containerSplitter, complete)];
}

function containerSplitter(sink: RecordSink): Splitter {
  const parts = new PartialLines();
  const split = lineSplitter((bytes, broken) => {
    const line = broken ? undefined : containerLine(sampleRecord(Buffer.from(bytes).toString()));
    if (line === undefined) return sink(bytes, broken);
    const whole = parts.add(line);
    if (whole !== undefined) sink(Buffer.from(whole), false);
  });
  return {
    push: (chunk) => split.push(chunk),
    end() {
      split.end();
      for (const rest of parts.end()) sink(Buffer.from(rest), false);
    },
  };
}

/** Rows below a header. Expressions on lines of text are not asked of them: a cell that holds a line is no line. */
const csv = (head: Uint8Array, complete: boolean): Framing[] => csvFraming(head, complete, csvFormOf);

/** The rows of a file that is CSV by its name only: a list, or rows without a header. At most one framing. */
export const listFraming = (head: Uint8Array, complete: boolean): Framing[] => csvFraming(head, complete, csvListOf);

function csvFraming(
  head: Uint8Array,
  complete: boolean,
  formOf: (text: string, complete: boolean) => CsvForm | undefined,
): Framing[] {
  const form = formOf(Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString(), complete);
  if (form === undefined) return [];
  return [framing(head, csvSplitter(form), complete, (text) => ({ text: '', object: sampleRecord(text).object }))];
}

/** The names of `wrappers` that may hold the records of the single object that the text is, or begins. */
function wrappersIn(text: string, first: SampleRecord): string[] {
  const object = first.object ?? sampleRecord(text).object;
  if (object === undefined) return wrappers.filter((name) => text.includes(`"${name}"`));
  return wrappers.filter((name) => {
    const value = object[name];
    return Array.isArray(value) && value.length > 0 && value.every(isObject);
  });
}
