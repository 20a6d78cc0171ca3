import { randomUUID } from 'node:crypto';
import { SallyportError, savedQueryLimits, type GrantedPermission, type SavedQueryBody } from '@sallyport/contracts';
import type { FunctionDefinition } from '@sallyport/kql';
import type { Queryable } from '../../platform/database/types.ts';
import { Follower } from '../../platform/follow.ts';
import type { Caller } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Checker } from '../check.ts';
import { callersOf, checkFunction } from './functions.ts';
import {
  changeSavedQuery,
  countSavedQueries,
  functionsRevision,
  insertSavedQuery,
  raiseFunctions,
  removeSavedQuery,
  savedFunctions,
  savedQueriesFor,
  savedQueryBy,
  sharedQueries,
  sharedQueryNamed,
  versionsOf,
  type SavedQueryRow,
} from './store.ts';

type Who = Pick<Caller, 'name' | 'permissions'>;

const definitionOf = (row: SavedQueryRow): FunctionDefinition => ({
  name: row.function_name ?? '',
  parameters: `(${row.function_parameters})`,
  body: row.query,
});

/** Queries and functions that people save. Functions are what every query of the workspace may call, beside those that ship. */
export class SavedQueries {
  readonly #platform: Pick<Platform, 'database' | 'clock' | 'log' | 'lake'>;
  readonly #shipped: readonly FunctionDefinition[];
  readonly #checker: () => Checker;
  readonly #follower: Follower;
  #revision = -1;
  #functions: readonly FunctionDefinition[];

  constructor(
    platform: Pick<Platform, 'database' | 'clock' | 'log' | 'lake'>,
    parts: { readonly shipped: readonly FunctionDefinition[]; readonly checker: () => Checker },
  ) {
    this.#platform = platform;
    this.#shipped = parts.shipped;
    this.#checker = parts.checker;
    this.#functions = parts.shipped;
    this.#follower = new Follower(platform);
  }

  /** All stored functions, shipped and saved; the same object until one changes. */
  readonly functions = (): readonly FunctionDefinition[] => this.#functions;

