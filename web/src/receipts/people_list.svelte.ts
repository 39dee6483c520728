/** One list of a receipt, such as everybody who has read: loaded page by page, and kept up to date by events. */

import type { PeoplePage, Reader } from "../connection/gateway";

export class PeopleList {
  people = $state.raw<readonly Reader[]>([]);
  /** Length of the whole list, loaded or not. */
  total = $state(0);
  isComplete = $state(false);
  hasFailed = $state(false);
  readonly #page: (token: string) => Promise<PeoplePage>;
  readonly #ids = new Set<string>();
  readonly #gone = new Set<string>();
  #next = "";
  #loading: Promise<void> | undefined;

  constructor(page: (token: string) => Promise<PeoplePage>) {
    this.#page = page;
  }

  /** One page more. Who asks while one is on its way waits for that one. */
  loadMore(): Promise<void> {
    if (this.isComplete) return Promise.resolve();
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Pages until so many people are there, or all, or `isWanted` says no. */
  async loadUntil(count: number, isWanted: () => boolean = () => true): Promise<void> {
    while (this.people.length < count && !this.isComplete && !this.hasFailed && isWanted()) await this.loadMore();
  }

  retry(): Promise<void> {
    this.hasFailed = false;
    return this.loadMore();
  }

  /** New ones, oldest first; the list has the newest first. */
  joined(people: readonly Reader[]): void {
    const fresh = people.filter(({ userId }) => !this.#ids.has(userId));
    for (const { userId } of fresh) this.#ids.add(userId);
    if (fresh.length > 0) this.people = [...fresh.toReversed(), ...this.people];
  }

  /** They belong to another list now, even if a page that was made before still has them. */
  went(userIds: Iterable<string>): void {
    let isChanged = false;
    for (const id of userIds) {
      this.#gone.add(id);
      isChanged = this.#ids.delete(id) || isChanged;
    }
    if (isChanged) this.people = this.people.filter(({ userId }) => this.#ids.has(userId));
  }

  counted(total: number): void {
    this.total = Math.max(total, this.people.length);
  }

  async #load(): Promise<void> {
    try {
      const { people, total, next } = await this.#page(this.#next);
      const fresh = people.filter(({ userId }) => !this.#ids.has(userId) && !this.#gone.has(userId));
      for (const { userId } of fresh) this.#ids.add(userId);
      if (fresh.length > 0) this.people = [...this.people, ...fresh];
      this.#next = next;
      this.isComplete = next === "";
      this.total = this.isComplete ? this.people.length : Math.max(total, this.people.length);
    } catch {
      this.hasFailed = true;
    }
  }
}
