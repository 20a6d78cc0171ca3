import { createHash, randomUUID } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { attachmentsMax, SallyportError, type Attachment, type WorkParent } from '@sallyport/contracts';
import { fileTypeFromBuffer } from 'file-type';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import {
  activityTable,
  lockedParent,
  ofParentWithin,
  parentColumn,
  parentOf,
  tellParent,
  type ParentColumns,
} from '../parent.ts';
import type { Sight } from '../within.ts';

type Needs = Pick<Platform, 'clock' | 'database' | 'outbox'>;

/** All files of one incident or case together. */
const bytesMax = 100 * 1024 ** 2;

interface AttachmentRow extends ParentColumns {
  readonly id: string;
  readonly comment: string | null;
  readonly name: string;
  readonly media_type: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly at: Date;
  readonly by: string;
}
/** All but the content. */
const columns = 'id, incident_number, case_number, comment, name, media_type, bytes, sha256, at, by';

const toAttachment = (row: AttachmentRow): Attachment => ({
  id: row.id,
  name: row.name,
  mediaType: row.media_type,
  bytes: row.bytes,
  sha256: row.sha256,
  comment: row.comment,
  at: row.at.toISOString(),
  by: row.by,
});

export const listAttachments = async (db: Queryable, parent: WorkParent): Promise<Attachment[]> =>
  (
    await db.query<AttachmentRow>(
      `SELECT ${columns} FROM attachments WHERE ${parentColumn(parent)} = $1 ORDER BY at, id LIMIT $2`,
      [parent.number, attachmentsMax],
    )
  ).map(toAttachment);

/** What a name may not have, for a file on whatever machine: control and directional characters, and what parts paths. */
const unfit =
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff<>:"/\\|?*]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A name that is safe as a file's, of at most 200 characters, its extension kept. */
export function fileName(given: string): string {
  const plain = given.replaceAll(unfit, '_').replace(/^\.+/, '_').trim() || 'file';
  if (plain.length <= 200) return plain;
  const extension = /\.[^.]{1,16}$/.exec(plain)?.[0] ?? '';
  return plain.slice(0, 200 - extension.length) + extension;
}

/** By its first bytes; text where it is UTF-8 without control characters, whatever markup it may be. */
export async function sniff(content: Buffer): Promise<string> {
  const found = await fileTypeFromBuffer(content);
  if (found) return found.mime;
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  const isText = isUtf8(content) && !/[\u0000-\u0008\u000e-\u001a]/.test(content.toString('utf8'));
  return isText ? 'text/plain' : 'application/octet-stream';
}

/** Throws NotFound (also for a comment that isn't there), Conflict (merged incident), BadRequest for an empty file and past the limits. */
export async function addAttachment(
  { clock, database, outbox }: Needs,
  parent: WorkParent,
  file: { readonly name: string; readonly content: Buffer; readonly comment: string | undefined },
  by: string,
): Promise<Attachment> {
  const { content } = file;
  if (content.length === 0) throw new SallyportError('BadRequest', 'the file is empty');
  const mediaType = await sniff(content);
  return database.transaction(async (tx) => {
    await lockedParent(tx, parent);
    const held = await tx.first<{ n: number; bytes: number }>(
      `SELECT count(*)::int AS n, coalesce(sum(bytes), 0)::int AS bytes FROM attachments WHERE ${parentColumn(parent)} = $1`,
      [parent.number],
    );
    const of = `${parent.kind} ${parent.number}`;
    if ((held?.n ?? 0) >= attachmentsMax)
      throw new SallyportError('BadRequest', `${of} can’t have more than ${attachmentsMax} files`);
    if ((held?.bytes ?? 0) + content.length > bytesMax)
      throw new SallyportError('BadRequest', `${of} can’t have more than ${bytesMax / 1024 ** 2} MiB of files`);
    if (file.comment !== undefined) {
      const known = await tx.first(
        `SELECT 1 FROM ${activityTable(parent)} WHERE ${parentColumn(parent)} = $1 AND name = $2 AND kind = 'comment'`,
        [parent.number, file.comment],
      );
      if (!known) throw new SallyportError('NotFound', `there is no comment ${file.comment}`);
    }
    const now = clock.now();
    const row: AttachmentRow = {
      id: randomUUID(),
      incident_number: parent.kind === 'incident' ? parent.number : null,
      case_number: parent.kind === 'case' ? parent.number : null,
      comment: file.comment ?? null,
      name: fileName(file.name),
      media_type: mediaType,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      at: now,
      by,
    };
    await tx.execute(
      `INSERT INTO attachments (${columns}, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        row.id,
        row.incident_number,
        row.case_number,
        row.comment,
        row.name,
        row.media_type,
        row.bytes,
        row.sha256,
        row.at,
        row.by,
        content,
      ],
    );
    await tellParent(tx, outbox, parent, { by, text: `File “${row.name}” attached (SHA-256 ${row.sha256})` }, now);
    return toAttachment(row);
  });
}

/** Throws NotFound. */
export async function attachmentContent(
  db: Queryable,
  id: string,
  sight: Sight,
): Promise<{ attachment: Attachment; parent: WorkParent; content: Buffer }> {
  const values: unknown[] = [id];
  const within = ofParentWithin(sight, (value) => `$${values.push(value)}`);
  const row = await db.first<AttachmentRow & { content: Buffer }>(
    `SELECT ${columns}, content FROM attachments t WHERE id = $1 AND ${within}`,
    values,
  );
  if (!row) throw new SallyportError('NotFound', `there is no attached file ${id}`);
  return { attachment: toAttachment(row), parent: parentOf(row), content: row.content };
}

/** Throws NotFound, and Forbidden for another's. */
export async function deleteAttachment(
  { clock, database, outbox }: Needs,
  id: string,
  by: string,
): Promise<{ attachment: Attachment; parent: WorkParent }> {
  return database.transaction(async (tx) => {
    const row = await tx.first<AttachmentRow>(`SELECT ${columns} FROM attachments WHERE id = $1`, [id]);
    if (!row) throw new SallyportError('NotFound', `there is no attached file ${id}`);
    if (row.by !== by) throw new SallyportError('Forbidden', 'an attached file is deleted by who attached it');
    const parent = parentOf(row);
    await lockedParent(tx, parent);
    await tx.execute('DELETE FROM attachments WHERE id = $1', [id]);
    await tellParent(tx, outbox, parent, { by, text: `File “${row.name}” deleted` }, clock.now());
    return { attachment: toAttachment(row), parent };
  });
}
