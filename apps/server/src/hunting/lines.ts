import { Readable } from 'node:stream';
import { SallyportError, type AnswerEnd, type AnswerHead } from '@sallyport/contracts';
import type { FastifyReply } from 'fastify';
import type { OpenAnswer } from './queries.ts';

export const sendLines = (reply: FastifyReply, lines: AsyncIterable<string | Buffer>): FastifyReply =>
  reply
    .header('cache-control', 'no-store')
    .type('application/x-ndjson; charset=utf-8')
    .send(Readable.from(lines, { objectMode: false }));

/** An answer as the contracts' lines. What breaks off is told in the last one, since the status is sent by then. */
export async function* linesOf({ columns, visualization, rows, statistics, leftOut }: OpenAnswer) {
  const head: AnswerHead = { columns: [...columns], ...(visualization ? { visualization } : {}) };
  yield `${JSON.stringify(head)}\n`;
  yield* rowsThen(rows, async (error) => {
    const reasons = [cutOf(rows.cut), error === undefined ? await leftOut() : undefined];
    const told = reasons.filter((reason) => reason !== undefined);
    const { elapsedSeconds, rowsRead, bytesRead } = statistics;
    const end: AnswerEnd = {
      statistics: { elapsedSeconds, rowsRead, bytesRead },
      ...(told.length > 0 ? { partial: { reason: told.join('; ') } } : {}),
      ...(error === undefined ? {} : { error }),
    };
    return `${JSON.stringify(end)}\n`;
  });
}

async function* rowsThen(
  rows: OpenAnswer['rows'],
  end: (error?: { code: string; message: string }) => Promise<string>,
): AsyncGenerator<string | Buffer> {
  try {
    yield* rows;
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    yield await end({ code: error.code, message: error.message });
    return;
  }
  yield await end();
}

const cutOf = (cut: OpenAnswer['rows']['cut']): string | undefined =>
  cut &&
  (cut.limit === 'rows'
    ? `more than ${cut.at} rows: the first ${cut.at} are shown`
    : `more than ${cut.at} bytes: the first rows are shown`);
