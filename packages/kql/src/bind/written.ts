import { isHidden, type Expr, type Rel } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import { buildGlobals, parseAndAnalyze, type SyntaxNode } from './kusto.ts';

/** KQL that the compiler itself writes: analysed over the tables and values that it is given, and kept by text and schema. */

const maxKept = 200;
const kept = new Map<string, SyntaxNode>();

const typeOf = (type: KqlType | 'tuple'): KqlType => (type === 'tuple' ? 'dynamic' : type);

/** The syntax of a text over these tables. Throws an Error when the text is wrong: it is ours. */
export function writtenText(
  text: string,
  tables: ReadonlyMap<string, Rel>,
  values: ReadonlyMap<string, Expr>,
): SyntaxNode {
  const schemas = [...tables].map(([name, rel]) => ({
    name,
    columns: rel.fields.filter((f) => !isHidden(f)).map((f) => ({ name: f.name, type: typeOf(f.type) })),
  }));
  const parameters = [...values].map(([name, expr]) => `${name}:${typeOf(expr.type)}`);
  const whole = parameters.length ? `declare query_parameters(${parameters.join(', ')});\n${text}` : text;
  const key = JSON.stringify([schemas, whole]);
  const found = kept.get(key);
  if (found) return found;
  const globals = buildGlobals({ version: '', tables: schemas, functions: [] }, []);
  const code = parseAndAnalyze(whole, globals);
  const faults = code.GetDiagnostics();
  for (let i = 0; i < faults.Count; i++) {
    const { Severity, Message, Start } = faults.getItem(i);
    if (Severity === 'Error') throw new Error(`written KQL is wrong at ${Start}: ${Message}: ${whole}`);
  }
  kept.set(key, code.Syntax);
  if (kept.size > maxKept) kept.delete(kept.keys().next().value!);
  return code.Syntax;
}
