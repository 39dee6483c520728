/**
 * Events that wait for the application.
 *
 * News of an own message's readers waits as its uid alone and becomes an event when it is taken, so many deltas make one
 * event. A position is remembered when everything before it has been taken.
 */

import type { Change } from "../memory.js";
import type { ConnectionStatus, SessionEvent } from "./outcome.js";

/** From here on nothing more is taken from the server; see `Session.pollEvent`. */
const EVENTS_WAITING_MAX = 4_096;
/** The same for what messages say. */
const CONTENT_BYTES_WAITING_MAX = 64 * 1024 * 1024;

export interface Waiting {
  /** A text: the own message of this uid has new readers. */
  news: SessionEvent | string;
  /** To be remembered once this has been taken. */
  afterwards: Change[];
  contentBytes: number;
}

export class Events {
  private waiting: Waiting[] = [];
  private contentBytes = 0;

  /** An event; of a message, with the size of what it says. */
  push(event: SessionEvent, contentBytes = 0): void {
    this.contentBytes += contentBytes;
    this.waiting.push({ news: event, afterwards: [], contentBytes });
  }

  /** Once for each message: the session knows which already wait. */
  pushRead(uid: string): void {
    this.waiting.push({ news: uid, afterwards: [], contentBytes: 0 });
  }

  /** Connections come and go while nobody reads, so beyond the bound a status takes the place of the one before. */
  pushStatus(status: ConnectionStatus): void {
    const event = { kind: "connectionStatusChanged", status } as const;
    const older = this.isFull() ? this.lastStatus() : undefined;
    if (older) older.news = event;
    else this.push(event);
  }

  private lastStatus(): Waiting | undefined {
    const isStatus = ({ news }: Waiting) => typeof news !== "string" && news.kind === "connectionStatusChanged";
    return this.waiting.filter(isStatus).at(-1);
  }

  /** Remembers this after what waits now; gives it back if nothing does. */
  afterwards(change: Change): Change[] {
    const last = this.waiting.at(-1);
    if (!last) return [change];
    last.afterwards.push(change);
    return [];
  }

  take(): Waiting | undefined {
    const waiting = this.waiting.shift();
    if (waiting) this.contentBytes -= waiting.contentBytes;
    return waiting;
  }

  /** Makes events of the news of readers. */
  settle(eventOf: (uid: string) => SessionEvent | undefined): void {
    this.waiting = this.waiting.filter((waiting) => {
      if (typeof waiting.news !== "string") return true;
      const event = eventOf(waiting.news);
      if (event) waiting.news = event;
      return event !== undefined;
    });
  }

  /** What waits is as good as handed on: it is in this process, and so is its reader. */
  takeChanges(): Change[] {
    return this.waiting.flatMap((waiting) => waiting.afterwards.splice(0));
  }

  isFull(): boolean {
    return this.waiting.length >= EVENTS_WAITING_MAX || this.contentBytes >= CONTENT_BYTES_WAITING_MAX;
  }

  isEmpty(): boolean {
    return this.waiting.length === 0;
  }
}
