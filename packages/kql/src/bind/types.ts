import type { FieldType } from '../plan/plan.ts';
import { kqlTypes, type KqlType } from '../types.ts';
import { textOf, type KustoSymbol, type SyntaxNode } from './kusto.ts';

const isKqlType = (name: string): name is KqlType => (kqlTypes as readonly string[]).includes(name);

/** The KQL type of a symbol of the library; arrays and bags of known shape are dynamic. */
export const typeOfSymbol = (symbol: KustoSymbol | null | undefined): KqlType =>
  symbol && isKqlType(symbol.Name) ? symbol.Name : 'dynamic';
const typeNames: Readonly<Record<string, KqlType>> = {
  boolean: 'bool',
  date: 'datetime',
  time: 'timespan',
  double: 'real',
  float: 'real',
  int32: 'int',
  int64: 'long',
  uuid: 'guid',
  uniqueid: 'guid',
};
/** The type that a type expression names. The library leaves some of them unbound. */
export const typeOfNode = (node: SyntaxNode): KqlType => {
  const text = textOf(node);
  return isKqlType(text) ? text : (typeNames[text] ?? typeOfSymbol(node.ReferencedSymbol));
};
export const valueType = (type: FieldType): KqlType => (type === 'tuple' ? 'dynamic' : type);

/** The columns that the library says a tabular node has. */
export function resultColumns(node: SyntaxNode): { name: string; type: KqlType }[] {
  const columns = node.ResultType?.Columns;
  return Array.from({ length: columns?.Count ?? 0 }, (_, i) => {
    const column = columns!.getItem(i);
    return { name: column.Name, type: typeOfSymbol(column.Type) };
  });
}
