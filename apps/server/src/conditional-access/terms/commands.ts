import { randomUUID } from 'node:crypto';
import { parseDuration, SallyportError } from '@sallyport/contracts';
import {
  AgreementChange,
  agreementLimits,
  NewAgreement,
  type AgreementFile,
} from '@sallyport/contracts/conditional-access';
import type { z } from 'zod';
import { storableJson } from '../../platform/canonical-json.ts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { refusal } from '../checks.ts';
import type { Author } from '../commands.ts';
import { objects } from '../store.ts';
import { acceptances, agreements, type AgreementRow } from './store.ts';

const changed = 'The terms of use';
type Activity = 'Create' | 'Edit' | 'Delete' | 'Accept' | 'Decline';
const operations = { Create: 'Add', Edit: 'Update', Delete: 'Delete', Accept: 'Update', Decline: 'Update' } as const;

/** Who reads terms during a sign-in. */
export interface Reader {
  readonly id: string;
  readonly name: string;
  readonly ipAddress: string;
  readonly requestId: string;
}

/** From when on a person is asked anew; null: never. */
export function expiryOf(
  { userReacceptRequiredFrequency, termsExpiration }: AgreementRow['body'],
  now: Date,
): Date | null {
  const own = userReacceptRequiredFrequency === null ? undefined : parseDuration(userReacceptRequiredFrequency);
  const ends = [
    ...(own === undefined ? [] : [now.getTime() + own * 1_000]),
    ...(termsExpiration === null ? [] : nextOf(termsExpiration, now)),
  ];
  return ends.length === 0 ? null : new Date(Math.min(...ends));
}

function nextOf(expiration: NonNullable<AgreementRow['body']['termsExpiration']>, now: Date): number[] {
  const start = Date.parse(expiration.startDateTime);
  if (start > now.getTime()) return [start];
  const every = expiration.frequency === null ? undefined : parseDuration(expiration.frequency);
  if (every === undefined) return [];
  const times = Math.floor((now.getTime() - start) / (every * 1_000)) + 1;
  return [start + times * every * 1_000];
}

