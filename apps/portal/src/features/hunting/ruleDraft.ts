import { proposedMappings, type Column } from '@sallyport/contracts';
import { newRule, withField } from '../rules/draft.ts';

/** A new rule of a query, with the entities that its columns' names tell of. */
export function ruleOf(
  query: string,
  columns: readonly Column[],
  attack: { tactics?: readonly string[] } = {},
): string {
  const text = withField(newRule(crypto.randomUUID()), ['query'], query.endsWith('\n') ? query : `${query}\n`);
  const mapped = withField(text, ['entityMappings'], proposedMappings(columns));
  return withField(mapped, ['tactics'], attack.tactics ?? []);
}
