import { pathFunction, pathTextFunction } from '../functions/operators.ts';
import { parameterAt, type ScalarFunction } from '../functions/registry.ts';
import type { PromotedPath, TableSchema } from '../types.ts';
import type { Expr, Field, NamedExpr, Rel } from './plan.ts';
import { withRels } from './shared.ts';

/**
 * The text of a member of a dynamic comes out of the column that the table keeps it in, where it has one: as a hidden field of the read, which the steps
 * above pass on. A step that makes a new value of the dynamic, or of its rows, ends that: what stands above it reads the JSON.
 */

/** Which tables keep which members, as read here. */
type PromotedOf = (table: TableSchema) => readonly PromotedPath[];

interface Member {
  readonly column: string;
  readonly keys: readonly (string | bigint | number)[];
}

const fieldOf = ({ column, keys }: Member): string =>
  `$$member ${JSON.stringify([column, ...keys.map((k) => (typeof k === 'bigint' ? Number(k) : k))])}`;
const textColumn = (member: Member): Expr => ({ kind: 'column', name: fieldOf(member), type: 'string' });

/** The member that a call of that function gives. */
function memberOf(expr: Expr, by: ScalarFunction): Member | undefined {
  if (expr.kind !== 'call' || expr.fn !== by) return undefined;
  const [of, ...rest] = expr.args;
  if (of?.kind !== 'column') return undefined;
  const keys = rest.map((k) => (k.kind === 'literal' && k.type !== 'dynamic' ? k.value : undefined));
  const known = keys.filter((k): k is string | bigint => typeof k === 'string' || typeof k === 'bigint');
  return known.length === keys.length ? { column: of.name, keys: known } : undefined;
}

/** The member in the names of what the items stand over; undefined where they make the column anew. */
function renamed(items: readonly NamedExpr[], member: Member): Member | undefined {
  const expr = items.find((i) => i.name === member.column)?.expr;
  return expr?.kind === 'column' ? { ...member, column: expr.name } : undefined;
}

class Promotion {
  readonly #promoted: PromotedOf;
  /** What was found out: whether a relation can give a member as a field. */
  readonly #reached = new Map<Rel, Map<string, { readonly member: Member; readonly is: boolean }>>();
  readonly #rebuilt = new Map<Rel, Rel>();

  constructor(promoted: PromotedOf) {
    this.#promoted = promoted;
  }

