import type { Rel } from './plan.ts';

/**
 * A plan for people to read: one line a step, its inputs beneath it, further in. Steps are written by the shape of what they hold, so that a new
 * kind of step shows without a word here.
 */
export function planText(rel: Rel): string {
  return lines(rel, 0).join('\n');
}

type Bag = Readonly<Record<string, unknown>>;
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);
const isRel = (value: Bag): boolean => 'kind' in value && 'fields' in value && 'order' in value;

/** What says nothing of the meaning, or is said elsewhere. */
const leftOut = new Set(['kind', 'fields', 'order', 'span', 'type']);
const charsMax = 2_000;

function lines(rel: Rel, depth: number): string[] {
  const inputs: Rel[] = [];
  const details = Object.entries(rel as unknown as Bag)
    .filter(([name]) => !leftOut.has(name))
    .map(([name, value]) => [name, textOf(value, inputs)] as const)
    .filter(([, text]) => text !== '' && text !== '[]' && !/^#\d+$/.test(text))
    .map(([name, text]) => (name === 'table' || name === 'predicate' ? text : `${name}: ${text}`));
  const order = rel.order.map(({ column, descending }) => `${column} ${descending ? 'desc' : 'asc'}`).join(', ');
  const columns = `${rel.fields.length} ${rel.fields.length === 1 ? 'column' : 'columns'}`;
  const head = [rel.kind, ...details].join(' ').slice(0, charsMax);
  const line = `${'  '.repeat(depth)}${head}  (${columns}${order === '' ? '' : `; in order of ${order}`})`;
  return [line, ...inputs.flatMap((input) => lines(input, depth + 1))];
}

/** A value as text; relations in it are put to `inputs` and named by their number there. */
function textOf(value: unknown, inputs: Rel[]): string {
  if (value === undefined || value === null || typeof value === 'function') return '';
  if (Array.isArray(value)) return `[${value.map((item) => textOf(item, inputs)).join(', ')}]`;
  if (!isBag(value)) return typeof value === 'symbol' ? '' : String(value as string | number | boolean | bigint);
  if (isRel(value)) return `#${inputs.push(value as unknown as Rel)}`;
  return expressionText(value, inputs) ?? shapeText(value, inputs);
}

function expressionText(value: Bag, inputs: Rel[]): string | undefined {
  const all = (list: unknown) => (list as unknown[]).map((item) => textOf(item, inputs)).join(', ');
  switch (value['kind']) {
    case 'column':
      return String(value['name']);
    case 'literal':
      return typeof value['value'] === 'string' ? JSON.stringify(value['value']) : String(value['value'] as bigint);
    case 'call':
      return `${(value['fn'] as { name: string }).name}(${all(value['args'])})`;
    case 'element':
      return `${String(value['tuple'])}.${String(value['index'])}`;
    case 'rowTuple':
      return `row(${all(value['args'])})`;
    case 'scalarQuery':
      return `toscalar(${textOf(value['rel'], inputs)})`;
    case 'inQuery':
      return `${textOf(value['value'], inputs)} ${value['negated'] ? '!in' : 'in'}${value['caseInsensitive'] ? '~' : ''} (${textOf(value['rel'], inputs)})`;
    default:
      return undefined;
  }
}

function shapeText(value: Bag, inputs: Rel[]): string {
  if ('expr' in value) return named(value, textOf(value['expr'], inputs));
  if ('fn' in value && 'args' in value) {
    const args = (value['args'] as unknown[]).map((arg) => textOf(arg, inputs)).join(', ');
    return `${String(value['name'])} = ${(value['fn'] as { name: string }).name}(${args})`;
  }
  if ('columns' in value && typeof value['name'] === 'string') return value['name'];
  if ('left' in value && 'right' in value)
    return `${textOf(value['left'], inputs)} == ${textOf(value['right'], inputs)}`;
  if ('side' in value) return named(value, `${String(value['side'])}.${String(value['column'])}`);
  const parts = Object.entries(value)
    .filter(([name]) => name !== 'span')
    .map(([name, inner]) => `${name}: ${textOf(inner, inputs)}`);
  return `{${parts.join(', ')}}`;
}

/** `name = text`, or the text alone where it ends in that name. */
function named({ name }: Bag, text: string): string {
  return text === name || text.endsWith(`.${String(name)}`) ? text : `${String(name)} = ${text}`;
}
