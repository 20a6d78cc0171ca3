import { z } from 'zod';
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
  type Value,
} from './records.ts';

/** The same messages as JSON. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */

const text = z.string().catch('');
const list = z.array(z.unknown()).max(1_000_000).nullish();

const Request = z.object({
  resourceLogs: z
    .array(
      z.object({
        resource: z.object({ attributes: list }).nullish(),
        scopeLogs: z
          .array(z.object({ scope: z.object({ name: text }).nullish(), logRecords: list }))
          .max(100_000)
          .nullish(),
      }),
    )
    .max(100_000)
    .nullish(),
});

/** 64-bit integers are texts, or numbers from who does not mind. */
const Nanoseconds = z
  .union([z.string().regex(/^\d{1,20}$/), z.int().min(0)])
  .nullish()
  .transform((value) => BigInt(value ?? 0));
const Id = z
  .string()
  .regex(/^[0-9a-fA-F]*$/)
  .max(64)
  .nullish()
  .transform((id) => (id ?? '').toLowerCase());

const LogRecordJson = z.object({
  timeUnixNano: Nanoseconds,
  observedTimeUnixNano: Nanoseconds,
  severityNumber: z.int().nullish(),
  severityText: z.string().nullish(),
  body: z.unknown(),
  attributes: list,
  traceId: Id,
  spanId: Id,
  eventName: z.string().nullish(),
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const itemsOf = (value: unknown): readonly unknown[] => {
  const items: unknown = isObject(value) ? (value['values'] ?? []) : undefined;
  if (!Array.isArray(items)) throw new OtlpFault('a list has no `values`');
  return items as unknown[];
};

function int64(value: unknown): Value {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return integer(value);
  throw new OtlpFault('an `intValue` is no integer');
}

function double(value: unknown): Value {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^(-?Infinity|NaN|-?\d.*)$/.test(value)) return Number(value);
  throw new OtlpFault('a `doubleValue` is no number');
}

function stringOf(value: unknown): Value {
  if (typeof value !== 'string') throw new OtlpFault('a `stringValue` or `bytesValue` is no text');
  return value;
}

function valueOf(value: unknown, depth: number): Value {
  if (depth > depthMax) throw tooDeep();
  if (value === undefined || value === null) return null;
  if (!isObject(value)) throw new OtlpFault('a value is no object such as {"stringValue":…}');
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = value;
  if (stringValue !== undefined) return stringOf(stringValue);
  if (boolValue !== undefined) return boolValue === true || boolValue === 'true';
  if (intValue !== undefined) return int64(intValue);
  if (doubleValue !== undefined) return double(doubleValue);
  if (arrayValue !== undefined) return itemsOf(arrayValue).map((item) => valueOf(item, depth + 1));
  if (kvlistValue !== undefined) return pairsOf(itemsOf(kvlistValue), depth + 1);
  return bytesValue === undefined ? null : stringOf(bytesValue);
}

function pairsOf(pairs: readonly unknown[], depth: number): Attributes {
  return attributesOf(
    pairs.map((pair) => {
      if (!isObject(pair) || typeof pair['key'] !== 'string') throw new OtlpFault('an attribute has no `key`');
      return [pair['key'], valueOf(pair['value'], depth)];
    }),
  );
}

function recordOf(json: unknown): LogRecord {
  const parsed = LogRecordJson.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new OtlpFault(`\`${issue?.path.join('.') ?? ''}\` of a log record: ${issue?.message ?? ''}`);
  }
  const { timeUnixNano, observedTimeUnixNano, traceId, spanId, ...rest } = parsed.data;
  return {
    time: timeUnixNano,
    observedTime: observedTimeUnixNano,
    severityNumber: rest.severityNumber ?? 0,
    severityText: rest.severityText ?? '',
    body: valueOf(rest.body, 1),
    attributes: pairsOf(rest.attributes ?? [], 1),
    traceId,
    spanId,
    eventName: rest.eventName ?? '',
  };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  } catch {
    throw new OtlpFault('not JSON');
  }
}

/** As `readProtobuf`. */
export function readJson(bytes: Uint8Array): Batch {
  const parsed = Request.safeParse(jsonOf(bytes));
  if (!parsed.success) throw new OtlpFault(`\`${parsed.error.issues[0]?.path.join('.') ?? ''}\` is not as OTLP has it`);
  const batch = new BatchBuilder();
  for (const { resource, scopeLogs } of parsed.data.resourceLogs ?? []) {
    const attributes = pairsOf(resource?.attributes ?? [], 1);
    for (const { scope, logRecords } of scopeLogs ?? [])
      for (const record of logRecords ?? [])
        batch.add({ resource: attributes, scope: scope?.name ?? '' }, () => recordOf(record));
  }
  return batch.build();
}
