import { z } from 'zod';
import { textOf } from '../../shared/address.ts';

const Repositories = z.object({ search: textOf(200), selected: textOf(64) });
export type RepositoriesSearch = Partial<z.infer<typeof Repositories>>;
export const repositoriesSearch = (raw: Record<string, unknown>): RepositoriesSearch => Repositories.parse(raw);
