import type { SignInValues } from '../risk/features.ts';

/**
 * A small population as the published study sets its up: most people have one or two addresses and one device, sign in from home, the office or their phone, travel now
 * and then, and get new browsers; attackers know more or less of whom they attack.
 */

export type Random = () => number;
export type Attacker = 'naive' | 'vpn' | 'targeted' | 'veryTargeted';

/** mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Place {
  readonly address: string;
  readonly asn: string;
  readonly country: string;
}
interface Device {
  readonly browserName: string;
  readonly system: string;
  readonly type: string;
  version: number;
}
export interface Person {
  readonly home: Place;
  readonly carrier: string;
  readonly devices: Device[];
}

const providers = 6;
const carriers = 3;
const addressesOfACarrier = 60;
const homeCountry = 'NO';
const office: Place = { address: 'office', asn: 'NO-company', country: homeCountry };

export class Population {
  readonly people: readonly Person[];
  readonly #random: Random;

  constructor(count: number, random: Random) {
    this.#random = random;
    this.people = Array.from({ length: count }, (_, i) => ({
      home: { address: `home-${i}`, asn: `NO-provider-${this.#below(providers)}`, country: homeCountry },
      carrier: `NO-carrier-${this.#below(carriers)}`,
      devices: [this.#device('desktop'), this.#device('mobile')],
    }));
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #device(type: 'desktop' | 'mobile'): Device {
    const [browserName, system] =
      type === 'mobile'
        ? this.#random() < 0.6
          ? ['Mobile Safari', 'iOS']
          : ['Chrome Mobile', 'Android']
        : this.#random() < 0.7
          ? ['Edge', 'Windows']
          : ['Chrome', 'macOS'];
    return { browserName: browserName!, system: system!, type, version: 120 };
  }

  /** A sign-in of the person, by what people do. */
  signIn(person: Person): SignInValues {
    const chance = this.#random();
    const away = chance > 0.99;
    const mobile = chance > 0.7;
    const device = person.devices[mobile ? 1 : 0]!;
    if (this.#random() < 0.04) device.version += 1;
    const place = away
      ? this.#anywhere()
      : mobile
        ? this.#onCarrier(person.carrier)
        : chance < 0.4
          ? office
          : person.home;
    return valuesOf(place, device);
  }

  #onCarrier(carrier: string): Place {
    return { address: `${carrier}-${this.#below(addressesOfACarrier)}`, asn: carrier, country: homeCountry };
  }

  #anywhere(): Place {
    const country = `country-${this.#below(60)}`;
    const asn = `${country}-${this.#below(8)}`;
    return { address: `${asn}-${this.#below(5_000)}`, asn, country };
  }

  /** naive: from anywhere. vpn: in the victim's country. targeted: by the victim's provider, with the same browser. veryTargeted: by the same address too. */
  attack(victim: Person, attacker: Attacker): SignInValues {
    const usual = { ...this.#device('desktop'), version: 120 + this.#below(6) };
    const own = victim.devices[0]!;
    switch (attacker) {
      case 'naive':
        return valuesOf(this.#anywhere(), usual);
      case 'vpn':
        return valuesOf(
          { address: `vpn-${this.#below(200)}`, asn: `NO-hosting-${this.#below(4)}`, country: homeCountry },
          usual,
        );
      case 'targeted':
        return valuesOf({ ...victim.home, address: `neighbour-${this.#below(5_000)}` }, own);
      case 'veryTargeted':
        return valuesOf(victim.home, own);
    }
  }
}

function valuesOf(place: Place, device: Device): SignInValues {
  const browser = `${device.browserName} ${device.version}`;
  return {
    ...place,
    userAgent: `${browser} on ${device.system}`,
    browser,
    operatingSystem: device.system,
    deviceType: device.type,
  };
}
