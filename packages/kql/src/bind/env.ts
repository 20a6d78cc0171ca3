import type { Expr, Rel } from '../plan/plan.ts';
import type { SyntaxNode } from './kusto.ts';

/** Names and what they stand for. */

/** What a name stands for. Names are resolved where they were written, so a binding of text carries its scope. */
export type Binding =
  | { readonly kind: 'text'; readonly node: SyntaxNode; readonly env: Env; readonly view?: true }
  | { readonly kind: 'expr'; readonly expr: Expr; readonly view?: never }
  | { readonly kind: 'rel'; readonly rel: Rel; readonly view?: true };
/** What `restrict access to` leaves visible of the database. */
export interface Access {
  readonly tables: Set<string>;
  readonly functions: Set<string>;
}
export interface Env {
  readonly names: Map<string, Binding>;
  readonly parent: Env | undefined;
  access?: Access;
}
export const childEnv = (parent: Env | undefined): Env => ({ names: new Map(), parent });
export const lookUp = (env: Env | undefined, name: string): { binding: Binding; env: Env } | undefined => {
  for (let e = env; e; e = e.parent) {
    const binding = e.names.get(name);
    if (binding) return { binding, env: e };
  }
  return undefined;
};

export const accessOf = (env: Env | undefined): Access | undefined => {
  for (let e = env; e; e = e.parent) if (e.access) return e.access;
  return undefined;
};
