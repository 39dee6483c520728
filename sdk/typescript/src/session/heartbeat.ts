/** Keeps a connection known to be alive, in both directions. */

/** What a server may ask for; anything else is brought into this range. */
const INTERVAL_MS_MIN = 1_000;
const INTERVAL_MS_MAX = 600_000;

export type Beat = "ping" | "lost";

/**
 * The server expects to hear something every interval. A ping goes out after half of it, so that one delayed frame does
 * no harm; the connection is lost when nothing has come for two.
 */
export class Heartbeat {
  private readonly intervalMs: number;
  private sentAt: number;
  private receivedAt: number;

  constructor(now: number, intervalMs: number) {
    this.intervalMs = Math.min(Math.max(intervalMs, INTERVAL_MS_MIN), INTERVAL_MS_MAX);
    this.sentAt = now;
    this.receivedAt = now;
  }

  sent(now: number): void {
    this.sentAt = now;
  }

  received(now: number): void {
    this.receivedAt = now;
  }

  due(now: number): Beat | undefined {
    if (now >= this.lostAt()) return "lost";
    return now >= this.pingAt() ? "ping" : undefined;
  }

  next(): number {
    return Math.min(this.lostAt(), this.pingAt());
  }

  private pingAt(): number {
    return this.sentAt + this.intervalMs / 2;
  }

  private lostAt(): number {
    return this.receivedAt + this.intervalMs * 2;
  }
}
