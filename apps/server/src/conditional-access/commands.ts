import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { storableJson } from '../platform/canonical-json.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { checkedBody, mayGo, refusal } from './checks.ts';
import { builtInRows, graphForm, patched } from './forms.ts';
import { kinds, type Kind } from './kinds.ts';
import { objects, revision, type Body, type ObjectRow } from './store.ts';

/** Who changes something, and in which call. */
export interface Author {
  readonly id: string;
  readonly name: string;
  readonly ipAddress: string;
  readonly requestId: string;
}

/** Set by the server, or notes of the protocol: exports have them, and they may come back. */
const notOfTheBody = new Set(['id', 'createdDateTime', 'modifiedDateTime', '@odata.context', '@odata.etag']);
const withoutNotes = (body: Body): Body =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !notOfTheBody.has(name)));

/** Makes, changes and removes policies, named locations and strengths, each with its row of `AuditLogs` in the same transaction. */
export function createCommands({ database, clock, audit }: Pick<Platform, 'database' | 'clock' | 'audit'>) {
  const changing = <T>(work: (tx: Queryable) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      await objects.lock(tx);
      const result = await work(tx);
      await revision.raise(tx);
      return result;
    });

  const record = async (
    operationType: 'Add' | 'Update' | 'Delete',
    { before, after }: { before?: ObjectRow; after?: ObjectRow },
    by: Author,
    tx: Queryable,
  ): Promise<void> => {
    const row = after ?? before;
    if (!row) return;
    const { names, category, service, property } = kinds[row.kind].audit;
    const displayName = String(row.body['displayName']);
    const values = {
      ...(before ? { oldValue: graphForm(before) } : {}),
      ...(after ? { newValue: graphForm(after) } : {}),
    };
    await audit.record(
      {
        actor: by.name,
        operation: names[operationType],
        target: `${kinds[row.kind].entity} ${displayName}`,
        result: 'success',
        ipAddress: by.ipAddress,
        requestId: by.requestId,
        details: { id: row.id, ...values },
        entra: {
          category,
          loggedByService: service,
          operationType,
          actorId: by.id,
          target: { id: row.id, displayName, type: 'Policy' },
          modified: { displayName: property, ...values },
        },
      },
      tx,
    );
  };

  const storable = (body: Body): Body => storableJson(body) as Body;

  return {
    /** Throws BadRequest: what is wrong with it, or that there are as many as there may be. */
    add: (kind: Kind, input: Body, by: Author): Promise<ObjectRow> =>
      changing(async (tx) => {
        const id = kind === 'authenticationContext' ? String(input['id']) : randomUUID();
        const body = storable(await checkedBody(kind, { ...withoutNotes(input), id }, tx));
        if (await objects.has(tx, id))
          throw new SallyportError('BadRequest', `there is an object with the id ${id} already`, { target: 'id' });
        const { most, entity } = kinds[kind];
        if ((await objects.count(tx, kind)) >= most)
          throw new SallyportError(
            'BadRequest',
            `a tenant has at most ${most} objects of ${entity}, in whatever state`,
          );
        const row: ObjectRow = { id, kind, body, createdAt: clock.now(), modifiedAt: null };
        await objects.insert(tx, row);
        await record('Add', { after: row }, by, tx);
        return row;
      }),

    /** Throws NotFound; BadRequest with what is wrong with what it would become. */
    update: (kind: Kind, id: string, patch: Body, by: Author): Promise<ObjectRow> =>
      changing(async (tx) => {
        const before = await changeable(tx, kind, id);
        const given = withoutNotes(patch);
        const type = given['@odata.type'];
        if (kind === 'namedLocation' && type !== undefined && type !== before.body['@odata.type'])
          throw refusal([{ path: '@odata.type', message: 'a location stays of its kind' }]);
        const next = patched({ ...before.body, id: before.id }, given) as Body;
        const body = storable(await checkedBody(kind, next, tx, before.body));
        const row: ObjectRow = { ...before, body, modifiedAt: clock.now() };
        await objects.change(tx, row);
        await record('Update', { before, after: row }, by, tx);
        return row;
      }),

    /** Throws NotFound; BadRequest when a policy still uses it. */
    remove: (kind: Kind, id: string, by: Author): Promise<void> =>
      changing(async (tx) => {
        const before = await changeable(tx, kind, id);
        await mayGo(kind, before.id, before.body, tx);
        await objects.remove(tx, before.id);
        await record('Delete', { before }, by, tx);
      }),
  };
}

async function changeable(tx: Queryable, kind: Kind, id: string): Promise<ObjectRow> {
  if (builtInRows.some((row) => row.id === id && row.kind === kind))
    throw new SallyportError('BadRequest', 'a built-in authentication strength cannot be changed');
  return objects.byId(tx, kind, id);
}

export type Commands = ReturnType<typeof createCommands>;
