import { hour } from '../calendar.ts';
import type { Estate } from '../estate.ts';
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

/** Writes attacks on an estate of at least 54 people into the sink, one begun every four hours from a time on. `only`: how many of them. */
export function tellTales(estate: Estate, from: number, sink: Sink, only = Infinity): Tale[] {
  return Object.entries(tellers)
    .slice(0, only)
    .map(([name, tell], n) => {
      const at = from + n * taleEvery;
      const teller = new Teller(estate, sink, at, estate.rng.fork(`tale ${name}`));
      tell(teller);
      return { name, from: new Date(at), marks: teller.marks };
    });
}
