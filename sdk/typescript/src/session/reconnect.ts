/** How long to wait before trying again: exponential backoff with full jitter, from a seed. */

/**
 * Waits between 0 and a ceiling that doubles from `minMs` to `maxMs`. Full jitter spreads the clients of a server that
 * went down over the whole time, so they do not come back all at once.
 */
export class Backoff {
  private readonly minMs: number;
  private readonly maxMs: number;
  private readonly random: () => number;
  private attempts = 0;

  constructor(minMs: number, maxMs: number, seed: number) {
    this.minMs = minMs;
    this.maxMs = maxMs;
    this.random = mulberry32(seed);
  }

  next(): number {
    const ceiling = Math.min(this.minMs * 2 ** Math.min(this.attempts, 16), this.maxMs);
    this.attempts += 1;
    return Math.floor(ceiling * this.random());
  }

  reset(): void {
    this.attempts = 0;
  }
}

/** At least 0 and below 1; enough for jitter, and the same in every language. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A kind of frame that the server asked not to send for a while. */
export class Pause {
  private readonly backoff: Backoff;
  private endsAt: number | undefined;

  constructor(backoff: Backoff) {
    this.backoff = backoff;
  }

  get until(): number | undefined {
    return this.endsAt;
  }

  begin(now: number, atLeastMs: number): void {
    this.endsAt = now + Math.max(this.backoff.next(), atLeastMs);
  }

  /** Things work again. */
  end(): void {
    this.endsAt = undefined;
    this.backoff.reset();
  }

  /** Whether it is over. One that is has no `until` any more, or a timeout in the past would come for ever. */
  isOver(now: number): boolean {
    if (this.endsAt !== undefined && this.endsAt <= now) this.endsAt = undefined;
    return this.endsAt === undefined;
  }
}
