import type { Compiled } from '@sallyport/kql';

/** The tables of the asked workspace that a query reads. Those of other workspaces are made when the engine does not find them. */
export const ownTables = ({ reads }: Pick<Compiled, 'reads'>): readonly string[] =>
  reads.flatMap(({ table, database }) => (database === undefined ? [table] : []));
