/**
 * Decides when a message has been read: it was on screen, in a page that was looked at, for a while without a break.
 *
 * It knows neither the screen nor the clock; both are handed in. What is seen within a moment is reported together.
 */

export interface SeenTrackerOptions {
  /** How long a message has to be looked at. */
  dwellMs: number;
  /** How long a message that was seen waits for others to be reported with. */
  gatherMs: number;
  /** Calls back once; gives what prevents it. */
  after(ms: number, callback: () => void): () => void;
  onSeen(keys: string[]): void;
}

export class SeenTracker {
  readonly #options: SeenTrackerOptions;
  /** What is on screen, with what stops its waiting. */
  readonly #shown = new Map<string, (() => void) | undefined>();
  #seen = new Set<string>();
  #cancelReport: (() => void) | undefined;
  #hasAttention = true;

  constructor(options: SeenTrackerOptions) {
    this.#options = options;
  }

  shown(key: string): void {
    if (!this.#shown.has(key)) this.#shown.set(key, this.#hasAttention ? this.#wait(key) : undefined);
  }

  hidden(key: string): void {
    this.#shown.get(key)?.();
    this.#shown.delete(key);
  }

  /** Whether somebody can look at the page at all: it is neither in the background nor covered. */
  setAttention(hasAttention: boolean): void {
    if (hasAttention === this.#hasAttention) return;
    this.#hasAttention = hasAttention;
    for (const [key, cancel] of this.#shown) {
      cancel?.();
      this.#shown.set(key, hasAttention ? this.#wait(key) : undefined);
    }
  }

  /** What was seen but not reported yet is reported now. */
  stop(): void {
    for (const cancel of this.#shown.values()) cancel?.();
    this.#shown.clear();
    this.#report();
  }

  #wait(key: string): () => void {
    return this.#options.after(this.#options.dwellMs, () => {
      this.#shown.set(key, undefined);
      this.#seen.add(key);
      this.#cancelReport ??= this.#options.after(this.#options.gatherMs, () => this.#report());
    });
  }

  #report(): void {
    this.#cancelReport?.();
    this.#cancelReport = undefined;
    if (this.#seen.size === 0) return;
    const seen = [...this.#seen];
    this.#seen = new Set();
    this.#options.onSeen(seen);
  }
}
