import type { Incident, IncidentStory, StoryEvent } from '@sallyport/contracts';
import type { Queries } from '../../../hunting/index.ts';
import type { Queryable } from '../../../platform/database/types.ts';
import { getIncident } from '../../read.ts';
import type { Asked } from '../ask.ts';
import { readEvents } from '../events.ts';
import { loadFonts } from './fonts.ts';
import { writeIncident } from './sections.ts';
import { Sheet } from './sheet.ts';

const pagesMax = 150;
/** Pages of events that a document holds: behind them stand queries. */
const eventPagesMax = 5;

/** An incident as a PDF: facts, story, timeline, evidence, comments. Throws NotFound, and as `Queries.run` does. */
export async function incidentPdf(
  parts: { readonly database: Queryable; readonly queries: Queries; readonly story: () => Promise<IncidentStory> },
  number: number,
  asked: Asked,
): Promise<Buffer> {
  const [incident, story, fonts] = await Promise.all([getIncident(parts.database, number), parts.story(), loadFonts()]);
  const { events, notes } = await someEvents(parts, number, asked);
  return pdfOf({ incident, story, events, notes }, fonts, asked);
}

/** The document itself. */
export async function pdfOf(
  content: { incident: Incident; story: IncidentStory; events: readonly StoryEvent[]; notes: readonly string[] },
  fonts: Awaited<ReturnType<typeof loadFonts>>,
  { as, now }: Pick<Asked, 'as' | 'now'>,
): Promise<Buffer> {
  const { number, title } = content.incident;
  const sheet = new Sheet(fonts, { title: `Incident ${number}`, at: now, pagesMax });
  await writeIncident(sheet, content);
  return sheet.end(
    `Incident ${number}: ${title.slice(0, 60)} · made ${now.toISOString().slice(0, 16)}Z for ${as.name.slice(0, 80)}`,
  );
}

async function someEvents(
  parts: { readonly database: Queryable; readonly queries: Queries },
  number: number,
  asked: Asked,
): Promise<{ events: StoryEvent[]; notes: string[] }> {
  const events: StoryEvent[] = [];
  const notes: string[] = [];
  for (let page: number | null = 0, read = 0; page !== null; read++) {
    if (read >= eventPagesMax) {
      notes.push('Rows behind further alerts are in the portal.');
      break;
    }
    const answer = await readEvents(parts, number, page, asked);
    events.push(...answer.events);
    notes.push(...answer.notes);
    page = answer.next;
  }
  return { events, notes };
}
