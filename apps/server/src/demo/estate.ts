import { isIn, localDay, planDay, type DayPlan, type Slot } from './calendar.ts';
import { makeLaptops, makeServers, type Device, type ServerRole } from './devices.ts';
import { makePeople, type Account, type Person } from './people.ts';
import { Rng } from './rng.ts';

export const peopleMin = 24;
export const peopleMax = 5_000;

/** Contoso: everything that events are projections of. */
export interface Estate {
  readonly rng: Rng;
  readonly people: readonly Person[];
  /** One a person, in the same order. */
  readonly laptops: readonly Device[];
  readonly servers: readonly Device[];
  /** A server by its host name. Throws when there is none. */
  server(host: string): Device;
  serversOf(role: ServerRole): readonly Device[];
  /** The plan of a person for the local day in which a time lies. */
  planAt(person: Person, at: number): DayPlan;
  /** Who is on call, for servers, on a given day. */
  readonly administrators: readonly (Person & { readonly admin: Account })[];
}

/** Throws RangeError when `people` is not a whole number from 24 to 5,000. */
export function makeEstate(seed: string, peopleCount: number): Estate {
  if (!Number.isInteger(peopleCount) || peopleCount < peopleMin || peopleCount > peopleMax)
    throw new RangeError(`\`people\` must be a whole number from ${peopleMin} to ${peopleMax}`);
  const rng = new Rng(`contoso ${seed}`);
  const people = makePeople(rng.fork('people'), peopleCount);
  const servers = makeServers(peopleCount);
  const byHost = new Map(servers.map((s) => [s.host, s]));
  const plans = planCache(rng.fork('plans'));
  return {
    rng,
    people,
    laptops: makeLaptops(rng.fork('laptops'), people),
    servers,
    server: (host) => {
      const found = byHost.get(host);
      if (!found) throw new RangeError(`no server \`${host}\``);
      return found;
    },
    serversOf: (role) => servers.filter((s) => s.role === role),
    planAt: (person, at) => plans(person, localDay(at, person.office.utcOffset)),
    administrators: people.filter((p): p is Person & { admin: Account } => p.admin !== undefined),
  };
}

/** Remembers the newest plan of each person: hours are made in order, so the day before is not asked for again. */
function planCache(rng: Rng): (person: Person, dayIndex: number) => DayPlan {
  const newest = new Map<number, { dayIndex: number; plan: DayPlan }>();
  return (person, dayIndex) => {
    const known = newest.get(person.index);
    if (known?.dayIndex === dayIndex) return known.plan;
    const plan = planDay(rng, person, dayIndex);
    newest.set(person.index, { dayIndex, plan });
    return plan;
  };
}

/** A person who does something in a slot, and from where. */
export interface Presence {
  readonly person: Person;
  readonly device: Device;
  readonly plan: DayPlan;
  /** What the internet sees. The VPN carries only Contoso's own networks, so it is the home's even with the VPN up. */
  readonly publicIp: string;
  /** The laptop's own address: the office's, or the home router's. */
  readonly localIp: string;
  /** What Contoso's servers see: the office's or the VPN's address; undefined without either. */
  readonly insideIp: string | undefined;
  /** The day's work begins in this slot. */
  readonly arrives: boolean;
}

/** People whose working day, or look at the phone, touches the slot. */
export function presences(estate: Estate, slot: Slot): Presence[] {
  const middle = (slot.from + slot.to) / 2;
  return estate.people.flatMap((person) => {
    const plan = estate.planAt(person, middle);
    const works = plan.where !== 'off' && plan.from < slot.to && plan.to > slot.from;
    if (!works && !isIn(plan.phoneAt, slot)) return [];
    const device = estate.laptops[person.index]!;
    const inOffice = plan.where === 'office';
    return {
      person,
      device,
      plan,
      publicIp: inOffice ? person.office.egressIp : person.homeIp,
      localIp: inOffice ? device.ip : `192.168.1.${20 + (person.index % 200)}`,
      insideIp: inOffice ? device.ip : plan.vpn ? person.vpnIp : undefined,
      arrives: plan.where !== 'off' && isIn(plan.from, slot),
    };
  });
}
