import type { SampleRecord } from './recognise.ts';

/** What a container's program wrote, and when its runtime took it. */
export interface ContainerLine {
  readonly time: string;
  readonly text: string;
}

/**
 * The line inside of one that a container runtime wrote: Docker's driver `json-file` (`{"log":"…\n","stream":"stdout","time":"…"}`, with `attrs` where labels are
 * kept), and the Container Runtime Interface of Kubernetes (`<time> stdout F …`). Undefined for any other line.
 * https://docs.docker.com/engine/logging/drivers/json-file/
 */
export function containerLine({ text, object }: SampleRecord): ContainerLine | undefined {
  if (object === undefined) {
    const [, time, inner] = /^(\d{4}-\d\d-\d\dT\S{8,27}) std(?:out|err) [FP] (.+)$/s.exec(text) ?? [];
    return time === undefined || inner === undefined ? undefined : { time, text: inner };
  }
  const { log, stream, time } = object;
  if (typeof log !== 'string' || typeof time !== 'string' || !/^std(?:out|err)$/.test(String(stream))) return undefined;
  const inner = log.trimEnd();
  return inner === '' || inner.includes('\n') ? undefined : { time, text: inner };
}
