import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  attributesOf,
  BatchBuilder,
  depthMax,
  integer,
  OtlpFault,
  tooDeep,
  type Attributes,
  type Batch,
  type LogRecord,
  type Origin,
  type Value,
} from './records.ts';

/** The messages of opentelemetry/proto/logs/v1, by their numbers. https://github.com/open-telemetry/opentelemetry-proto */

type Fields = Readonly<Record<number, (reader: BinaryReader) => void>>;

/** Calls the reader of each field; skips those that have none. A field of another wire type than its number says makes what follows unreadable. */
function readFields(bytes: Uint8Array, types: Readonly<Record<number, WireType>>, fields: Fields): void {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      const read = fields[number];
      if (read === undefined || type !== (types[number] ?? WireType.LengthDelimited)) reader.skip(type, number);
      else read(reader);
    }
  } catch (error) {
    if (error instanceof OtlpFault) throw error;
    throw new OtlpFault(`not Protocol Buffers: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const none = {} as const;

const valueTypes = { 2: WireType.Varint, 3: WireType.Varint, 4: WireType.Bit64 } as const;

function readValue(bytes: Uint8Array, depth: number): Value {
  if (depth > depthMax) throw tooDeep();
  let value: Value = null;
  readFields(bytes, valueTypes, {
    1: (reader) => (value = reader.string()),
    2: (reader) => (value = reader.bool()),
    3: (reader) => (value = integer(reader.int64())),
    4: (reader) => (value = reader.double()),
    5: (reader) => {
      const items: Value[] = [];
      readFields(reader.bytes(), none, { 1: (inner) => items.push(readValue(inner.bytes(), depth + 1)) });
      value = items;
    },
    6: (reader) => {
      const pairs: [string, Value][] = [];
      readFields(reader.bytes(), none, { 1: (inner) => pairs.push(readPair(inner.bytes(), depth + 1)) });
      value = attributesOf(pairs);
    },
    7: (reader) => (value = Buffer.from(reader.bytes()).toString('base64')),
  });
  return value;
}

function readPair(bytes: Uint8Array, depth: number): [string, Value] {
  let key = '';
  let value: Value = null;
  readFields(bytes, none, {
    1: (reader) => (key = reader.string()),
    2: (reader) => (value = readValue(reader.bytes(), depth)),
  });
  return [key, value];
}

const recordTypes = { 1: WireType.Bit64, 2: WireType.Varint, 11: WireType.Bit64 } as const;

const hex = (reader: BinaryReader): string => Buffer.from(reader.bytes()).toString('hex');

function readRecord(bytes: Uint8Array): LogRecord {
  const attributes: [string, Value][] = [];
  const record = {
    time: 0n,
    observedTime: 0n,
    severityNumber: 0,
    severityText: '',
    body: null as Value,
    traceId: '',
    spanId: '',
    eventName: '',
  };
  readFields(bytes, recordTypes, {
    1: (reader) => (record.time = BigInt(reader.fixed64())),
    2: (reader) => (record.severityNumber = reader.int32()),
    3: (reader) => (record.severityText = reader.string()),
    5: (reader) => (record.body = readValue(reader.bytes(), 1)),
    6: (reader) => attributes.push(readPair(reader.bytes(), 1)),
    9: (reader) => (record.traceId = hex(reader)),
    10: (reader) => (record.spanId = hex(reader)),
    11: (reader) => (record.observedTime = BigInt(reader.fixed64())),
    12: (reader) => (record.eventName = reader.string()),
  });
  return { ...record, attributes: attributesOf(attributes) };
}

function readResource(bytes: Uint8Array): Attributes {
  const pairs: [string, Value][] = [];
  readFields(bytes, none, { 1: (reader) => pairs.push(readPair(reader.bytes(), 1)) });
  return attributesOf(pairs);
}

function readScope(bytes: Uint8Array): string {
  let name = '';
  readFields(bytes, none, { 1: (reader) => (name = reader.string()) });
  return name;
}

function readScopeLogs(bytes: Uint8Array, resource: Attributes, batch: BatchBuilder): void {
  let scope = '';
  const records: Uint8Array[] = [];
  readFields(bytes, none, {
    1: (reader) => (scope = readScope(reader.bytes())),
    2: (reader) => records.push(reader.bytes()),
  });
  const origin: Origin = { resource, scope };
  for (const record of records) batch.add(origin, () => readRecord(record));
}

function readResourceLogs(bytes: Uint8Array, batch: BatchBuilder): void {
  let resource: Attributes = {};
  const scopes: Uint8Array[] = [];
  readFields(bytes, none, {
    1: (reader) => (resource = readResource(reader.bytes())),
    2: (reader) => scopes.push(reader.bytes()),
  });
  for (const scope of scopes) readScopeLogs(scope, resource, batch);
}

/** An ExportLogsServiceRequest. Throws OtlpFault when it is none; what is wrong inside of a record is that record’s fault. */
export function readProtobuf(bytes: Uint8Array): Batch {
  const batch = new BatchBuilder();
  readFields(bytes, none, { 1: (reader) => readResourceLogs(reader.bytes(), batch) });
  return batch.build();
}

/** An ExportLogsServiceResponse. */
export function protobufAnswer({ rejected, reason }: Pick<Batch, 'rejected' | 'reason'>): Buffer {
  if (rejected === 0) return Buffer.alloc(0);
  const partial = new BinaryWriter().tag(1, WireType.Varint).int64(rejected).tag(2, WireType.LengthDelimited);
  return Buffer.from(
    new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(partial.string(reason).finish()).finish(),
  );
}

/** A google.rpc.Status. */
export const protobufStatus = ({ code, message }: { code: number; message: string }): Buffer =>
  Buffer.from(
    new BinaryWriter().tag(1, WireType.Varint).int32(code).tag(2, WireType.LengthDelimited).string(message).finish(),
  );
