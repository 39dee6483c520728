/** Keeps a connection known to be alive, in both directions. */

/** What a server may ask for; anything else is brought into this range. */
const INTERVAL_MS_MIN = 1_000;
const INTERVAL_MS_MAX = 600_000;
/** A reply that takes longer makes the line suspect. */
const SUSPECT_AFTER_MS = 5_000;
/**
 * A line on which nothing comes for so long after a probe is dead. Together they are a third of the time of a call, so
 * that the call still has a future on the next line.
 */
export const PROBE_TIMEOUT_MS = 5_000;

export type Beat = "ping" | "probe" | "lost";

/**
 * The server expects to hear something every interval. A ping is sent after half of it, so that one delayed frame does
 * no harm. Any frame of the server shows that the line is alive; only when a reply is awaited and nothing at all comes, a
 * probe decides. So a server that is slow with one call and says other things is not left.
 */
export class Heartbeat {
  private readonly intervalMs: number;
  private sentAt: number;
  /** Since when a reply is awaited and nothing has come. */
  private silentSince: number | undefined;
  private probedUntil: number | undefined;

  constructor(now: number, intervalMs: number) {
    this.intervalMs = Math.min(Math.max(intervalMs, INTERVAL_MS_MIN), INTERVAL_MS_MAX);
    this.sentAt = now;
  }

  sent(now: number): void {
    this.sentAt = now;
    this.silentSince ??= now;
  }

  /** `awaits`: whether a reply is still to come. */
  received(now: number, awaits: boolean): void {
    this.silentSince = awaits ? now : undefined;
    this.probedUntil = undefined;
  }

  /** Whether a ping must be sent for it: not while one is on its way. */
  probe(now: number): boolean {
    const begins = this.probedUntil === undefined;
    this.probedUntil ??= now + PROBE_TIMEOUT_MS;
    return begins;
  }

  due(now: number): Beat | undefined {
    const { at, beat } = this.nextBeat();
    return at <= now ? beat : undefined;
  }

  next(): number {
    return this.nextBeat().at;
  }

  private nextBeat(): { at: number; beat: Beat } {
    if (this.probedUntil !== undefined) return { at: this.probedUntil, beat: "lost" };
    const pingAt = this.sentAt + this.intervalMs / 2;
    const probeAt = this.silentSince === undefined ? Number.POSITIVE_INFINITY : this.silentSince + SUSPECT_AFTER_MS;
    return probeAt <= pingAt ? { at: probeAt, beat: "probe" } : { at: pingAt, beat: "ping" };
  }
}
