/**
 * Own messages with a receipt request, and who has read them.
 *
 * Readers are numbered in the order of acceptance, so a delta that begins beyond what is there shows a gap, and one that
 * begins before it is trimmed. A gap is filled by fetching; until then nothing is told, and then everything at once.
 *
 * - have: the readers that are in memory, from ordinal 0 on without a gap;
 * - told: how many the application has been told of. This alone outlives the process;
 * - wanted: how many there are, as far as this client has heard.
 */

import { type Conversation, conversationFromWire, ID_BYTES_MAX } from "../conversation.js";
import type { Asked, Change, MessageName } from "../memory.js";
import type { Readers, ReceiptCounts, ReceiptDelta } from "../protocol/frames.js";
import { utf8Bytes } from "../protocol/utf8.js";
import type { Reader, ReadersEvent } from "./outcome.js";

/** The newest of them are followed and reported. One with news that waits is kept a while longer, up to `WAITING_MAX`. */
const FOLLOWED_MAX = 1_000;
const WAITING_MAX = 4 * FOLLOWED_MAX;
/**
 * Readers in memory over all messages. Beyond it the lists of the oldest are let go; they are fetched again if there is
 * news.
 */
const READERS_HELD_MAX = 1_000_000;
/** A message cannot have more readers than this, whatever the server says. */
const READERS_OF_MESSAGE_MAX = 1_000_000;

interface Fetch extends MessageName {
  fromOrdinal: number;
}

export class Receipts {
  /** Oldest first. */
  private readonly followed = new Map<string, Followed>();
  private readonly toFetch = new Set<string>();
  private readersHeld = 0;

  static restored(asked: readonly Asked[]): Receipts {
    const restored = new Receipts();
    for (const { conversation, messageUid, readers } of asked) {
      restored.follow(conversation, messageUid, readers, []);
    }
    return restored;
  }

  /** From now on this message is followed. Whether that is news. */
  ask(conversation: Conversation, uid: string, changes: Change[]): boolean {
    return this.follow(conversation, uid, 0, changes);
  }

  private follow(conversation: Conversation, messageUid: string, told: number, changes: Change[]): boolean {
    if (this.followed.has(messageUid)) return false;
    this.followed.set(messageUid, new Followed(conversation, told));
    changes.push({ kind: "asked", asked: { conversation, messageUid, readers: told } });
    this.makeRoom(changes);
    return true;
  }

  private makeRoom(changes: Change[]): void {
    if (this.followed.size <= FOLLOWED_MAX) return;
    const oldest = [...this.followed].slice(0, -1);
    const quiet = oldest.find(([, followed]) => followed.isQuiet());
    const leaving = quiet ?? (this.followed.size > WAITING_MAX ? oldest[0] : undefined);
    if (leaving) this.forget(leaving[0], changes);
  }

  forget(messageUid: string, changes: Change[]): void {
    const followed = this.followed.get(messageUid);
    if (!followed) return;
    this.followed.delete(messageUid);
    this.readersHeld -= followed.have;
    this.toFetch.delete(messageUid);
    changes.push({ kind: "askedForgotten", messageUid });
  }

  /** Readers that the server has pushed. Whether an event must be queued now. */
  handleDelta(delta: ReceiptDelta, changes: Change[]): boolean {
    const conversation = conversationFromWire(delta.conversation);
    const readers = delta.readers ?? { firstOrdinal: 0, userIds: [], timesMs: [] };
    if (!conversation || !isHonest(readers)) return false;
    this.follow(conversation, delta.messageUid, 0, changes);
    const followed = this.followed.get(delta.messageUid);
    if (!followed) return false;
    if (delta.counts) {
      followed.counts = delta.counts;
      // A long list comes in several deltas, each with the counts after the last: it is told when it is whole.
      followed.wanted = Math.max(followed.wanted, Math.min(delta.counts.read, READERS_OF_MESSAGE_MAX));
    }
    this.readersHeld += followed.append(readers);
    return this.settle(delta.messageUid, followed);
  }

  /** A page that was asked for. Whether an event must be queued now. */
  handlePage(uid: string, page: Readers): boolean {
    const followed = this.followed.get(uid);
    if (!followed) return false;
    const askedFrom = followed.fetching;
    followed.fetching = undefined;
    if (askedFrom !== page.firstOrdinal || page.userIds.length === 0 || !isHonest(page)) {
      // The server does not have what it spoke of. To ask again would go on for ever.
      followed.wanted = followed.have;
    } else {
      this.readersHeld += followed.append(page);
    }
    return this.settle(uid, followed);
  }

  /** The page did not come. If it may come later it is asked for again. */
  handleNoPage(uid: string): void {
    const followed = this.followed.get(uid);
    if (!followed) return;
    followed.fetching = undefined;
    this.settle(uid, followed);
  }

