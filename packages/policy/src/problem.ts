/** What is wrong with a policy, and where: `path` as `conditions.users.includeUsers[0]`; `offset` and `length` within a filter's rule, in UTF-16 units. */
export interface PolicyProblem {
  readonly path: string;
  readonly message: string;
  readonly offset?: number;
  readonly length?: number;
}

export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}${text === '' ? '' : '.'}${String(part)}`),
    '',
  );
}
