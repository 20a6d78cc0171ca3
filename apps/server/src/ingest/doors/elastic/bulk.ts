import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { Arrival } from '../arrivals.ts';
import { epochToIso } from '../epoch.ts';
import type { ElasticError } from './answers.ts';

const actions = ['index', 'create', 'update', 'delete'] as const;
type Action = (typeof actions)[number];

const Meta = z.object({ _index: z.string().min(1).max(255).optional(), _id: z.string().max(512).nullish() });

/** One operation of a bulk call. `fault`: why it is not done. */
export interface BulkItem {
  readonly action: Action;
  readonly index: string;
  readonly id: string;
  readonly arrival: Arrival | undefined;
  readonly fault: (ElasticError & { readonly status: number }) | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

function parsedObject(text: string): Json | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** A field of ECS, whether the document says it nested or with a dotted name. */
function fieldOf(document: Json, path: string): string | undefined {
  const nested = path.split('.').reduce<unknown>((at, name) => objectOf(at)?.[name], document);
  const value = document[path] ?? nested;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** A date, or milliseconds since 1970, as Elasticsearch reads a date by default. */
function timeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return epochToIso(Number(text));
  return Number.isNaN(Date.parse(text)) ? undefined : text;
}

/** `streamsOf`: streams whose names differ from an index by case alone, since names of indices have no capitals. */
export function documentArrival(
  content: string,
  document: Json,
  index: string,
  streamsOf: (index: string) => readonly string[],
): Arrival {
  const sourceType = fieldOf(document, 'event.dataset') ?? fieldOf(document, 'data_stream.dataset');
  const source = fieldOf(document, 'log.file.path') ?? fieldOf(document, 'source');
  return {
    content,
    kind: 'object',
    names: [index, ...streamsOf(index)],
    group: JSON.stringify([index, sourceType, source]),
    labels: {
      time: timeOf(fieldOf(document, '@timestamp')),
      host: fieldOf(document, 'host.name') ?? fieldOf(document, 'host'),
      source,
      sourceType,
      index,
    },
  };
}

function malformed(line: number, found: string): SallyportError {
  return new SallyportError('BadRequest', `Malformed action/metadata line [${line}], ${found}`, {
    target: `body.${line}`,
  });
}

function actionAt(text: string, line: number): { action: Action; index: string | undefined; id: string } {
  const object = parsedObject(text);
  const [name, ...others] = Object.keys(object ?? {});
  const action = actions.find((one) => one === name);
  if (object === undefined || action === undefined || others.length > 0)
    throw malformed(line, 'expected one of [create, delete, index, update]');
  const meta = Meta.safeParse(object[action]);
  if (!meta.success) throw malformed(line, 'its metadata are not understood');
  return { action, index: meta.data._index, id: meta.data._id ?? randomUUID() };
}

const notTaken = { type: 'illegal_argument_exception', reason: 'only [index] and [create] are taken', status: 400 };
const noIndex = { type: 'action_request_validation_exception', reason: 'index is missing', status: 400 };
const noDocument = { type: 'document_parsing_exception', reason: 'failed to parse: not a JSON object', status: 400 };

/**
 * The operations of a bulk call: lines of JSON, an action and its document by turns. Throws SallyportError BadRequest for an action that is none, as what
 * follows can't be told apart then; a document that is none is the fault of its item alone.
 */
export function readBulk(
  text: string,
  defaultIndex: string | undefined,
  streamsOf: (index: string) => readonly string[],
): BulkItem[] {
  const lines = text.split('\n');
  const items: BulkItem[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.trim() === '') continue;
    const { action, index = defaultIndex, id } = actionAt(line, at + 1);
    if (action === 'delete') {
      items.push({ action, index: index ?? '', id, arrival: undefined, fault: notTaken });
      continue;
    }
    const content = lines[++at];
    if (content === undefined) throw malformed(at, 'its document is missing');
    const document = action === 'update' ? undefined : parsedObject(content);
    const fault =
      action === 'update' ? notTaken : index === undefined ? noIndex : document === undefined ? noDocument : undefined;
    const arrival =
      fault !== undefined || document === undefined || index === undefined
        ? undefined
        : documentArrival(content, document, index, streamsOf);
    items.push({ action, index: index ?? '', id, arrival, fault });
  }
  if (items.length === 0) throw new SallyportError('BadRequest', 'request body is required');
  return items;
}
