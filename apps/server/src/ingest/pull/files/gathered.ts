import type { Page } from '../types.ts';

/** Lines that make one page. Each page is segments of its own, and each segment costs the engine the analysis of its statements. */
const pageBytes = 4 * 1024 * 1024;

const newer = (a: Date | undefined, b: Date | undefined): Date | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;

function together(before: Page, after: Page): Page {
  const newestAt = newer(before.newestAt, after.newestAt);
  const note = after.note ?? before.note;
  return {
    arrivals: [...(before.arrivals ?? []), ...(after.arrivals ?? [])],
    bytes: before.bytes + after.bytes,
    checkpoint: after.checkpoint,
    caughtUp: after.caughtUp,
    ...(newestAt === undefined ? {} : { newestAt }),
    ...(note === undefined ? {} : { note }),
  };
}

/** Makes few pages of many small ones of lines. Right only where what is read next does not depend on that the page before is stored. */
export async function* gathered(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
  let waiting: Page | undefined;
  for await (const page of pages) {
    if (page.files !== undefined) {
      if (waiting !== undefined) yield waiting;
      waiting = undefined;
      yield page;
      continue;
    }
    waiting = waiting === undefined ? page : together(waiting, page);
    if (waiting.bytes < pageBytes) continue;
    yield waiting;
    waiting = undefined;
  }
  if (waiting !== undefined) yield waiting;
}
