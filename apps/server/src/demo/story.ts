import { day, hour, isWeekend, localDay, minute } from './calendar.ts';
import type { Device } from './devices.ts';
import type { Estate } from './estate.ts';
import type { Account, Person } from './people.ts';
import type { Rng } from './rng.ts';
import type { Sink } from './sink.ts';
import { bruteForce } from './story-linux.ts';
import { handsOn } from './story-hands.ts';
import { lure } from './story-lure.ts';
import { takeOut } from './story-takeout.ts';
import { headquarters } from './world.ts';

/** One step of the intrusion, for tests that ask whether it was found. */
export interface StoryStep {
  readonly time: Date;
  /** A short name, unique in the story. */
  readonly stage: string;
  /** ATT&CK: https://attack.mitre.org. */
  readonly tactic: string;
  readonly technique: string;
  readonly description: string;
  readonly entities: {
    readonly accounts?: readonly string[];
    readonly devices?: readonly string[];
    readonly ips?: readonly string[];
    readonly urls?: readonly string[];
  };
  /** Where its rows are. */
  readonly tables: readonly string[];
}

export interface Cast {
  readonly victim: Person;
  readonly victimDevice: Device;
  readonly admin: Person & { readonly admin: Account };
  readonly adminDevice: Device;
  /** Others who get the first mail, and those who get the second, from the victim's mailbox. */
  readonly firstTargets: readonly Person[];
  readonly secondTargets: readonly Person[];
}

/** What the makers of the story are given. */
export interface Telling {
  readonly estate: Estate;
  readonly sink: Sink;
  readonly cast: Cast;
  readonly rng: Rng;
  /** When the first mail comes: a working morning at headquarters. */
  readonly morning: number;
  /** When the intruder sits down at the keyboard: the last hours before the demo's end. */
  readonly evening: number;
  /** Writes a step into the truth. */
  readonly step: (at: number, step: Omit<StoryStep, 'time'>) => void;
}

/** How long before the end the intruder sits down; the last trace is wiped about 25 minutes before it. */
const handsOnLead = 3.5 * hour;
/** The first mail comes at 9:14 at headquarters, at least this long before. */
const lureLead = 6 * hour;

/** Writes the whole intrusion into the sink and answers its truth, in time order. */
export function tellStory(estate: Estate, end: number, sink: Sink): StoryStep[] {
  const evening = end - handsOnLead;
  const morning = newestWorkingMorning(evening - lureLead);
  const rng = estate.rng.fork(`story ${end}`);
  const steps: StoryStep[] = [];
  const telling: Telling = {
    estate,
    sink,
    rng,
    morning,
    evening,
    cast: castOf(estate, morning),
    step: (at, step) => void steps.push({ time: new Date(at), ...step }),
  };
  for (const tell of [lure, handsOn, takeOut, bruteForce]) tell(telling);
  return steps.sort((a, b) => a.time.getTime() - b.time.getTime());
}

function newestWorkingMorning(before: number): number {
  let index = localDay(before, headquarters.utcOffset);
  for (let n = 0; n < 4; n++, index--) {
    const at = index * day - headquarters.utcOffset * minute + 9 * hour + 14 * minute;
    if (!isWeekend(index) && at <= before) return at;
  }
  return (index + 1) * day;
}

/** The victim works in Finance and the administrator in IT, both at headquarters, and both are at their desks that morning if anybody is. */
function castOf(estate: Estate, morning: number): Cast {
  const atDesk = (p: Person) =>
    estate.planAt(p, morning).where === 'office' && estate.planAt(p, morning).from < morning;
  const local = estate.people.filter((p) => p.index > 8 && p.office === headquarters);
  const finance = local.filter((p) => p.department === 'Finance');
  const administrators = estate.administrators.filter((p) => p.index > 8 && p.office === headquarters);
  const victim = finance.find(atDesk) ?? finance[0]!;
  const admin = administrators.find(atDesk) ?? administrators[0]!;
  return {
    victim,
    admin,
    victimDevice: estate.laptops[victim.index]!,
    adminDevice: estate.laptops[admin.index]!,
    firstTargets: finance.filter((p) => p !== victim).slice(0, 8),
    secondTargets: estate.people.filter((p) => p !== victim && p !== admin).slice(3, 43),
  };
}
