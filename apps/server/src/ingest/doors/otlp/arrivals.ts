import { arrivalOfText, type Arrival } from '../arrivals.ts';
import type { Attributes, Batch, LogRecord, Origin, Value } from './records.ts';

const billion = 1_000_000_000n;
/** The year 2200: a time beyond is none. */
const secondsMax = 7_258_118_400n;

/** ISO 8601 with the 100 ns that a column holds. */
function timeOf({ time, observedTime }: LogRecord): string | undefined {
  const nanoseconds = time === 0n ? observedTime : time;
  const seconds = nanoseconds / billion;
  if (nanoseconds === 0n || seconds > secondsMax) return undefined;
  const fraction = String((nanoseconds % billion) / 100n).padStart(7, '0');
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${fraction}Z`;
}

const textIn = (attributes: Attributes, name: string): string | undefined => {
  const value = attributes[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** What is empty is left out. */
const filled = (fields: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== '' &&
        value !== 0 &&
        !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
    ),
  );

/** Of a record or its resource: the stream that it goes to, whatever it looks like. */
const streamAttribute = 'sallyport.stream';

function arrivalOf(record: LogRecord, { resource, scope }: Origin): Arrival {
  const { attributes, body, severityNumber, severityText, traceId, spanId, eventName } = record;
  const find = (name: string): string | undefined => textIn(attributes, name) ?? textIn(resource, name);
  const stream = find(streamAttribute);
  const source = find('service.name');
  const file = find('log.file.path') ?? find('log.file.name');
  const fields: Attributes = { severityNumber, severityText, eventName, traceId, spanId, attributes, resource };
  const rest = {
    names: stream === undefined ? [] : [stream],
    group: JSON.stringify([stream, source, scope, file]),
    labels: {
      time: timeOf(record),
      host: find('host.name'),
      source: source ?? file,
      sourceType: scope === '' ? undefined : scope,
      fields: filled(fields),
    },
  };
  return typeof body === 'string' ? arrivalOfText(body, rest) : { ...contentOf(body), ...rest };
}

/** JSON has no infinity and no NaN: JSON.stringify makes them null. */
const contentOf = (body: Value): Pick<Arrival, 'content' | 'kind'> => ({
  content: JSON.stringify(body),
  kind: typeof body === 'object' && body !== null && !Array.isArray(body) ? 'object' : 'value',
});

export const arrivalsOf = ({ records }: Batch): Arrival[] =>
  records.map(({ record, origin }) => arrivalOf(record, origin));
