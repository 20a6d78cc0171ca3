import { formatterKinds, type Cell, type Formatter } from '@sallyport/contracts';

/** What draws a column: the first formatter whose `columnMatch` is its name, or matches it as a pattern. */
export function formatterOf(
  formatters: readonly Formatter[] | null | undefined,
  column: string,
): Formatter | undefined {
  const exact = formatters?.find(({ columnMatch }) => columnMatch === column);
  if (exact) return exact;
  return formatters?.find(({ columnMatch }) => columnMatch && isPattern(columnMatch) && matches(columnMatch, column));
}
/** Only anchored and dotted ones, as authors write them: a name with a bracket is a name. */
const isPattern = (text: string): boolean => text.length < 200 && /^\^|\$$|\.\*/.test(text);
function matches(pattern: string, column: string): boolean {
  // A pattern of an unknown author may take for ever; one with nested repeats is not tried.
  if (/[+*}]\)?[+*{]/.test(pattern)) return false;
  try {
    return new RegExp(pattern).test(column.slice(0, 200));
  } catch {
    return false;
  }
}

export const kindOf = (formatter: Formatter | undefined): string =>
  formatterKinds[formatter?.formatter ?? 0] ?? 'automatic';

const option = (formatter: Formatter | undefined, name: string): unknown => formatter?.formatOptions?.[name];

/** An option that is text; else nothing. */
export const textOption = (formatter: Formatter | undefined, name: string): string => {
  const given = option(formatter, name);
  return typeof given === 'string' ? given : '';
};

/** A number as the workbook wants it written. Units are Microsoft's numbers. */
export function numberText(value: number, formatter: Formatter | undefined, locale = 'en'): string {
  const { unit, options } = formatter?.numberFormat ?? {};
  const digits = options?.['maximumFractionDigits'];
  const format = (n: number, more: Intl.NumberFormatOptions = {}): string =>
    new Intl.NumberFormat(locale, {
      maximumFractionDigits: typeof digits === 'number' ? Math.min(20, Math.max(0, digits)) : 2,
      useGrouping: options?.['useGrouping'] !== false,
      ...more,
    }).format(n);
  if (options?.['style'] === 'percent') return format(value, { style: 'percent' });
  switch (unit) {
    case 1:
      return `${format(value)} %`;
    case 2:
    case 3:
    case 4:
    case 5:
      return scaled(value * 1_024 ** (unit - 2), 1_024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'], format);
    case 17:
      return Math.abs(value) >= 10_000 ? format(value, { notation: 'compact' }) : format(value);
    case 23:
      return `${format(value)} ms`;
    case 24:
      return `${format(value)} s`;
    case 25:
      return `${format(value)} min`;
    case 26:
      return `${format(value)} h`;
    default:
      return format(value);
  }
}

function scaled(value: number, base: number, units: readonly string[], format: (n: number) => string): string {
  let [n, at] = [value, 0];
  while (Math.abs(n) >= base && at < units.length - 1) [n, at] = [n / base, at + 1];
  return `${format(n)} ${units[at]}`;
}

/** A cell's share of its column, 0 to 1, for bars and heat. */
export function shareOf(value: number, all: readonly number[], formatter: Formatter | undefined): number {
  const given = (name: string): number | undefined => {
    const raw = option(formatter, name);
    return typeof raw === 'number' ? raw : undefined;
  };
  const min = given('min') ?? Math.min(...all, 0);
  const max = given('max') ?? Math.max(...all, 0);
  return max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : value > min ? 1 : 0;
}

/** Numbers of a dynamic cell that is an array. */
export function numbersOf(cell: Cell): number[] | undefined {
  if (typeof cell !== 'string' || !cell.startsWith('[')) return undefined;
  try {
    const data: unknown = JSON.parse(cell);
    if (!Array.isArray(data)) return undefined;
    const numbers = data.map(Number);
    return numbers.every(Number.isFinite) ? numbers.slice(0, 1_000) : undefined;
  } catch {
    return undefined;
  }
}

export interface Threshold {
  readonly text: string;
  /** An icon's or colour's name, as Microsoft has it. */
  readonly representation: string;
  readonly icons: boolean;
}

/** Which of a formatter's thresholds a cell meets: the first whose comparison holds, or the default. */
export function thresholdOf(cell: Cell, shown: string, formatter: Formatter | undefined): Threshold | undefined {
  const grid = option(formatter, 'thresholdsGrid');
  if (!Array.isArray(grid)) return undefined;
  const lines = grid.filter((line): line is Record<string, unknown> => typeof line === 'object' && line !== null);
  const hit = lines.find((line) => meets(cell, line)) ?? lines.find(({ operator }) => operator === 'Default');
  if (!hit) return undefined;
  const text = typeof hit['text'] === 'string' ? hit['text'] : '{0}{1}';
  return {
    text: text.replaceAll('{0}', shown).replaceAll('{1}', ''),
    representation: typeof hit['representation'] === 'string' ? hit['representation'] : '',
    icons: option(formatter, 'thresholdsOptions') !== 'colors',
  };
}

function meets(cell: Cell, { operator, thresholdValue }: Record<string, unknown>): boolean {
  const wanted = typeof thresholdValue === 'string' || typeof thresholdValue === 'number' ? String(thresholdValue) : '';
  const text = cell === null ? '' : String(cell);
  const [a, b] = [Number(text), Number(wanted)];
  const order =
    text !== '' && Number.isFinite(a) && Number.isFinite(b) ? a - b : text < wanted ? -1 : Number(text > wanted);
  switch (operator) {
    case '==':
      return text === wanted || order === 0;
    case '!=':
      return text !== wanted && order !== 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case 'contains':
      return text.toLowerCase().includes(wanted.toLowerCase());
    case 'notContains':
      return !text.toLowerCase().includes(wanted.toLowerCase());
    case 'startsWith':
      return text.startsWith(wanted);
    case 'endsWith':
      return text.endsWith(wanted);
    case 'is Empty':
      return text === '';
    default:
      return false;
  }
}

/** An address that may be opened: the web's only. */
export function webAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}
