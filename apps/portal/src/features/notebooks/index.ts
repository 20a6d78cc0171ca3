import { z } from 'zod';
import { textOf } from '../../shared/address.ts';

const Notebooks = z.object({ search: textOf(200) });
export type NotebooksSearch = Partial<z.infer<typeof Notebooks>>;
export const notebooksSearch = (raw: Record<string, unknown>): NotebooksSearch => Notebooks.parse(raw);
