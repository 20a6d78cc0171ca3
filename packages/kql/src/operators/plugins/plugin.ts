import type { Binder } from '../../bind/binder.ts';
import type { Env } from '../../bind/env.ts';
import type { SyntaxNode } from '../../bind/kusto.ts';
import type { Rel } from '../../plan/plan.ts';

/** One `evaluate plugin(…)` at the head of a query, as its binder gets it. */
export interface SourceCall {
  /** The whole `evaluate` operator: what `resultColumns` and `b.fail` are asked about. */
  readonly node: SyntaxNode;
  /** The call alone: `plugin(…)`. */
  readonly call: SyntaxNode;
  readonly name: string;
  readonly args: readonly SyntaxNode[];
  /** The row schema that `: (…)` states. */
  readonly schema: SyntaxNode | undefined;
  readonly env: Env;
  readonly b: Binder;
}

/** One that stands behind a table. */
export interface PluginCall extends SourceCall {
  readonly input: Rel;
}

/** A plugin: from its call to a plan. Throws KqlError. */
export type PluginBinder = (call: PluginCall) => Rel;
export type SourcePluginBinder = (call: SourceCall) => Rel;
