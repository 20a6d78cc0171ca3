import type { SampleRecord } from './recognise.ts';

/** What a container's program wrote, and when its runtime took it. */
export interface ContainerLine {
  readonly time: string;
  readonly text: string;
  readonly stream: 'stdout' | 'stderr';
  /** The program's line goes on in the next one of this stream: the runtime cuts at 16 KiB. */
  readonly partial: boolean;
}

/**
 * The line inside of one that a container runtime wrote: Docker's driver `json-file` (`{"log":"…\n","stream":"stdout","time":"…"}`, with `attrs` where labels are
 * kept), and the Container Runtime Interface of Kubernetes (`<time> stdout F …`). Undefined for any other line.
 * https://docs.docker.com/engine/logging/drivers/json-file/
 */
export function containerLine({ text, object }: SampleRecord): ContainerLine | undefined {
  if (object === undefined) {
    const [, time, name, tag, inner] =
      /^(\d{4}-\d\d-\d\dT\S{8,27}) (stdout|stderr) ([FP])(?::\S*)?(?: (.*))?$/s.exec(text) ?? [];
    if (time === undefined || inner === undefined || inner === '') return undefined;
    return { time, text: inner, stream: name === 'stderr' ? 'stderr' : 'stdout', partial: tag === 'P' };
  }
  const { log, stream, time } = object;
  if (typeof log !== 'string' || typeof time !== 'string' || !/^std(?:out|err)$/.test(String(stream))) return undefined;
  const inner = log.trimEnd();
  if (inner === '' || inner.includes('\n')) return undefined;
  return { time, text: inner, stream: stream === 'stderr' ? 'stderr' : 'stdout', partial: false };
}

/** Longest line that is put together of its parts, characters. A longer one comes in pieces. */
const joinedMax = 1024 * 1024;

/** Puts the parts of lines together again, each stream's for itself. */
export class PartialLines {
  readonly #begun = new Map<ContainerLine['stream'], string>();

  /** The whole line that ends with this part; undefined when it goes on. */
  add({ text, stream, partial }: ContainerLine): string | undefined {
    const whole = (this.#begun.get(stream) ?? '') + text;
    if (partial && whole.length < joinedMax) {
      this.#begun.set(stream, whole);
      return undefined;
    }
    this.#begun.delete(stream);
    return whole;
  }

  /** Lines whose end has not come. */
  end(): string[] {
    const left = [...this.#begun.values()];
    this.#begun.clear();
    return left;
  }
}
