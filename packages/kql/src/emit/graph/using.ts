import type { Expr } from '../../plan/plan.ts';
import { identifier, integer, join, sql, type Sql } from '../../sql.ts';
import { columnsOf } from '../block.ts';
import { emitPredicate, type Scope } from '../expression.ts';
import type { GraphSql, Lists } from './build.ts';

const node = identifier('$$n');
const o = identifier('$$o');

/** What one SELECT uses of a graph. */
export class Using {
  readonly #graph: GraphSql;
  readonly #whole: Sql;
  readonly #names = new Map<string, { readonly name: Sql; readonly value: Sql }>();

  constructor(graph: GraphSql, whole: Sql) {
    this.#graph = graph;
    this.#whole = whole;
  }
  around(select: Sql): Sql {
    if (!this.#names.size) return select;
    const items = [...this.#names.values()].map(({ name, value }) => sql`${value} AS ${name}`);
    return sql`WITH ${join(items)} ${select}`;
  }
  /** A subquery, so that the engine takes the array out once, and not wherever it is named. */
  #array(at: number): Sql {
    return this.constant(`array ${at}`, sql`(SELECT tupleElement(${this.#whole}, ${integer(at)}))`);
  }
  /** Names a constant in this SELECT. */
  constant(id: string, value: Sql): Sql {
    let known = this.#names.get(id);
    if (!known) {
      known = { name: this.#graph.alias(), value };
      this.#names.set(id, known);
    }
    return known.name;
  }

  /** The numbers of all nodes. */
  numbers(): Sql {
    return this.#array(this.#graph.part('number', 'node', () => node));
  }
  /** For each edge the number of its source or target. */
  end(which: 'source' | 'target'): Sql {
    return this.#array(this.#graph.part(which, which === 'source' ? 'edge' : 'target', () => node));
  }
  edgeNumbers(): Sql {
    return this.#array(this.#graph.part('number', 'edge', () => sql`${o}.1`));
  }
  /** The edges of a node. */
  list(which: Lists, of: Sql): Sql {
    return sql`${this.#array(this.#graph.list(which))}[${of}]`;
  }
  /** The node at the other end of an edge that is walked from `from`. */
  other(which: Lists, edge: Sql, from: Sql): Sql {
    if (which === 'out') return sql`${this.end('target')}[${edge}]`;
    if (which === 'in') return sql`${this.end('source')}[${edge}]`;
    return sql`bitXor(bitXor(${this.end('source')}[${edge}], ${this.end('target')}[${edge}]), ${from})`;
  }
  nodeMeets(tests: readonly Expr[], of: Sql): Sql[] {
    return tests.map((test) => {
      const unfixed = [...columnsOf(test)].some((name) => this.#graph.component(name));
      if (unfixed) return sql`ifNull(${emitPredicate(test, this.nodeScope(of))}, false)`;
      return sql`${this.#array(this.#graph.nodeTest(test))}[${of}]`;
    });
  }
  edgeMeets(tests: readonly Expr[], of: Sql): Sql[] {
    return tests.map((test) => sql`${this.#array(this.#graph.edgeTest(test))}[${of}]`);
  }

  /** Expressions over the node of this number; names that no node has mean what they mean outside. */
  nodeScope(of: Sql, outer?: Scope): Scope {
    return this.#scope(outer, (name) => {
      const component = this.#graph.component(name);
      if (component) return sql`${this.constant(`component ${name}`, component)}[${of}]`;
      const at = this.#graph.nodeColumn(name);
      return at === undefined ? undefined : sql`${this.#array(at)}[${of}]`;
    });
  }
  edgeScope(of: Sql, outer?: Scope): Scope {
    return this.#scope(outer, (name) => {
      const at = this.#graph.edgeColumn(name);
      return at === undefined ? undefined : sql`${this.#array(at)}[${of}]`;
    });
  }
  #scope(outer: Scope | undefined, own: (name: string) => Sql | undefined): Scope {
    return {
      column: (name) => {
        const column = own(name) ?? outer?.column(name);
        if (!column) throw new Error(`the plan reads ${name}, which no element of the graph gives`);
        return column;
      },
      query: (rel) => this.#graph.e.subquery(rel),
      now: () => this.#graph.e.moment(),
      lookups: this.#graph.e.options.lookups,
      zone: this.#graph.e.options.zone,
      rewrites: this.#graph.e.rewrites,
    };
  }
}

/** Values of nodes, from rows of `$$n` and `$$v`, as an array over all nodes. */
export const dense = (graph: GraphSql, rows: Sql, aggregate: (v: Sql) => Sql, missing: Sql): Sql => {
  const v = identifier('$$v');
  const all = graph.select((u) => sql`SELECT arrayJoin(${u.numbers()}) AS ${node}, ${missing} AS ${v}`);
  return sql`SELECT tupleElement(arraySort(${o} -> ${o}.1, groupArray((${node}, ${v}))), 2) FROM (SELECT ${node}, ${aggregate(v)} AS ${v} FROM (SELECT ${node}, ${v} FROM (${rows}) UNION ALL ${all}) GROUP BY ${node})`;
};