  /** Nobody here may see the page. */
  leaveGap(uid: string): void {
    const followed = this.followed.get(uid);
    if (followed) followed.fetching = undefined;
  }

  private settle(uid: string, followed: Followed): boolean {
    if (followed.hasGap()) {
      if (followed.fetching === undefined) this.toFetch.add(uid);
      return false;
    }
    this.toFetch.delete(uid);
    if (!followed.hasNews() || followed.queued) return false;
    followed.queued = true;
    return true;
  }

  /** The next gap to fill: that of the smallest uid, which is the oldest message. */
  nextFetch(): Fetch | undefined {
    let messageUid: string | undefined;
    for (const uid of this.toFetch) if (messageUid === undefined || uid < messageUid) messageUid = uid;
    if (messageUid === undefined) return undefined;
    this.toFetch.delete(messageUid);
    const followed = this.followed.get(messageUid);
    if (!followed) return undefined;
    followed.fetching = followed.have;
    return { conversation: followed.conversation, messageUid, fromOrdinal: followed.have };
  }

  hasFetches(): boolean {
    return this.toFetch.size > 0;
  }

  /** The event of a message that was queued. */
  takeEvent(messageUid: string, changes: Change[]): ReadersEvent | undefined {
    const followed = this.followed.get(messageUid);
    if (!followed) return undefined;
    followed.queued = false;
    // A gap that showed up since: the event comes when it is filled.
    if (!followed.hasNews()) return undefined;
    const { conversation, counts, told } = followed;
    const respondUserIds = followed.readers.slice();
    followed.told = followed.have;
    changes.push({ kind: "asked", asked: { conversation, messageUid, readers: followed.told } });
    this.letGo();
    const newReaders = respondUserIds.slice(told);
    return {
      kind: "groupMessageReadReceiptResponseReceived",
      conversation,
      messageUid,
      respondUserIds,
      newReaders,
      counts,
    };
  }

  /** Keeps the memory bounded. The application has been told of what is let go. */
  private letGo(): void {
    for (const followed of this.followed.values()) {
      if (this.readersHeld <= READERS_HELD_MAX) return;
      if (followed.isQuiet()) {
        this.readersHeld -= followed.have;
        followed.readers = [];
      }
    }
  }

  /** What to report to the server, oldest first. */
  known(): Asked[] {
    const newest = [...this.followed].slice(-FOLLOWED_MAX);
    return newest.map(([messageUid, { conversation, told, have }]) => ({
      conversation,
      messageUid,
      readers: Math.max(told, have),
    }));
  }
}

class Followed {
  readonly conversation: Conversation;
  readers: Reader[] = [];
  told: number;
  wanted: number;
  counts: ReceiptCounts = { read: 0, unread: 0, left: 0, total: 0 };
  /** A page is on its way, from this ordinal on. */
  fetching: number | undefined;
  /** An event waits to be taken. */
  queued = false;

  constructor(conversation: Conversation, told: number) {
    this.conversation = conversation;
    this.told = told;
    this.wanted = told;
  }

  get have(): number {
    return this.readers.length;
  }

  /** There is news that is not in memory. */
  hasGap(): boolean {
    return this.wanted > this.told && this.wanted > this.have;
  }

  hasNews(): boolean {
    return this.have > this.told && !this.hasGap();
  }

  isQuiet(): boolean {
    return !this.queued && this.fetching === undefined && !this.hasGap() && !this.hasNews();
  }

  /** Appends what is new and says how many that is. Readers behind a gap are wanted, not taken. */
  append(wire: Readers): number {
    const readers = readersFromWire(wire);
    const end = Math.min(wire.firstOrdinal + readers.length, READERS_OF_MESSAGE_MAX);
    this.wanted = Math.max(this.wanted, end);
    if (wire.firstOrdinal > this.have) return 0;
    const fresh = readers.slice(this.have - wire.firstOrdinal, Math.max(0, end - wire.firstOrdinal));
    for (const reader of fresh) this.readers.push(reader);
    return fresh.length;
  }
}

/** The times travel as the first one and then differences; an id without a time is left out. */
export function readersFromWire({ userIds, timesMs }: Readers): Reader[] {
  const readers: Reader[] = [];
  let readAtMs = 0;
  for (let place = 0; place < Math.min(userIds.length, timesMs.length); place += 1) {
    readAtMs += timesMs[place] as number;
    readers.push({ userId: userIds[place] as string, readAtMs: Math.max(0, readAtMs) });
  }
  return readers;
}

function isHonest(readers: Readers): boolean {
  return readers.userIds.every((userId) => utf8Bytes(userId) <= ID_BYTES_MAX);
}
