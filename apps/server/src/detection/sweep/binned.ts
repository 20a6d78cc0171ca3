import { bare, withoutComments } from './kql-text.ts';
import { isConstant, isOfTheRow, namesAfter, type Names, type RowLevelPart } from './row-level.ts';

/** The column that says which window a row of a binned query is of. */
export const windowColumn = '_SweepWindow';

const daySeconds = 86_400;

/**
 * A query whose answer over all time is its answers over each window of `stepSeconds`, side by side, each row marked with the start of its window: the
 * window becomes one more key to group by. Undefined where that would not be the same: when windows overlap or don't divide a day (Kusto's `bin` counts
 * from another origin), or when something other than grouping and looking at single rows comes after the row-level part.
 */
export function binnedQuery(part: RowLevelPart, stepSeconds: number): string | undefined {
  if (daySeconds % stepSeconds !== 0 || part.rest.length === 0) return undefined;
  const rest: string[] = [];
  let { names } = part;
  for (const operator of part.rest) {
    const marked = withWindow(operator, names);
    if (marked === undefined) return undefined;
    rest.push(marked);
    names = namesAfter(bare(operator), names);
  }
  return [part.text, ` extend ${windowColumn} = bin(TimeGenerated, ${stepSeconds}s)`, ...rest].join('\n|');
}

function withWindow(operator: string, names: Names): string | undefined {
  const text = bare(operator);
  const name = /^\s*([\w-]+)/.exec(text)?.[1] ?? '';
  // A comment at the end would swallow what is added.
  const marked = `${withoutComments(operator).trimEnd()}, ${windowColumn}`;
  switch (name) {
    case 'summarize':
      return groupsBy(text) && isConstant(text, names) && !packsAll.test(text) ? marked : undefined;
    case 'distinct':
      return isConstant(text, names) ? (text.includes('*') ? operator : marked) : undefined;
    case 'project':
    case 'project-keep':
      return isConstant(text, names) && !packsAll.test(text) ? marked : undefined;
    default:
      // TimeGenerated may become anything by now: the window has been taken down.
      return isOfTheRow(text.replaceAll(/\bTimeGenerated\s*=(?![=~])/g, 'X ='), names) && !packsAll.test(text)
        ? operator
        : undefined;
  }
}

/** The mark would be in what this gives. */
const packsAll = /\bpack_all\s*\(/;

/** Whether a summarize has groups. */
function groupsBy(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/[([{]|[)\]}]|\bby\b/g)) {
    if (token === 'by' && depth === 0) return true;
    if ('([{'.includes(token)) depth++;
    else if (token !== 'by') depth--;
  }
  return false;
}
