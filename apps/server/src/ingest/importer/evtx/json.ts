import { EvtxError } from './bytes.ts';
import type { Child, Element } from './render.ts';

export type Json = string | number | null | Json[] | { [name: string]: Json };

/**
 * The event as the source of Windows events takes it: `{System, EventData | UserData, …}`. Attributes and elements are members by name; text beside
 * attributes is `#text`; `<Data Name="x">` is the member `x`, and data without a name is `Data`. What comes several times is a list.
 */
export function eventJson(roots: readonly Child[]): Json {
  const event = roots.find((root): root is Element => isElement(root) && root.name === 'Event');
  if (event === undefined) throw new EvtxError('not an Event');
  const json: { [name: string]: Json } = {};
  for (const part of event.children)
    if (isElement(part)) put(json, part.name, holdsData(part) ? dataOf(part) : valueOf(part));
  return json;
}

const isElement = (child: Child): child is Element => typeof child === 'object' && 'name' in child;
const holdsData = ({ name }: Element): boolean => name === 'EventData';

/** Names of namespaces say nothing of an event. */
const isNamespace = (name: string): boolean => name === 'xmlns' || name.startsWith('xmlns:');

function put(json: { [name: string]: Json }, name: string, value: Json): void {
  const have = Object.hasOwn(json, name) ? json[name] : undefined;
  if (Array.isArray(have)) have.push(value);
  else set(json, name, have === undefined ? value : [have, value]);
}

function set(json: { [name: string]: Json }, name: string, value: Json): void {
  if (name !== '__proto__') json[name] = value;
  // Plain assignment would set the prototype.
  else Object.defineProperty(json, name, { value, enumerable: true, writable: true, configurable: true });
}

function textIn(element: Element): string | readonly string[] {
  const texts = element.children.filter((child) => !isElement(child)) as (string | readonly string[])[];
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return typeof only === 'string' ? only : [...only];
  return texts.flat().join('');
}

function dataOf(data: Element): Json {
  const json: { [name: string]: Json } = {};
  for (const [name, text] of data.attributes) if (!isNamespace(name)) put(json, name, text);
  for (const child of data.children) {
    if (!isElement(child)) continue;
    const named = child.attributes.find(([name]) => name === 'Name')?.[1];
    if (child.name !== 'Data') put(json, child.name, valueOf(child) ?? '');
    else if (child.children.some(isElement)) put(json, named ?? 'Data', valueOf(child));
    else {
      const text = textIn(child);
      const key = named === undefined || named === '' ? 'Data' : named;
      if (typeof text === 'string') put(json, key, text);
      else if (text.length === 0) put(json, key, '');
      else for (const item of text) put(json, key, item);
    }
  }
  return Object.keys(json).length === 0 ? null : json;
}

function valueOf(element: Element): Json {
  const attributes = element.attributes.filter(([name]) => !isNamespace(name));
  const inner = element.children.filter(isElement);
  const text = textIn(element);
  const isNumber = element.name === 'EventID' && typeof text === 'string' && /^\d{1,5}$/.test(text);
  const own: Json = isNumber ? Number(text) : typeof text === 'string' ? text : [...text];
  const isEmpty = own === '' || (Array.isArray(own) && own.length === 0);
  if (attributes.length === 0 && inner.length === 0) return isEmpty ? null : own;
  const json: { [name: string]: Json } = {};
  for (const [name, value] of attributes) put(json, name, value);
  for (const child of inner) put(json, child.name, valueOf(child));
  if (!isEmpty && (inner.length === 0 || (typeof own === 'string' && own.trim() !== ''))) put(json, '#text', own);
  return json;
}