  /** Whether the relation can give the member; then it has to. */
  #reach(rel: Rel, member: Member): boolean {
    const known = this.#reached.get(rel) ?? new Map<string, { readonly member: Member; readonly is: boolean }>();
    this.#reached.set(rel, known);
    const before = known.get(fieldOf(member));
    if (before) return before.is;
    const is = this.#below(rel, member);
    known.set(fieldOf(member), { member, is });
    return is;
  }
  #below(rel: Rel, member: Member): boolean {
    switch (rel.kind) {
      case 'read':
        return this.#promoted(rel.table).some((p) => fieldOf(p) === fieldOf(member));
      case 'filter':
      case 'limit':
        return this.#reach(rel.input, member);
      case 'window':
        return !rel.items.some((i) => i.name === member.column) && this.#reach(rel.input, member);
      case 'unnest': {
        const made = rel.index === member.column || rel.items.some((i) => i.name === member.column);
        return !made && this.#reach(rel.input, member);
      }
      case 'project': {
        const below = renamed(rel.items, member);
        return below !== undefined && this.#reach(rel.input, below);
      }
      case 'join': {
        const output = rel.outputs.find((o) => o.name === member.column);
        return output !== undefined && this.#reach(rel[output.side], { ...member, column: output.column });
      }
      case 'union': {
        // A part without the column has null there, and so has its member.
        const parts = rel.inputs.filter((i) => i.items.some((item) => item.name === member.column));
        const all = parts.map((i) => {
          const below = renamed(i.items, member);
          return below !== undefined && this.#reach(i.rel, below);
        });
        return all.length > 0 && all.every(Boolean);
      }
      default:
        return false;
    }
  }

  /** Whether any member was asked for that is there. */
  get any(): boolean {
    return [...this.#reached.values()].some((found) => found.size > 0 && [...found.values()].some((f) => f.is));
  }
  /** Forgets what was built, but not what was found out. */
  again(): void {
    this.#rebuilt.clear();
  }

  /** The relation over rebuilt inputs, with the members that those above it read: complete once everything was built once. */
  rebuild(rel: Rel): Rel {
    const before = this.#rebuilt.get(rel);
    if (before) return before;
    const members = [...(this.#reached.get(rel)?.values() ?? [])].filter((f) => f.is).map((f) => f.member);
    const made = this.#made(rel, members);
    const added = members.map((m): Field => ({ name: fieldOf(m), type: 'string' }));
    const whole = added.length ? { ...made, fields: [...made.fields, ...added] } : made;
    this.#rebuilt.set(rel, whole);
    return whole;
  }
  #made(rel: Rel, members: readonly Member[]): Rel {
    const named = (items: readonly NamedExpr[], input: Rel): NamedExpr[] =>
      items.map((i) => ({ ...i, expr: this.#over(i.expr, input) }));
    const passed = (items: readonly NamedExpr[]): NamedExpr[] =>
      members.flatMap((m) => {
        const below = renamed(items, m);
        return below ? [{ name: fieldOf(m), expr: textColumn(below) }] : [];
      });
    switch (rel.kind) {
      case 'read':
        return rel;
      case 'filter':
        return { ...rel, input: this.rebuild(rel.input), predicate: this.#over(rel.predicate, rel.input) };
      case 'project': {
        const items = [...named(rel.items, rel.input), ...passed(rel.items)];
        return { ...rel, input: this.rebuild(rel.input), items };
      }
      case 'aggregate': {
        const aggregates = rel.aggregates.map((a) => ({ ...a, args: a.args.map((x) => this.#over(x, rel.input)) }));
        return { ...rel, input: this.rebuild(rel.input), keys: named(rel.keys, rel.input), aggregates };
      }
      case 'window': {
        const items = rel.items.map((i) => ({ ...i, args: i.args.map((x) => this.#over(x, rel.input)) }));
        return { ...rel, input: this.rebuild(rel.input), items };
      }
      case 'unnest':
        return { ...rel, input: this.rebuild(rel.input), items: named(rel.items, rel.input) };
      case 'join': {
        const on = rel.on.map((o) => ({ left: this.#over(o.left, rel.left), right: this.#over(o.right, rel.right) }));
        const outputs = members.flatMap((m) => {
          const of = rel.outputs.find((o) => o.name === m.column);
          return of ? [{ ...of, name: fieldOf(m), column: fieldOf({ ...m, column: of.column }) }] : [];
        });
        const [left, right] = [this.rebuild(rel.left), this.rebuild(rel.right)];
        return { ...rel, left, right, on, outputs: [...rel.outputs, ...outputs] };
      }
      case 'union': {
        const inputs = rel.inputs.map((i) => ({
          rel: this.rebuild(i.rel),
          items: [...named(i.items, i.rel), ...passed(i.items)],
        }));
        return { ...rel, inputs };
      }
      default:
        return withRels(rel, (inner) => this.rebuild(inner));
    }
  }

  #over(expr: Expr, input: Rel): Expr {
    return withRels(this.#expr(expr, input), (inner) => this.rebuild(inner));
  }
  /** The expression over `input`, with members as fields where it gives them. */
  #expr(expr: Expr, input: Rel): Expr {
    if (expr.kind === 'rowTuple') return { ...expr, args: expr.args.map((a) => this.#expr(a, input)) };
    if (expr.kind === 'inQuery') return { ...expr, value: this.#expr(expr.value, input) };
    if (expr.kind !== 'call') return expr;
    const member = memberOf(expr, pathTextFunction);
    if (member && this.#reach(input, member)) return textColumn(member);
    const args = expr.args.map((arg, i) => {
      // `d.a` where a text is wanted is the member's text.
      const asText = wantsText(expr, i) ? memberOf(arg, pathFunction) : undefined;
      return asText && this.#reach(input, asText) ? textColumn(asText) : this.#expr(arg, input);
    });
    return { ...expr, args };
  }
}

function wantsText({ fn, args }: Extract<Expr, { kind: 'call' }>, i: number): boolean {
  if (fn.name === '==' || fn.name === '!=') return args[1 - i]?.type === 'string';
  return parameterAt(fn.parameters, i) === 'string';
}

/** What a table keeps a hidden field of a read in; undefined for other fields. */
export const storedMember = (table: TableSchema, field: string): string | undefined =>
  table.promoted?.find((p) => fieldOf(p) === field)?.stored;

/** The plan with such members as fields of its reads; the plan itself where there are none. */
export function promotePaths(root: Rel, promoted: PromotedOf): Rel {
  const work = new Promotion(promoted);
  work.rebuild(root);
  if (!work.any) return root;
  work.again();
  return work.rebuild(root);
}
