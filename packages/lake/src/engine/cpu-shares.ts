/** A statement that is running. */
export interface Share {
  seconds: number;
}

/**
 * Shares the processor time of this process out among the statements that run: what was used between two begins or ends goes to those that ran meanwhile,
 * in equal parts. The engine tells no statement's own time. So the sum is right, one that runs alone has its own, and of those side by side the longer one
 * has more.
 */
export class CpuShares {
  readonly #running = new Set<Share>();
  readonly #used: () => number;
  #last: number;

  /** `used`: seconds of processor time so far. Default: this process's, of all of its threads. */
  constructor(used: () => number = ofProcess) {
    this.#used = used;
    this.#last = used();
  }

  begin(): Share {
    this.#settle();
    const share = { seconds: 0 };
    this.#running.add(share);
    return share;
  }

  /** Answers the statement's seconds. */
  end(share: Share): number {
    this.#settle();
    this.#running.delete(share);
    return share.seconds;
  }

  #settle(): void {
    const now = this.#used();
    const part = (now - this.#last) / Math.max(1, this.#running.size);
    this.#last = now;
    for (const share of this.#running) share.seconds += part;
  }
}

function ofProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
