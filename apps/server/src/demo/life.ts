import { hour, type Slot } from './calendar.ts';
import { cloud } from './cloud.ts';
import { endpoints } from './endpoint.ts';
import { presences, type Estate } from './estate.ts';
import { inventory } from './inventory.ts';
import { linuxLogs } from './linux.ts';
import { mailFlow } from './mail.ts';
import { network } from './network.ts';
import { officeActivity } from './office.ts';
import { signIns } from './signins.ts';
import { batchesOf, Sink, slotContext, type DemoBatch, type SlotContext } from './sink.ts';
import { windowsLogs } from './windows-logs.ts';

const makers: readonly ((context: SlotContext) => void)[] = [
  inventory,
  signIns,
  mailFlow,
  officeActivity,
  endpoints,
  windowsLogs,
  linuxLogs,
  network,
  cloud,
];

export const slotAt = (at: number): Slot => {
  const from = Math.floor(at / hour) * hour;
  return { from, to: from + hour };
};

/** One hour of everybody's normal life. The same seed and hour give the same events, whenever and in whatever order they are made. */
export function liveHour(estate: Estate, slot: Slot, sink: Sink): SlotContext {
  const context = slotContext(estate, slot, sink, presences(estate, slot));
  sink.notBefore(slot.from);
  for (const make of makers) make(context);
  sink.notBefore(-Infinity);
  return context;
}

/** No event comes later than this after the hour of its cause. */
const trail = 2 * hour;

/** Normal life from a time on, made an hour at a time and handed out up to any later time. Holds at most the events of an hour and their trail. */
export class Life {
  readonly #estate: Estate;
  readonly #sink = new Sink();
  #next: Slot;
  #from: number;

  constructor(estate: Estate, from: number) {
    this.#estate = estate;
    this.#from = from;
    this.#next = slotAt(from - trail);
  }

  /** The events up to `to` (excluded) that were not handed out before. */
  *until(to: number): Generator<DemoBatch> {
    while (this.#from < to) {
      for (; this.#next.from <= this.#from; this.#next = slotAt(this.#next.to))
        liveHour(this.#estate, this.#next, this.#sink);
      const step = Math.min(to, this.#next.from);
      const ready = this.#sink.take(this.#from, step);
      this.#from = step;
      yield* batchesOf(ready);
    }
  }
}
