import { day, hour } from './calendar.ts';
import { makeEstate } from './estate.ts';
import { snapshot } from './inventory.ts';
import { Life, liveHour, slotAt } from './life.ts';
import { batchesOf, Sink, type DemoBatch } from './sink.ts';
import { tellStory, type StoryStep } from './story.ts';

export const peopleDefault = 120;
export const daysDefault = 7;
export const daysMax = 60;

export interface ContosoOptions {
  /** Any text; the same seed and end give the same bytes. */
  readonly seed: string;
  /** "Now": events lie before it. */
  readonly end: Date;
  /** 24 to 5,000. Default 120. */
  readonly people?: number;
  /** 1 to 60. Default 7. With fewer than 5 the story's beginning may fall outside. */
  readonly days?: number;
  /** Default true. Without it: normal life only. */
  readonly story?: boolean;
}

/**
 * Normal life of Contoso over some days, and one intrusion across it, as batches for a door. Within a stream rows are in time order;
 * batches are ordered by their first row within some hours, one to six. Throws RangeError on options out of range.
 */
export async function* contoso(options: ContosoOptions): AsyncGenerator<DemoBatch> {
  const { from, end, people } = checked(options);
  const estate = makeEstate(options.seed, people);
  const sink = new Sink();
  if (options.story !== false) tellStory(estate, end, sink);
  const block = blockHours(people) * hour;
  let taken = from;
  for (let slot = slotAt(from); slot.from < end; slot = slotAt(slot.to)) {
    const context = liveHour(estate, slot, sink);
    if (slot.from <= from) snapshot(context, from);
    const made = Math.min(slot.to, end);
    if (made < end && made - taken < block) continue;
    yield* batchesOf(sink.take(taken, made));
    taken = made;
  }
}

/** Fewer and larger batches for a small Contoso; a large one would need too much memory: about 5 MB an hour for 120 people at the busiest time. */
const blockHours = (people: number): number => Math.min(6, Math.max(1, Math.floor(720 / people)));

/** The truth of the intrusion that `contoso` tells with the same options, in time order: what happened, to whom, and where its rows are. */
export function storyOf(options: ContosoOptions): StoryStep[] {
  const { from, end, people } = checked(options);
  return tellStory(makeEstate(options.seed, people), end, new Sink()).filter((s) => s.time.getTime() >= from);
}

/**
 * Normal life going on: the events from `from` (included) to `to` (excluded), the same whether taken in one piece or minute by minute.
 * At most 60 days. No story.
 */
export async function* contosoLife(options: {
  seed: string;
  people?: number;
  from: Date;
  to: Date;
}): AsyncGenerator<DemoBatch> {
  const [from, to] = [options.from.getTime(), options.to.getTime()];
  if (!(to - from <= daysMax * day)) throw new RangeError(`at most ${daysMax} days at once`);
  const estate = makeEstate(options.seed, options.people ?? peopleDefault);
  yield* new Life(estate, from).until(to);
}

function checked(options: ContosoOptions): { from: number; end: number; people: number } {
  const days = options.days ?? daysDefault;
  const end = options.end.getTime();
  if (!Number.isFinite(end)) throw new RangeError('`end` must be a time');
  if (!Number.isInteger(days) || days < 1 || days > daysMax)
    throw new RangeError(`\`days\` must be a whole number from 1 to ${daysMax}`);
  return { from: end - days * day, end, people: options.people ?? peopleDefault };
}
