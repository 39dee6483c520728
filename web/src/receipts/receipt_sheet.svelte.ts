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
    if (this.query !== "") void this.search(this.query);
  }

  /** Goes through all pages: names are what the visitor looks for, and the server lists people by their ids. */
  async search(query: string): Promise<void> {
    this.query = query;
    if (query === "" || this.isSearching) return;
    this.isSearching = true;
    const { tab, list } = this;
    const isWanted = () => this.#isOpen && this.query !== "" && this.tab === tab;
    for (let named = 0; isWanted(); ) {
      const people = list.people.slice(named).map(({ userId }) => userId);
      await this.#directory.fetch(this.ref, people);
      named += people.length;
      if (named < list.people.length) continue;
      if (list.isComplete || list.hasFailed) break;
      await list.loadMore();
    }
    this.isSearching = false;
    if (this.#isOpen && this.query !== "" && this.tab !== tab) await this.search(this.query);
  }

  /** People whose name or id has the text that is looked for; everybody if there is none. */
  get found(): readonly Reader[] {
    const { people } = this.list;
    const wanted = this.query.trim().toLocaleLowerCase();
    if (wanted === "") return people;
    const has = (text: string) => text.toLocaleLowerCase().includes(wanted);
    return people.filter(({ userId }) => has(this.#directory.nameOf(userId)) || has(userId));
  }

  /** An event: these are new among the readers. */
  changed(newReaders: readonly Reader[], counts: ReceiptCounts): void {
    const ids = newReaders.map(({ userId }) => userId);
    this.lists.read.joined(newReaders);
    this.lists.unread.went(ids);
    this.lists.left.went(ids);
    this.counted(counts);
  }

  counted({ read, unread, left }: ReceiptCounts): void {
    this.lists.read.counted(read);
    this.lists.unread.counted(unread);
    this.lists.left.counted(left);
  }
}
