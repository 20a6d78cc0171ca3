import { z } from 'zod';
import { textOf } from '../../shared/address.ts';

const Workbooks = z.object({ search: textOf(200) });
export type WorkbooksSearch = Partial<z.infer<typeof Workbooks>>;
export const workbooksSearch = (raw: Record<string, unknown>): WorkbooksSearch => Workbooks.parse(raw);

/** `p`: what is chosen of the workbook's parameters, as JSON. `workspace`: a GUID; default: the first. */
const WorkbookView = z.object({ p: textOf(8_000), workspace: textOf(64) });
export type WorkbookSearch = Partial<z.infer<typeof WorkbookView>>;
export const workbookSearch = (raw: Record<string, unknown>): WorkbookSearch => WorkbookView.parse(raw);
