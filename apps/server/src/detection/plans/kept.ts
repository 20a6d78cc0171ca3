import { createHash } from 'node:crypto';
import type { Kql } from '@sallyport/kql';
import type { z } from 'zod';
import { compilerVersion, type PlanStore } from './store.ts';

/** In memory, of one kind. */
const plansMax = 20_000;
/** Made plans are stored after this many, so that a server that ends early has not worked for nothing. */
const savedAtOnce = 50;

interface Known<Plan> {
  readonly plan: Plan;
  readonly key: string;
  /** Of the catalogue of which that is known. */
  readonly version: string;
}

export interface KeptOptions<Plan> {
  readonly kql: Pick<Kql, 'dependsOn' | 'version'>;
  readonly store: PlanStore;
  /** What kind of plan; part of its key, with what else it depends on that is not in the catalogue. */
  readonly kind: string;
  readonly schema: z.ZodType<Plan>;
  /** Makes a plan. Takes milliseconds of processor; never throws for a text. */
  readonly make: (text: string) => Plan;
  /** Told when plans can't be loaded or stored: they are made then. */
  readonly onFault?: (error: unknown) => void;
}

/** One kind of plan of queries, each made once for each meaning of its text, however often servers start and the set of queries changes. */
export class KeptPlans<Plan> {
  readonly #options: KeptOptions<Plan>;
  readonly #known = new Map<string, Known<Plan>>();
  readonly #kind: string;

  constructor(options: KeptOptions<Plan>) {
    this.#options = options;
    this.#kind = `${options.kind}\0${compilerVersion()}`;
  }

  /** The plans by text. `pause` is called between two that are made. */
  async of(
    texts: Iterable<string>,
    pause: () => Promise<void> = () => Promise.resolve(),
  ): Promise<ReadonlyMap<string, Plan>> {
    const { kql, make } = this.#options;
    const version = kql.version();
    const plans = new Map<string, Plan>();
    const wanted = new Map<string, string>();
    for (const text of new Set(texts)) {
      const known = this.#known.get(text);
      const key = known?.version === version ? known.key : this.#keyOf(text);
      if (known?.key === key) this.#keep(plans, text, { ...known, version });
      else wanted.set(text, key);
    }
    if (wanted.size === 0) return plans;
    const stored = await this.#load([...wanted.values()]);
    let made = new Map<string, unknown>();
    for (const [text, key] of wanted) {
      const found = stored.get(key);
      if (found === undefined) {
        await pause();
        // The catalogue may have changed while this waited.
        const now = this.#keyOf(text);
        const plan = make(text);
        made.set(now, plan);
        this.#keep(plans, text, { plan, key: now, version });
        if (made.size >= savedAtOnce) {
          await this.#save(made);
          made = new Map();
        }
      } else this.#keep(plans, text, { plan: found, key, version });
    }
    if (made.size > 0) await this.#save(made);
    return plans;
  }

  #keep(plans: Map<string, Plan>, text: string, known: Known<Plan>): void {
    plans.set(text, known.plan);
    this.#known.delete(text);
    this.#known.set(text, known);
    if (this.#known.size > plansMax) this.#known.delete(this.#known.keys().next().value!);
  }

  #keyOf(text: string): string {
    return createHash('sha256')
      .update(`${this.#kind}\0${this.#options.kql.dependsOn(text).fingerprint}`)
      .digest('base64url');
  }

  async #load(keys: readonly string[]): Promise<ReadonlyMap<string, Plan>> {
    const { store, schema, onFault } = this.#options;
    const plans = new Map<string, Plan>();
    try {
      for (const [key, value] of await store.load(keys)) {
        const parsed = schema.safeParse(value);
        if (parsed.success) plans.set(key, parsed.data);
      }
    } catch (error) {
      onFault?.(error);
    }
    return plans;
  }

  async #save(plans: ReadonlyMap<string, unknown>): Promise<void> {
    await this.#options.store.save(plans).catch((error: unknown) => this.#options.onFault?.(error));
  }
}
