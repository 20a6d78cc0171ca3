import { BlockList, isIP } from 'node:net';
import type { Pin } from '@sallyport/contracts';

interface Range {
  readonly bits: number;
  readonly list: BlockList;
  readonly stream: string | undefined;
  readonly zone: string | undefined;
  readonly workspaceId: string | undefined;
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function rangeOf({ match, stream, timeZone, workspaceId }: Pin): Range {
  const [address = '', bits] = match.split('/');
  const list = new BlockList();
  if (bits === undefined) list.addAddress(address, familyOf(address));
  else list.addSubnet(address, Number(bits), familyOf(address));
  return {
    bits: bits === undefined ? 128 : Number(bits),
    list,
    stream: stream ?? undefined,
    zone: timeZone ?? undefined,
    workspaceId: workspaceId ?? undefined,
  };
}

/** Pins as the doors ask for them. A new set of pins is a new object. */
export class StreamPins {
  readonly #ranges: readonly Range[];
  readonly #byToken: ReadonlyMap<string, string>;
  readonly #byWebhook: ReadonlyMap<string, string>;

  readonly #firstWorkspace: string | undefined;

  constructor(pins: readonly Pin[] = [], firstWorkspace?: string) {
    this.#firstWorkspace = firstWorkspace;
    const of = (kind: Pin['kind']): readonly Pin[] => pins.filter((pin) => pin.kind === kind);
    // The narrowest range that holds an address counts.
    this.#ranges = of('sender')
      .map(rangeOf)
      .toSorted((a, b) => b.bits - a.bits);
    this.#byToken = new Map(
      of('token').flatMap(({ match, stream }) => (stream === null ? [] : [[`token:${match}`, stream]])),
    );
    this.#byWebhook = new Map(of('webhook').flatMap(({ match, stream }) => (stream === null ? [] : [[match, stream]])));
  }

  /** The stream of a sender over syslog; undefined where its lines go by what they look like. */
  ofSender(address: string): string | undefined {
    return this.#rangesOf(address).find(({ stream }) => stream !== undefined)?.stream;
  }

  /** The time zone of a sender over syslog; undefined where nobody has said one. */
  zoneOf(address: string): string | undefined {
    return this.#rangesOf(address).find(({ zone }) => zone !== undefined)?.zone;
  }

  /** The workspace that lines of a sender over syslog go to; undefined: the first. */
  workspaceOf(address: string): string | undefined {
    const said = this.#rangesOf(address).find(({ workspaceId }) => workspaceId !== undefined)?.workspaceId;
    return said === this.#firstWorkspace ? undefined : said;
  }

  /** Narrow ones first. */
  #rangesOf(address: string): readonly Range[] {
    return isIP(address) === 0 ? [] : this.#ranges.filter(({ list }) => list.check(address, familyOf(address)));
  }

  /** Of a sender of calls over HTTP or gRPC: `token:<name>`. */
  ofSenderOfCalls(sender: string): string | undefined {
    return this.#byToken.get(sender);
  }

  ofWebhook(name: string): string | undefined {
    return this.#byWebhook.get(name);
  }
}
