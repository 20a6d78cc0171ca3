import { BlockList, isIP } from 'node:net';
import type { Pin } from '@sallyport/contracts';

interface Range {
  readonly bits: number;
  readonly list: BlockList;
  readonly stream: string;
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function rangeOf({ match, stream }: Pin): Range {
  const [address = '', bits] = match.split('/');
  const list = new BlockList();
  if (bits === undefined) list.addAddress(address, familyOf(address));
  else list.addSubnet(address, Number(bits), familyOf(address));
  return { bits: bits === undefined ? 128 : Number(bits), list, stream };
}

/** Pins as the doors ask for them. A new set of pins is a new object. */
export class StreamPins {
  readonly #ranges: readonly Range[];
  readonly #byToken: ReadonlyMap<string, string>;
  readonly #byWebhook: ReadonlyMap<string, string>;

  constructor(pins: readonly Pin[] = []) {
    const of = (kind: Pin['kind']): readonly Pin[] => pins.filter((pin) => pin.kind === kind);
    // The narrowest range that holds an address counts.
    this.#ranges = of('sender')
      .map(rangeOf)
      .toSorted((a, b) => b.bits - a.bits);
    this.#byToken = new Map(of('token').map(({ match, stream }) => [`token:${match}`, stream]));
    this.#byWebhook = new Map(of('webhook').map(({ match, stream }) => [match, stream]));
  }

  /** The stream of a sender over syslog; undefined where its lines go by what they look like. */
  ofSender(address: string): string | undefined {
    if (isIP(address) === 0) return undefined;
    return this.#ranges.find(({ list }) => list.check(address, familyOf(address)))?.stream;
  }

  /** Of a sender of calls over HTTP or gRPC: `token:<name>`. */
  ofSenderOfCalls(sender: string): string | undefined {
    return this.#byToken.get(sender);
  }

  ofWebhook(name: string): string | undefined {
    return this.#byWebhook.get(name);
  }
}