  async refresh(): Promise<void> {
    const { database } = this.#platform;
    const revision = await functionsRevision(database);
    if (revision === this.#revision) return;
    const saved = await savedFunctions(database);
    this.#functions = saved.length === 0 ? this.#shipped : [...this.#shipped, ...saved.map(definitionOf)];
    this.#revision = revision;
  }
  follow(): void {
    this.#follower.start(() => this.refresh(), 'could not look for functions that changed');
  }
  async stop(): Promise<void> {
    await this.#follower.stop();
  }

  list(who: Who): Promise<SavedQueryRow[]> {
    return savedQueriesFor(this.#platform.database, who.name);
  }
  shared(): Promise<SavedQueryRow[]> {
    return sharedQueries(this.#platform.database);
  }
  named(nameInAzure: string): Promise<SavedQueryRow | undefined> {
    return sharedQueryNamed(this.#platform.database, nameInAzure);
  }
  /** Throws NotFound, of another's private query too. */
  async get(id: string, who: Who): Promise<SavedQueryRow> {
    return seen(await savedQueryBy(this.#platform.database, id), id, who);
  }
  async versions(id: string, who: Who) {
    await this.get(id, who);
    return versionsOf(this.#platform.database, id);
  }

  /** Throws BadRequest, InvalidQuery (a function that doesn't compile), Forbidden, Conflict. */
  async create(body: SavedQueryBody, who: Who, nameInAzure?: string): Promise<SavedQueryRow> {
    const { database, clock } = this.#platform;
    checkShape(body);
    mayChange(body, who);
    const row = await database.transaction(async (tx) => {
      await this.#checkFunction(tx, body, null);
      if ((await countSavedQueries(tx)) >= savedQueryLimits.queries)
        throw new SallyportError('Conflict', `there are ${savedQueryLimits.queries} saved queries already`);
      const id = randomUUID();
      const made = await insertSavedQuery(tx, {
        id,
        nameInAzure: nameInAzure ?? id,
        body,
        by: who.name,
        at: clock.now(),
      });
      if (!made) throw new SallyportError('Conflict', 'there is a saved query or function of that name already');
      return made;
    });
    await this.refresh();
    return row;
  }

  /** `version`: the one that the change is of; undefined: whichever there is. Throws as `create` does, and NotFound. */
  async change(id: string, body: SavedQueryBody, version: number | undefined, who: Who): Promise<SavedQueryRow> {
    const { database, clock } = this.#platform;
    checkShape(body);
    const row = await database.transaction(async (tx) => {
      await this.#checkFunction(tx, body, id);
      const before = seen(await savedQueryBy(tx, id, true), id, who);
      if (version !== undefined && before.version !== version)
        throw new SallyportError('Conflict', `version ${before.version} was saved by ${before.updated_by} meanwhile`);
      mayChange(shapeOf(before), who);
      mayChange(body, who);
      if (body.shared !== before.shared && before.owner !== who.name)
        throw new SallyportError('Forbidden', 'only its owner may share a query, or share it no more');
      if (before.function_name !== null && before.function_name !== body.functionName)
        await this.#free(tx, before.function_name);
      return changeSavedQuery(tx, before, body, who.name, clock.now());
    });
    await this.refresh();
    return row;
  }

  async remove(id: string, who: Who): Promise<SavedQueryRow> {
    const { database } = this.#platform;
    const row = await database.transaction(async (tx) => {
      await raiseFunctions(tx);
      const before = seen(await savedQueryBy(tx, id, true), id, who);
      mayChange(shapeOf(before), who);
      if (before.function_name !== null) await this.#free(tx, before.function_name);
      await removeSavedQuery(tx, id);
      return before;
    });
    await this.refresh();
    return row;
  }

  /** Throws Conflict when another saved function calls the one of this name. */
  async #free(tx: Queryable, name: string): Promise<void> {
    const callers = callersOf(name, (await savedFunctions(tx)).map(definitionOf));
    if (callers.length > 0)
      throw new SallyportError('Conflict', `\`${name}\` is called by ${callers.map((one) => `\`${one}\``).join(', ')}`);
  }

  async #checkFunction(tx: Queryable, body: SavedQueryBody, id: string | null): Promise<void> {
    if (body.functionName === null) return;
    await raiseFunctions(tx);
    const { clock, lake } = this.#platform;
    const others = (await savedFunctions(tx)).filter((row) => row.id !== id).map(definitionOf);
    const before = id === null ? undefined : await savedQueryBy(tx, id);
    checkFunction(
      { name: body.functionName, parameters: body.functionParameters, body: body.query },
      [...this.#shipped, ...others],
      this.#checker(),
      {
        now: clock.now(),
        database: lake.workspace,
        tables: new Set(lake.catalogue.tables.keys()),
        // Its name is known by itself where it is only changed.
        known: before?.function_name === body.functionName,
      },
    );
  }
}

const shapeOf = (row: SavedQueryRow): Pick<SavedQueryBody, 'shared' | 'functionName'> => ({
  shared: row.shared,
  functionName: row.function_name,
});

function checkShape(body: SavedQueryBody): void {
  if (body.functionName !== null && !body.shared)
    throw new SallyportError('BadRequest', 'a function is shared', { target: 'body.shared' });
  if (body.functionName === null && body.functionParameters !== '')
    throw new SallyportError('BadRequest', 'only a function has parameters', { target: 'body.functionParameters' });
}

/** What is one's own needs no more than being signed in; what others see, or what every query may call, does. */
function mayChange({ shared, functionName }: Pick<SavedQueryBody, 'shared' | 'functionName'>, who: Who): void {
  if (!shared) return;
  const enough: readonly GrantedPermission[] =
    functionName === null ? ['alerts.manage', 'detectionTuning.manage'] : ['detectionTuning.manage'];
  if (!enough.some((permission) => who.permissions.has(permission)))
    throw new SallyportError('Forbidden', `the permission ${enough.join(' or ')} is needed`);
}

function seen(row: SavedQueryRow | undefined, id: string, who: Who): SavedQueryRow {
  if (!row || !(row.shared || row.owner === who.name))
    throw new SallyportError('NotFound', `there is no saved query ${id}`);
  return row;
}
