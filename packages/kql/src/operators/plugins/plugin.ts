import type { Binder } from '../../bind/binder.ts';
import type { Env } from '../../bind/env.ts';
import type { SyntaxNode } from '../../bind/kusto.ts';
import type { Rel } from '../../plan/plan.ts';

/** One `evaluate plugin(…)` as its binder gets it. */
export interface PluginCall {
  /** The whole `evaluate` operator: what `resultColumns` and `b.fail` are asked about. */
  readonly node: SyntaxNode;
  /** The call alone: `plugin(…)`. */
  readonly call: SyntaxNode;
  readonly name: string;
  readonly args: readonly SyntaxNode[];
  /** The row schema that `: (…)` states. */
  readonly schema: SyntaxNode | undefined;
  readonly input: Rel;
  readonly env: Env;
  readonly b: Binder;
}

/** A plugin: from its call to a plan. Throws KqlError. */
export type PluginBinder = (call: PluginCall) => Rel;
