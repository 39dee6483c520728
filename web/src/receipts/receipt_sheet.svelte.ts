/** What the sheet beside a conversation shows of one message's receipt. */

import type { Gateway, Reader, ReceiptList } from "../connection/gateway";
import type { ConversationRef } from "../conversation/conversation";
import type { ReceiptCounts } from "../message/message";
import type { Directory } from "../people/directory.svelte";
import { PeopleList } from "./people_list.svelte";

export const RECEIPT_LISTS: readonly ReceiptList[] = ["read", "unread", "left"];
/** The chart is exact for so many of the newest readers. */
const CHART_READERS_MAX = 5_000;

export class ReceiptSheet {
  readonly ref: ConversationRef;
  readonly uid: string;
  readonly lists: Record<ReceiptList, PeopleList>;
  tab = $state<ReceiptList>("read");
  query = $state("");
  isSearching = $state(false);
  readonly #directory: Directory;
  #matches = $state.raw<readonly Reader[]>([]);
  /** Counts searches: a new one ends the one before. */
  #search = 0;
  #isOpen = true;

  constructor(gateway: Pick<Gateway, "receiptPeople">, directory: Directory, ref: ConversationRef, uid: string) {
    const list = (name: ReceiptList) => new PeopleList((page) => gateway.receiptPeople(ref, uid, name, page));
    this.ref = ref;
    this.uid = uid;
    this.lists = { read: list("read"), unread: list("unread"), left: list("left") };
    this.#directory = directory;
  }

  /** The list that is looked at. */
  get list(): PeopleList {
    return this.lists[this.tab];
  }

  async open(): Promise<void> {
    await this.list.loadMore();
    await this.lists.read.loadUntil(CHART_READERS_MAX, () => this.#isOpen);
  }

  close(): void {
    this.#isOpen = false;
  }

  show(tab: ReceiptList): void {
    this.tab = tab;
    // Nobody says when somebody leaves the group, so these are looked up whenever they are looked at.
    void this.list.loadMore();
    void this.search(this.query);
  }

  /** Goes through all pages: names are what the visitor looks for, and the server lists people by their ids. */
  async search(query: string): Promise<void> {
    this.query = query;
    this.#matches = [];
    this.#search += 1;
    this.isSearching = query.trim() !== "";
    if (!this.isSearching) return;
    const { list } = this;
    const search = this.#search;
    const isWanted = () => this.#isOpen && this.#search === search;
    const looked = new Set<string>();
    while (isWanted()) {
      const fresh = list.people.filter(({ userId }) => !looked.has(userId));
      if (fresh.length === 0 && (list.isComplete || list.hasFailed)) break;
      if (fresh.length === 0) await list.loadMore();
      for (const { userId } of fresh) looked.add(userId);
      await this.#directory.fetch(this.ref, fresh.map(({ userId }) => userId));
      // Somebody may have read meanwhile and stand there already.
      const known = new Set(this.#matches.map(({ userId }) => userId));
      const found = fresh.filter((person) => !known.has(person.userId) && this.#isMatch(person));
      if (isWanted() && found.length > 0) this.#matches = [...this.#matches, ...found];
    }
    if (this.#search === search) this.isSearching = false;
  }

  /** People whose name or id has the text that is looked for; everybody if there is none. */
  get found(): readonly Reader[] {
    return this.query.trim() === "" ? this.list.people : this.#matches;
  }

  #isMatch({ userId }: Reader): boolean {
    const wanted = this.query.trim().toLocaleLowerCase();
    return [this.#directory.nameOf(userId), userId].some((text) => text.toLocaleLowerCase().includes(wanted));
  }

  /** An event: these are new among the readers. */
  changed(newReaders: readonly Reader[], counts: ReceiptCounts): void {
    const ids = newReaders.map(({ userId }) => userId);
    this.lists.read.joined(newReaders);
    this.lists.unread.went(ids);
    this.lists.left.went(ids);
    if (this.query.trim() !== "") this.#rematch(newReaders);
    this.counted(counts);
  }

  /** What was found stays right while people read. */
  #rematch(newReaders: readonly Reader[]): void {
    const moved = new Set(newReaders.map(({ userId }) => userId));
    const others = this.#matches.filter(({ userId }) => !moved.has(userId));
    this.#matches = this.tab === "read" ? [...newReaders.filter((reader) => this.#isMatch(reader)), ...others] : others;
  }

  counted({ read, unread, left }: ReceiptCounts): void {
    this.lists.read.counted(read);
    this.lists.unread.counted(unread);
    this.lists.left.counted(left);
  }
}