/** Makes, changes and removes terms of use, and keeps who accepted them; each with its row of `AuditLogs` in the same transaction. */
export function createTerms({ database, clock, audit }: Pick<Platform, 'database' | 'clock' | 'audit'>) {
  const record = (activity: Activity, row: Pick<AgreementRow, 'id' | 'body'>, by: Author, tx: Queryable) =>
    audit.record(
      {
        actor: by.name,
        operation: `${activity} Terms Of Use`,
        target: `terms of use ${row.body.displayName}`,
        result: 'success',
        ipAddress: by.ipAddress,
        requestId: by.requestId,
        details: { id: row.id, ...row.body },
        entra: {
          category: 'Policy',
          loggedByService: 'Terms Of Use',
          operationType: operations[activity],
          actorId: by.id,
          target: { id: row.id, displayName: row.body.displayName, type: 'Policy' },
          modified: { displayName: 'TermsOfUse', newValue: row.body },
        },
      },
      tx,
    );

  return {
    /** Throws BadRequest: what is wrong with it, or that there are as many as there may be. */
    add: (input: unknown, by: Author): Promise<AgreementRow> => {
      const agreement = parsed(NewAgreement, input);
      const files = filesOf(agreement.files ?? agreement.file?.localizations ?? []);
      return database.transaction(async (tx) => {
        await tx.execute('LOCK TABLE agreements IN SHARE ROW EXCLUSIVE MODE');
        if ((await agreements.all(tx)).length >= agreementLimits.agreements)
          throw new SallyportError('BadRequest', `a tenant has at most ${agreementLimits.agreements} terms of use`);
        const row: AgreementRow = { id: randomUUID(), body: bodyOf(agreement) };
        await tx.execute('INSERT INTO agreements (id, body, created_at) VALUES ($1, $2, $3)', [
          row.id,
          JSON.stringify(storableJson(row.body)),
          clock.now(),
        ]);
        for (const { fileName, displayName, language, isDefault, data } of files)
          await tx.execute(
            'INSERT INTO agreement_files (id, agreement_id, file_name, display_name, language, is_default, data, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
            [randomUUID(), row.id, fileName, displayName, language, isDefault, data, clock.now()],
          );
        await record('Create', row, by, tx);
        return row;
      });
    },

    /** What it leaves out stays. Who has accepted stays so, until what was said to them then. Throws NotFound, BadRequest. */
    update: (id: string, input: unknown, by: Author): Promise<void> => {
      const change = parsed(AgreementChange, input);
      return database.transaction(async (tx) => {
        const { body } = await agreements.byId(tx, id);
        const row: AgreementRow = { id, body: bodyOf({ ...body, ...change }) };
        await tx.execute('UPDATE agreements SET body = $2 WHERE id = $1', [id, JSON.stringify(storableJson(row.body))]);
        await record('Edit', row, by, tx);
      });
    },

    /** Who accepted goes with it. Throws NotFound; BadRequest when a policy demands it. */
    remove: (id: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        await objects.lock(tx);
        const row = await agreements.byId(tx, id);
        const used = (await objects.ofKind(tx, 'policy')).filter(({ body }) => JSON.stringify(body['grantControls'] ?? {}).includes(row.id)); // prettier-ignore
        if (used.length > 0)
          throw refusal([{ path: 'id', message: `it is demanded by ${used.length} policies, such as ${JSON.stringify(used[0]?.body['displayName'])}` }]); // prettier-ignore
        await tx.execute('DELETE FROM agreements WHERE id = $1', [row.id]);
        await record('Delete', row, by, tx);
      }),

    /** Keeps what a person said to terms that they were shown. Throws NotFound when one of them is gone meanwhile. */
    answer: (reader: Reader, ids: readonly string[], state: 'accepted' | 'declined'): Promise<void> =>
      database.transaction(async (tx) => {
        const now = clock.now();
        for (const id of ids) {
          const row = await agreements.byId(tx, id);
          const [file] = await agreements.files(tx, [id]);
          if (!file) throw new SallyportError('NotFound', `${changed} are gone.`);
          await tx.execute(
            'INSERT INTO agreement_acceptances (id, agreement_id, agreement_file_id, person_id, state, recorded_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
            [randomUUID(), id, file.id, reader.id, state, now, state === 'accepted' ? expiryOf(row.body, now) : null],
          );
          await record(state === 'accepted' ? 'Accept' : 'Decline', row, reader, tx);
        }
      }),

    /** Ids of what a person has accepted and need not accept anew. */
    accepted: (personId: string): Promise<string[]> => acceptances.held(database, personId, clock.now()),

    /** What a person is to read, in their language where there is such a file. Ids that are gone are left out. */
    async toRead(ids: readonly string[], language: string) {
      const files = await agreements.files(database, ids);
      const rows = (await agreements.all(database)).filter(({ id }) => ids.includes(id));
      return rows.flatMap(({ id, body }) => {
        const own = files.filter(({ agreementId }) => agreementId === id);
        const [short = ''] = language.toLowerCase().split('-');
        const file = own.find((one) => one.language.toLowerCase().split('-')[0] === short) ?? own[0];
        if (!file) return [];
        const isPdf = file.data.subarray(0, 5).toString('latin1') === '%PDF-';
        return [
          {
            id,
            displayName: body.displayName,
            fileName: file.fileName,
            language: file.language,
            mustBeViewed: body.isViewingBeforeAcceptanceRequired,
            text: isPdf ? null : file.data.toString('utf8'),
            pdf: isPdf ? file.data.toString('base64') : null,
          },
        ];
      });
    },
  };
}
export type Terms = ReturnType<typeof createTerms>;

function parsed<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw refusal(result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
}

const bodyOf = (agreement: z.infer<typeof AgreementChange>): AgreementRow['body'] => ({
  displayName: agreement.displayName ?? '',
  isViewingBeforeAcceptanceRequired: agreement.isViewingBeforeAcceptanceRequired ?? false,
  userReacceptRequiredFrequency: agreement.userReacceptRequiredFrequency ?? null,
  termsExpiration: agreement.termsExpiration
    ? { startDateTime: agreement.termsExpiration.startDateTime, frequency: agreement.termsExpiration.frequency ?? null }
    : null,
});

/** Files as they are kept: of several without a default the first is. Throws BadRequest for what is neither text nor PDF. */
function filesOf(files: readonly AgreementFile[]) {
  const first = Math.max(
    0,
    files.findIndex(({ isDefault }) => isDefault === true),
  );
  return files.map(({ fileName, displayName, language, fileData }, at) => {
    const data = Buffer.from(fileData.data, 'base64');
    const path = `files[${at}].fileData.data`;
    if (data.length > agreementLimits.bytesOfAFile)
      throw refusal([{ path, message: `larger than ${agreementLimits.bytesOfAFile} bytes` }]);
    const isPdf = data.subarray(0, 5).toString('latin1') === '%PDF-';
    if (!isPdf && !isText(data)) throw refusal([{ path, message: 'neither text in UTF-8 nor a PDF' }]);
    return { fileName, displayName: displayName ?? fileName, language, isDefault: at === first, data };
  });
}

function isText(data: Buffer): boolean {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(data).includes('\0');
  } catch {
    return false;
  }
}
