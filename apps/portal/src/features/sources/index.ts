import { z } from 'zod';
import { textOf } from '../../shared/address.ts';

const SourceEditor = z.object({
  /** The source made here that is changed. */
  source: textOf(60),
});
export type SourceEditorSearch = Partial<z.infer<typeof SourceEditor>>;
export const sourceEditorSearch = (raw: Record<string, unknown>): SourceEditorSearch => SourceEditor.parse(raw);
