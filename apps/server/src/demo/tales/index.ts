import { hour } from '../calendar.ts';
import type { Estate } from '../estate.ts';
import type { Person } from '../people.ts';
import type { Sink } from '../sink.ts';
import { adversaryInTheMiddle, businessMail, consent, insider, mfaFatigue } from './identity.ts';
import { cloudKey, miner, packageOfTheBuild, webShell } from './servers.ts';
import { Teller } from './teller.ts';
import { kerberoasting, macroImplant, ransomware, vpnToServer } from './windows.ts';

/** An attack of several stages whose truth is known. */
export interface Tale {
  readonly name: string;
  readonly from: Date;
  /** What tells its alerts: names of accounts, machines, sites, addresses, in lower case, which no other tale has. */
  readonly marks: ReadonlySet<string>;
}

const tellers: Readonly<Record<string, (t: Teller) => void>> = {
  'adversary in the middle': adversaryInTheMiddle,
  ransomware,
  'cloud key theft': cloudKey,
  'insider theft': insider,
  'web shell': webShell,
  'consent to an application': consent,
  'VPN guessing to a server': vpnToServer,
  'Linux miner': miner,
  'Kerberoasting to DCSync': kerberoasting,
  'business mail': businessMail,
  'package of the build': packageOfTheBuild,
  'MFA fatigue': mfaFatigue,
  'macro implant': macroImplant,
};

/** A new tale begins so often; each takes about three times as long, so that three run at a time. */
const taleEvery = 4 * hour;
/** No tale takes longer. Milliseconds. */
export const taleSpan = 27 * hour;

/**
 * Writes attacks on an estate of at least 60 people into the sink, one begun every four hours from a time on. Who they are about and in which order they come is the estate's. `only`: how many of
 * them, the first of the list above.
 */
export function tellTales(estate: Estate, from: number, sink: Sink, only = Infinity): Tale[] {
  const people = peopleOf(estate);
  return estate.rng
    .fork('order of tales')
    .sample(Object.entries(tellers).slice(0, only), Infinity)
    .map(([name, tell], n) => {
      const at = from + n * taleEvery;
      const teller = new Teller({ estate, people, sink, from: at, rng: estate.rng.fork(`tale ${name}`) });
      tell(teller);
      return { name, from: new Date(at), marks: teller.marks };
    });
}

/** Those with Windows laptops, heads of departments apart, in an order of the estate's own. */
function peopleOf(estate: Estate): Person[] {
  const ready = estate.people.filter((p) => p.index > 8 && estate.laptops[p.index]?.os === 'windows');
  return estate.rng.fork('people of tales').sample(ready, Infinity);
}
