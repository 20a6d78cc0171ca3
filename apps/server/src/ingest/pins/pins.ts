import { randomUUID } from 'node:crypto';
import { pinsMax, SallyportError, type Pin, type PinRequest } from '@sallyport/contracts';
import { Follower } from '../../platform/follow.ts';
import type { Platform } from '../../platform/types.ts';
import { workspaceIdOf } from '../../platform/workspaces/index.ts';
import type { IngestCore } from '../core.ts';
import { pinStore } from './store.ts';
import { StreamPins } from './stream-pins.ts';

export interface PinServices {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'log' | 'workspaces'>;
  readonly core: () => IngestCore;
}

/** What people pin: kept in the database, in use on all servers a moment after it was saved. */
export class Pins {
  readonly #services: PinServices;
  readonly #store: ReturnType<typeof pinStore>;
  readonly #follower: Follower;
  #inUse = '';

  constructor(services: PinServices) {
    this.#services = services;
    this.#follower = new Follower(services.platform);
    this.#store = pinStore(services.platform.database);
  }

  /** Uses what is saved, and follows what other servers save. */
  async start(): Promise<void> {
    this.#inUse = '';
    await this.#refresh();
    this.#follower.start(() => this.#refresh(), 'could not look for pins that were saved');
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
  }

  list(): Promise<Pin[]> {
    return this.#store.all();
  }

  /** Throws SallyportError NotFound for a stream that there is not, BadRequest for a workspace that there is not, Conflict past `pinsMax`. */
  async save(pin: PinRequest, by: string): Promise<Pin> {
    if (pin.stream !== null && !this.#services.core().streams.has(pin.stream))
      throw new SallyportError('NotFound', `there is no stream \`${pin.stream}\``, { target: 'stream' });
    if (pin.kind === 'sender') workspaceIdOf(this.#services.platform.workspaces, pin.workspaceId);
    const saved = await this.#store.save(randomUUID(), pin, by, this.#services.platform.clock.now());
    if (saved === undefined) throw new SallyportError('Conflict', `there are ${pinsMax} pins already`);
    await this.#refresh();
    return saved;
  }

  /** Answers what was removed. Throws SallyportError NotFound. */
  async remove(id: string): Promise<Pin> {
    const removed = await this.#store.remove(id);
    if (removed === undefined) throw new SallyportError('NotFound', 'there is no such pin');
    await this.#refresh();
    return removed;
  }

  async #refresh(): Promise<void> {
    const pins = await this.#store.all();
    const now = JSON.stringify(pins);
    if (now === this.#inUse) return;
    this.#inUse = now;
    this.#services.core().pins.use(new StreamPins(pins, this.#services.platform.workspaces.first.id));
  }
}
