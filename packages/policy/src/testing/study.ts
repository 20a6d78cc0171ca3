import type { SignInValues } from '../risk/features.ts';
import type { Attacker, Random } from './population.ts';

/**
 * A population as the published study's: one country, few people who sign in often, most with one or two addresses and one device; and travel, new devices, updates of
 * browsers, addresses that change, mobile carriers and shared exits. Attackers as the study defines them.
 */

export interface StudyPerson {
  readonly index: number;
  readonly city: number;
  readonly provider: number;
  readonly carrier: number;
  /** Sign-ins a week. */
  readonly perWeek: number;
  readonly mobileShare: number;
  readonly officeShare: number;
  readonly changesAddress: boolean;
  readonly exitShare: number;
  readonly devices: StudyDevice[];
  /** Until when the person is away, and where. */
  trip?: { readonly until: number; readonly place: StudyPlace };
}
export interface StudyPlace {
  readonly address: string;
  readonly asn: string;
  readonly country: string;
}
interface StudyDevice {
  readonly browser: string;
  readonly system: string;
  readonly type: string;
  /** Days by which it is behind with updates. */
  readonly lag: number;
  readonly share: number;
}

const cities = 40;
const providers = 8;
const carriers = 3;
const home = 'NO';
/** Browsers and their shares, of desktops and phones. */
const desktops = [
  ['Chrome', 'Windows', 0.42],
  ['Edge', 'Windows', 0.25],
  ['Safari', 'macOS', 0.14],
  ['Chrome', 'macOS', 0.1],
  ['Firefox', 'Windows', 0.06],
  ['Firefox', 'Linux', 0.03],
] as const;
const phones = [
  ['Safari', 'iOS', 0.6],
  ['Chrome', 'Android', 0.33],
  ['Samsung', 'Android', 0.07],
] as const;
const updateDays = 28;

export class Study {
  readonly people: readonly StudyPerson[];
  readonly #random: Random;

  constructor(count: number, random: Random) {
    this.#random = random;
    this.people = Array.from({ length: count }, (_, index) => this.#person(index));
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  /** The first of them far more often than the last. */
  #skewed(count: number): number {
    return Math.floor(count * this.#random() ** 2.5);
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }

  #person(index: number): StudyPerson {
    const kind = this.#random();
    return {
      index,
      city: this.#skewed(cities),
      provider: this.#skewed(providers),
      carrier: this.#skewed(carriers),
      perWeek: Math.min(15, Math.exp(0.75 + 0.8 * this.#normal())),
      mobileShare: kind < 0.6 ? 0 : kind < 0.9 ? 0.15 : 0.7,
      officeShare: this.#random() < 0.5 ? 0.4 : 0,
      changesAddress: this.#random() < 0.3,
      exitShare: this.#random() < 0.03 ? 0.3 : 0,
      devices: this.#devices(),
    };
  }

  #devices(): StudyDevice[] {
    const first = this.#device(this.#random() < 0.75 ? 'desktop' : 'mobile', 1);
    return this.#random() < 0.65
      ? [first]
      : [first, this.#device(first.type === 'desktop' ? 'mobile' : 'desktop', 0.25)];
  }

  #device(type: string, share: number): StudyDevice {
    let rest = this.#random();
    const kinds = type === 'desktop' ? desktops : phones;
    const [browser, system] = kinds.find(([, , of]) => (rest -= of) < 0) ?? kinds[0];
    return { browser, system, type, share, lag: this.#random() < 0.85 ? this.#below(9) : this.#below(70) };
  }

  /** A sign-in of the person on a day (with its part), by what people do. */
  signIn(person: StudyPerson, day: number): SignInValues {
    const { devices } = person;
    // A new device every two years.
    if (this.#random() < 1 / (104 * person.perWeek + 20)) devices[0] = this.#device(devices[0]!.type, 1);
    const second = devices[1];
    const device = second && this.#random() < second.share ? second : devices[0]!;
    return this.#values(this.#place(person, day, device), device, day);
  }

  #place(person: StudyPerson, day: number, device: StudyDevice): StudyPlace {
    if (person.trip && person.trip.until > day) return person.trip.place;
    // Somebody goes away about four times a year.
    if (this.#random() < 1 / (13 * person.perWeek + 4)) {
      person.trip = {
        until: day + 1 + this.#below(4),
        place: this.#random() < 0.5 ? this.#anywhere() : this.#elsewhere(),
      };
      return person.trip.place;
    }
    if (this.#random() < person.exitShare) return this.#exit();
    const outside = device.type === 'mobile' ? Math.max(person.mobileShare, 0.3) : person.mobileShare;
    if (this.#random() < outside) return this.#mobile(person.carrier);
    if (this.#random() < person.officeShare)
      return {
        address: `office-${person.city}-${person.index % 20}`,
        asn: `company-${person.index % 20}`,
        country: home,
      };
    const lease = person.changesAddress ? Math.floor((day + (person.index % 21)) / 21) : 0;
    return { address: `home-${person.index}-${lease}`, asn: `provider-${person.provider}`, country: home };
  }

  #mobile(carrier: number): StudyPlace {
    return { address: `carrier-${carrier}-${this.#below(40)}`, asn: `carrier-${carrier}`, country: home };
  }
  #exit(): StudyPlace {
    return { address: `exit-${this.#below(150)}`, asn: `hosting-${this.#below(10)}`, country: home };
  }
  /** Another place in the country. */
  #elsewhere(): StudyPlace {
    return { address: `guest-${this.#below(20_000)}`, asn: `provider-${this.#skewed(providers)}`, country: home };
  }
  #anywhere(): StudyPlace {
    const country = `country-${this.#skewed(120)}`;
    const asn = `${country}-${this.#skewed(60)}`;
    return { address: `${asn}-${this.#below(5_000)}`, asn, country };
  }

  /** naive: from anywhere, with a browser that many have. vpn: in the victim's country. targeted: in the victim's city, with the victim's browser and device. veryTargeted: by the victim's network too. */
  attack(victim: StudyPerson, attacker: Attacker, day: number): SignInValues {
    const own = victim.devices[0]!;
    const usual = this.#device(this.#random() < 0.8 ? 'desktop' : 'mobile', 1);
    switch (attacker) {
      case 'naive':
        return this.#values(this.#anywhere(), usual, day);
      case 'vpn':
        return this.#values(this.#exit(), usual, day);
      case 'targeted':
        return this.#values(this.#random() < 0.5 ? this.#exit() : this.#elsewhere(), own, day);
      case 'veryTargeted':
        return this.#values(
          { address: `neighbour-${this.#below(20_000)}`, asn: `provider-${victim.provider}`, country: home },
          own,
          day,
        );
    }
  }

  #values(place: StudyPlace, device: StudyDevice, day: number): SignInValues {
    const version = 120 + Math.floor(Math.max(0, day + 90 - device.lag) / updateDays);
    const browser = `${device.browser} ${version}`;
    return {
      ...place,
      userAgent: `${browser} on ${device.system}`,
      browser,
      operatingSystem: device.system,
      deviceType: device.type,
    };
  }
}
