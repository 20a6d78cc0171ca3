import { depthMax, type BinaryXml, type ElementNode, type Node, type Value } from './binary-xml.ts';
import { EvtxError } from './bytes.ts';
import { valueText, valueTypes } from './values.ts';

/** XML with its values put in. */
export interface Element {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, text: string])[];
  readonly children: readonly Child[];
}

/** A list is the value of an array: Windows writes the element once for each item. */
export type Child = string | readonly string[] | Element;

/** Most characters and nodes of all events of a chunk. It has 64 KiB, but a template may say a value many times. */
const charactersMax = 16 * 1024 * 1024;
const nodesMax = 500_000;

/** Puts the values of templates' instances in. One for each chunk. */
export class Rendering {
  readonly #xml: BinaryXml;
  #characters = 0;
  #nodes = 0;

  constructor(xml: BinaryXml) {
    this.#xml = xml;
  }

  children(nodes: readonly Node[], values: readonly Value[] = [], depth = 0): Child[] {
    if (depth > depthMax) throw new EvtxError(`nested more than ${depthMax} deep`);
    const children: Child[] = [];
    for (const node of nodes) {
      if (++this.#nodes > nodesMax) throw new EvtxError('a chunk whose events have too many parts');
      if (typeof node === 'string') children.push(this.#counted(node));
      else if (node.kind === 'element') children.push(this.#element(node.element, values, depth));
      else {
        const isInstance = node.kind === 'instance';
        const inner = isInstance
          ? this.children(node.template, node.values, depth + 1)
          : this.#substituted(values[node.index], depth);
        // Not as arguments of one call, of which there may be too many.
        for (const child of inner) children.push(child);
      }
    }
    return children;
  }

  #element({ name, attributes, children }: ElementNode, values: readonly Value[], depth: number): Element {
    return {
      name,
      attributes: attributes.flatMap(({ name: attribute, parts }): [string, string][] => {
        // An attribute whose optional value is missing is not there.
        const missing = parts.some((part) => typeof part === 'object' && isMissing(part, values));
        return missing
          ? []
          : [
              [
                attribute,
                this.children(parts, values, depth + 1)
                  .map(textOf)
                  .join(''),
              ],
            ];
      }),
      children: this.children(children, values, depth + 1),
    };
  }

  #substituted(value: Value | undefined, depth: number): Child[] {
    if (value === undefined || value.type === valueTypes.null) return [];
    if (value.type === valueTypes.binaryXml) {
      if (value.size === 0) return [];
      return this.children(this.#xml.parse(value.start, value.start + value.size, false), [], depth + 1);
    }
    // Also of what gives no text, as it takes time.
    this.#characters += value.size;
    const text = valueText(value.type, this.#xml.bytesOf(value));
    if (typeof text === 'string') return [this.#counted(text)];
    for (const item of text) this.#counted(item);
    return [text];
  }

  #counted(text: string): string {
    this.#characters += text.length;
    if (this.#characters > charactersMax) throw new EvtxError('a chunk whose events have too much text');
    return text;
  }
}

const isMissing = (node: Exclude<Node, string>, values: readonly Value[]): boolean =>
  node.kind === 'substitution' && node.optional && (values[node.index]?.type ?? valueTypes.null) === valueTypes.null;

const textOf = (child: Child): string => {
  if (typeof child === 'string') return child;
  return 'name' in child ? '' : child.join(' ');
};
