import type { HecRawQuery } from '@sallyport/contracts';
import { arrivalOfText, type Arrival, type Labels } from '../arrivals.ts';
import { epochToIso } from '../epoch.ts';
import { JsonTextError, membersAt, skipBlanks } from '../json-members.ts';
import { HecError, type HecFault } from './answers.ts';

/** An event that is none, by what is wrong with it. */
class Fault extends Error {
  readonly fault: HecFault;
  constructor(fault: HecFault) {
    super(fault);
    this.fault = fault;
  }
}

const names = ['host', 'source', 'sourcetype', 'index'] as const;

/** A label's value, which a careless client may send as a number. */
function textOf(members: ReadonlyMap<string, string>, name: string): string | undefined {
  const text = members.get(name);
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (value === null) return undefined;
  if (typeof value === 'object') throw new Fault('invalidFormat');
  return String(value as string | number | boolean);
}

function timeOf(text: string | undefined): string | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const time = epochToIso(Number(text));
  if (time === undefined) throw new Fault('invalidFormat');
  return time;
}

/** Indexed fields are flat: values, or lists of them. */
function fieldsOf(members: ReadonlyMap<string, string>): Record<string, unknown> | undefined {
  const text = members.get('fields');
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new Fault('fieldsFault');
  const isFlat = (one: unknown): boolean => typeof one !== 'object' || one === null;
  const good = Object.values(value).every((one) => (Array.isArray(one) ? one.every(isFlat) : isFlat(one)));
  if (!good) throw new Fault('fieldsFault');
  return value as Record<string, unknown>;
}

function labelled(labels: Labels): Omit<Arrival, 'content' | 'kind'> {
  const { source, sourceType, index } = labels;
  return {
    labels,
    names: [sourceType, index].filter((name) => name !== undefined),
    group: JSON.stringify([sourceType, index, source]),
  };
}

function arrivalOf(members: ReadonlyMap<string, string>): Arrival {
  const event = members.get('event');
  if (event === undefined || event === 'null') throw new Fault('eventRequired');
  const [host, source, sourceType, index] = names.map((name) => textOf(members, name));
  const time = timeOf(textOf(members, 'time'));
  const rest = labelled({ time, host, source, sourceType, index, fields: fieldsOf(members) });
  const value: unknown = JSON.parse(event);
  if (typeof value === 'string') {
    if (value.trim() === '') throw new Fault('eventBlank');
    return arrivalOfText(value, rest);
  }
  return { content: event, kind: typeof value === 'object' && !Array.isArray(value) ? 'object' : 'value', ...rest };
}

const faultOf = (error: unknown): HecFault => {
  if (error instanceof Fault) return error.fault;
  if (error instanceof JsonTextError || error instanceof SyntaxError) return 'invalidFormat';
  throw error;
};

export interface HecEvents {
  readonly arrivals: readonly Arrival[];
  /** What was wrong with the event after them; nothing after it was read. */
  readonly fault: HecError | undefined;
}

/** The events of a call: JSON objects with blanks between them or nothing. As Splunk does, takes those that stand before the first that is wrong. */
export function readEvents(text: string): HecEvents {
  const arrivals: Arrival[] = [];
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, at))
    try {
      const { members, end } = membersAt(text, at);
      arrivals.push(arrivalOf(members));
      at = end;
    } catch (error) {
      return { arrivals, fault: new HecError(faultOf(error), arrivals.length) };
    }
  return { arrivals, fault: arrivals.length === 0 ? new HecError('noData') : undefined };
}

/** The lines of a call; what its address says holds for each of them. Throws HecError. */
export function readLines(text: string, { host, source, sourcetype, index, time }: HecRawQuery): Arrival[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new HecError('noData');
  const iso = time === undefined ? undefined : epochToIso(Number(time));
  if (time !== undefined && iso === undefined) throw new HecError('invalidFormat');
  const rest = labelled({ time: iso, host, source, sourceType: sourcetype, index });
  return lines.map((line) => arrivalOfText(line, rest));
}
