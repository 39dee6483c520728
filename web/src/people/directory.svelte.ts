/** Names of people, asked for when they are first shown, many at a time. */

import { type Gateway, PAGE_SIZE } from "../connection/gateway";
import { type ConversationRef, conversationId } from "../conversation/conversation";
import { balanced } from "./bidi";

/** After a call that failed. */
const RETRY_MS = 2_000;
/** Names that are wanted while a page is drawn are asked for together. */
const GATHER_MS = 10;

export class Directory {
  readonly #gateway: Pick<Gateway, "names">;
  readonly #names = new Map<string, string>();
  /** Grows with the names. Only what is on screen asks for them, so one signal for all is enough. */
  #version = $state(0);
  /** Grows when those who want names that could not be had should want them again. */
  #failures = $state(0);
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Being asked for, or asked for in vain. */
  readonly #wanted = new Set<string>();
  #waiting = new Map<string, { ref: ConversationRef; ids: string[] }>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(gateway: Pick<Gateway, "names">) {
    this.#gateway = gateway;
  }

  /** The name, or the id as long as the name is not known. */
  nameOf(userId: string): string {
    void this.#version;
    return this.#names.get(userId) ?? balanced(userId);
  }

  /** Sees to it that the names of these members of a conversation will be known; of those on screen, in an effect. */
  want(ref: ConversationRef, userIds: Iterable<string>): void {
    void this.#failures;
    const unknown = [...new Set(userIds)].filter((id) => id !== "" && !this.#names.has(id) && !this.#wanted.has(id));
    if (unknown.length === 0) return;
    const waiting = this.#waiting.get(conversationId(ref)) ?? { ref, ids: [] };
    this.#waiting.set(conversationId(ref), waiting);
    for (const id of unknown) {
      this.#wanted.add(id);
      waiting.ids.push(id);
    }
    this.#timer ??= setTimeout(() => this.#ask(), GATHER_MS);
  }

  /** The same, and waits for them. People whose names cannot be had keep their ids. */
  async fetch(ref: ConversationRef, userIds: string[]): Promise<void> {
    const unknown = userIds.filter((id) => !this.#names.has(id));
    for (let start = 0; start < unknown.length; start += PAGE_SIZE) {
      await this.#fetch(ref, unknown.slice(start, start + PAGE_SIZE));
    }
  }

  /** So that those whose names could not be had are asked for again. */
  forgetFailures(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#wanted.clear();
    this.#failures += 1;
  }

  #ask(): void {
    this.#timer = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting = new Map();
    for (const { ref, ids } of waiting) {
      for (let start = 0; start < ids.length; start += PAGE_SIZE) void this.#fetch(ref, ids.slice(start, start + PAGE_SIZE));
    }
  }

  async #fetch(ref: ConversationRef, ids: string[]): Promise<void> {
    for (const id of ids) this.#wanted.add(id);
    try {
      for (const [id, name] of await this.#gateway.names(ref, ids)) this.#names.set(id, balanced(name));
      this.#version += 1;
    } catch {
      // Ids stand for names until then, or until the next connection.
      this.#retry ??= setTimeout(() => this.forgetFailures(), RETRY_MS);
    }
  }
}
