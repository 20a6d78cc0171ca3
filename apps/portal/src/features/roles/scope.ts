import type { AssignmentScope } from '@sallyport/contracts';

export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Whether what is in the form can be sent: nothing is chosen to be a list that is empty. */
export const isReady = ({ deviceGroups, tables, rows }: AssignmentScope): boolean =>
  deviceGroups.length > 0 && tables.length > 0 && rows.every(({ table, where }) => table !== '' && where.trim() !== '');

/** In words, in one line. */
export function scopeWords(scope: AssignmentScope, workspaceName: (id: string) => string): string {
  const parts = [
    ...(scope.dataSources === 'all' ? [] : [scope.dataSources.join(', ')]),
    ...(scope.workspaces === 'all' ? [] : [`workspaces ${scope.workspaces.map(workspaceName).join(', ')}`]),
    ...(scope.deviceGroups === 'all'
      ? []
      : [`devices in ${scope.deviceGroups.map((one) => one || 'no group').join(', ')}`]),
    ...(scope.tables === 'all' ? [] : [`tables ${scope.tables.join(', ')}`]),
    ...scope.rows.map(({ table, where }) => `of ${table} rows where ${where}`),
  ];
  return parts.length === 0 ? 'Everything' : parts.join('; ');
}
