import { NotebookCell, type Cell, type Column, type Notebook } from '@sallyport/contracts';
import { z } from 'zod';
import { visible } from '../../shared/text.ts';

/** What a notebook's query gave when it was run. */
export interface CellAnswer {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly total: number;
}

const ROWS_MAX = 100;

const cellMarkdown = (cell: Cell): string =>
  cell === null ? '' : visible(String(cell)).replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '\\<');

/** A fence that is longer than any in the text. */
const fence = (text: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  return '`'.repeat(longest + 1);
};

function answerMarkdown({ columns, rows, total }: CellAnswer): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const shown = rows.slice(0, ROWS_MAX);
  const table = [
    line(columns.map(({ name }) => cellMarkdown(name))),
    line(columns.map(() => '---')),
    ...shown.map((row) => line(columns.map((_, index) => cellMarkdown(row[index] ?? null)))),
  ];
  return [...table, '', `${total} rows${total > shown.length ? `, the first ${shown.length} shown` : ''}`].join('\n');
}

/** A notebook with what its queries gave, for people to read elsewhere. */
export function toMarkdown(
  { name, description, cells }: Pick<Notebook, 'name' | 'description' | 'cells'>,
  answers: ReadonlyMap<string, CellAnswer>,
): string {
  const parts = cells.map((cell) => {
    if (cell.kind === 'markdown') return cell.text;
    const mark = fence(cell.text);
    const answer = answers.get(cell.id);
    return [`${mark}kusto\n${cell.text}\n${mark}`, ...(answer ? [answerMarkdown(answer)] : [])].join('\n\n');
  });
  return `# ${name}\n\n${[...(description === '' ? [] : [description]), ...parts].join('\n\n')}\n`;
}

const File = z.object({
  sallyportNotebook: z.literal(1),
  name: z.string().min(1).max(256),
  description: z.string().max(5_000),
  range: z.string().max(64),
  cells: z.array(NotebookCell).max(200),
});
export type NotebookFile = Omit<z.infer<typeof File>, 'sallyportNotebook'>;

/** A notebook as a file that can be brought back. */
export const toFile = ({ name, description, range, cells }: NotebookFile): string =>
  `${JSON.stringify({ sallyportNotebook: 1, name, description, range, cells }, null, 2)}\n`;

/** Jupyter's format, as far as text and queries go: https://nbformat.readthedocs.io/en/latest/format_description.html */
const Jupyter = z.object({
  nbformat: z.literal(4),
  cells: z
    .array(
      z.object({ cell_type: z.enum(['markdown', 'code', 'raw']), source: z.union([z.string(), z.array(z.string())]) }),
    )
    .max(200),
});

/** A file of ours, or a notebook of Jupyter whose code cells are taken for queries. Throws with a reason for people. */
export function fromFile(name: string, text: string): NotebookFile {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new Error('the file is no JSON');
  }
  const own = File.safeParse(value);
  if (own.success) {
    const { sallyportNotebook: _, ...file } = own.data;
    return { ...file, cells: file.cells.map((cell) => ({ ...cell, id: crypto.randomUUID() })) };
  }
  const jupyter = Jupyter.safeParse(value);
  if (!jupyter.success) throw new Error('the file is neither a notebook of Sallyport nor of Jupyter');
  return {
    name: name.replace(/\.\w+$/, '') || 'Notebook',
    description: '',
    range: '24h',
    cells: jupyter.data.cells.map(({ cell_type, source }) => {
      const body = Array.isArray(source) ? source.join('') : source;
      const id = crypto.randomUUID();
      return cell_type === 'code'
        ? { id, kind: 'query' as const, text: body.replace(/^%%?kql\s*/, ''), range: '' }
        : { id, kind: 'markdown' as const, text: body };
    }),
  };
}
