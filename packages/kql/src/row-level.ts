import {
  buildGlobals,
  child,
  children,
  kindOf,
  nameOf,
  parseAndAnalyze,
  textOf,
  type SyntaxNode,
} from './bind/kusto.ts';
import type { Span } from './errors.ts';
import type { Column } from './types.ts';

/** Operators that make at most one row of each row: https://learn.microsoft.com/azure/azure-monitor/essentials/data-collection-transformations-kql */
const rowOperators = new Set([
  'AsOperator',
  'ExtendOperator',
  'FilterOperator',
  'ParseKvOperator',
  'ParseOperator',
  'ParseWhereOperator',
  'ProjectAwayOperator',
  'ProjectByNamesOperator',
  'ProjectKeepOperator',
  'ProjectOperator',
  'ProjectRenameOperator',
  'ProjectReorderOperator',
]);

/** Expressions that bring rows of their own, or read what is elsewhere. */
const tableExpressions = new Set([
  'ContextualDataTableExpression',
  'DataTableExpression',
  'ExternalDataExpression',
  'InlineExternalTableExpression',
  'MaterializeExpression',
  'ToScalarExpression',
  'ToTableExpression',
]);

export interface RowFault extends Span {
  readonly message: string;
}

/**
 * Why a query over one table is not a transform: it must begin with that table, name it once, and use operators alone that make at most one row of each. Empty
 * when it is one. Says nothing of names and types: `compile` does.
 */
export function rowLevelFaults(text: string, table: { name: string; columns: readonly Column[] }): RowFault[] {
  const { Syntax } = parseAndAnalyze(text, buildGlobals({ version: '', tables: [table], functions: [] }, []));
  const faults: RowFault[] = [];
  const refuse = (node: SyntaxNode, message: string): void => {
    faults.push({ message, start: Math.min(node.TextStart, text.length), end: Math.min(node.End, text.length) });
  };
  const expressions: SyntaxNode[] = [];
  let named = 0;
  const visit = (node: SyntaxNode): void => {
    const kind = kindOf(node);
    if (kind === 'ExpressionStatement') expressions.push(node);
    if (kind === 'NameReference' && nameOf(node) === table.name && ++named > 1)
      refuse(node, `\`${table.name}\` is named twice: a transform looks at rows one by one`);
    if (tableExpressions.has(kind)) refuse(node, 'a transform reads nothing but its own row');
    else if (kind.endsWith('Operator') && !rowOperators.has(kind))
      refuse(node, `\`${textOf(node).split(/\s/, 1)[0] ?? ''}\` does not make one row of each row`);
    else children(node).forEach(visit);
  };
  visit(Syntax);
  const [first, second] = expressions;
  if (second !== undefined) refuse(second, 'a transform is one query');
  else if (first === undefined || headOf(first) !== table.name)
    refuse(first ?? Syntax, `a transform begins with \`${table.name}\``);
  return faults;
}

const head = 'source\n| where (';

/** Why a text is not one expression over the columns of a row; empty when it is. Says nothing of names and types. */
export function expressionFaults(text: string, columns: readonly Column[]): RowFault[] {
  const whole = `${head}${text}\n)`;
  const inText = ({ message, start, end }: RowFault): RowFault => ({
    message,
    start: Math.min(text.length, Math.max(0, start - head.length)),
    end: Math.min(text.length, Math.max(0, end - head.length)),
  });
  const faults = rowLevelFaults(whole, { name: 'source', columns }).map(inText);
  if (faults.length > 0) return faults;
  const globals = buildGlobals({ version: '', tables: [{ name: 'source', columns }], functions: [] }, []);
  let pipes = 0;
  const visit = (node: SyntaxNode): void => {
    if (kindOf(node) === 'PipeExpression') pipes++;
    children(node).forEach(visit);
  };
  visit(parseAndAnalyze(whole, globals).Syntax);
  return pipes === 1 ? [] : [{ message: 'one expression is expected, and no operator', start: 0, end: text.length }];
}

/** What the pipe of a statement begins with. */
function headOf(statement: SyntaxNode): string {
  let node = child(statement, 'Expression');
  while (kindOf(node) === 'PipeExpression') node = child(node, 'Expression');
  return nameOf(node);
}
