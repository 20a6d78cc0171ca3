/** A value of OpenTelemetry as one of JSON. Integers beyond what JavaScript counts exactly, and bytes (base64), are texts. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };
export type Attributes = Readonly<Record<string, Value>>;

export interface LogRecord {
  /** Nanoseconds since 1970; 0n when not known. */
  readonly time: bigint;
  readonly observedTime: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: Value;
  readonly attributes: Attributes;
  /** Hexadecimal; empty when there is none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
}

export interface Origin {
  readonly resource: Attributes;
  readonly scope: string;
}

export interface Batch {
  readonly records: readonly { readonly record: LogRecord; readonly origin: Origin }[];
  /** Records that are none, and why the first of them is. */
  readonly rejected: number;
  readonly reason: string;
}

/** Deepest nesting of a value. A body that goes deeper was made to hurt. */
export const depthMax = 64;

/** What is not what OTLP says it is. */
export class OtlpFault extends Error {
  override readonly name = 'OtlpFault';
}

export const tooDeep = (): OtlpFault => new OtlpFault(`a value is nested deeper than ${depthMax} levels`);

/** Gathers records, and counts those whose reading throws OtlpFault. */
export class BatchBuilder {
  readonly #records: { record: LogRecord; origin: Origin }[] = [];
  #rejected = 0;
  #reason = '';

  add(origin: Origin, read: () => LogRecord): void {
    try {
      this.#records.push({ record: read(), origin });
    } catch (error) {
      if (!(error instanceof OtlpFault)) throw error;
      if (this.#rejected++ === 0) this.#reason = error.message;
    }
  }

  build(): Batch {
    return { records: this.#records, rejected: this.#rejected, reason: this.#reason };
  }
}

export const integer = (value: bigint | string): Value => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
};

/** Own properties only, whatever a name is: `__proto__` is one like others. */
export const attributesOf = (pairs: readonly (readonly [string, Value])[]): Attributes => Object.fromEntries(pairs);
