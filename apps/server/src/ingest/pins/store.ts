import { Pin, pinsMax, type PinRequest } from '@sallyport/contracts';
import { z } from 'zod';
import type { Database } from '../../platform/database/types.ts';

const Row = z
  .object({
    id: z.string(),
    kind: Pin.shape.kind,
    match: z.string(),
    stream: z.string().nullable(),
    time_zone: z.string().nullable(),
    workspace_id: z.uuid().nullable(),
    created_at: z.date(),
    created_by: z.string(),
  })
  .transform(({ time_zone, workspace_id, created_at, created_by, ...rest }): Pin => ({
    ...rest,
    timeZone: time_zone,
    workspaceId: workspace_id,
    createdAt: created_at.toISOString(),
    createdBy: created_by,
  }));

const columns = 'id, kind, match, stream, time_zone, workspace_id, created_at, created_by';

export function pinStore(db: Database) {
  return {
    all: async (): Promise<Pin[]> =>
      (await db.query(`SELECT ${columns} FROM stream_pins ORDER BY kind, match LIMIT ${pinsMax}`)).map((row) =>
        Row.parse(row),
      ),
    /** Answers undefined when there are too many. */
    save: async (id: string, pin: PinRequest, by: string, at: Date): Promise<Pin | undefined> => {
      const row = await db.first(
        `INSERT INTO stream_pins (id, kind, match, stream, created_at, created_by, time_zone, workspace_id)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8::uuid WHERE (SELECT count(*) FROM stream_pins WHERE (kind, match) <> ($2, $3)) < ${pinsMax}
         ON CONFLICT (kind, match) DO UPDATE SET stream = EXCLUDED.stream, time_zone = EXCLUDED.time_zone, workspace_id = EXCLUDED.workspace_id, created_at = EXCLUDED.created_at, created_by = EXCLUDED.created_by
         RETURNING ${columns}`,
        [
          id,
          pin.kind,
          pin.match,
          pin.stream,
          at.toISOString(),
          by,
          pin.kind === 'sender' ? pin.timeZone : null,
          pin.kind === 'sender' ? pin.workspaceId : null,
        ],
      );
      return row === undefined ? undefined : Row.parse(row);
    },
    /** Answers what was removed. */
    remove: async (id: string): Promise<Pin | undefined> => {
      const row = await db.first(`DELETE FROM stream_pins WHERE id = $1 RETURNING ${columns}`, [id]);
      return row === undefined ? undefined : Row.parse(row);
    },
  };
}
