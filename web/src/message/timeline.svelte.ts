/** The messages of one conversation: pages of history, what comes in, and what is being sent. */

import { codeOf, type Gateway, HISTORY_PAGE_SIZE } from "../connection/gateway";
import type { ConversationRef } from "../conversation/conversation";
import { mergeMessages, type Message, type Receipt, type ReceiptCounts } from "./message";

export type TimelineGateway = Pick<Gateway, "history" | "send" | "resend" | "askReceipt" | "receiptCounts" | "answer">;

/** The server's own: asked though there was no need to. */
const NOT_REQUESTED = 26321;
const NOT_IN_AUDIENCE = 90001;
const RECALLED = 26322;

export class Timeline {
  readonly ref: ConversationRef;
  messages = $state.raw<readonly Message[]>([]);
  loading = $state<"no" | "older" | "failed">("no");
  hasBeginning = $state(false);
  readonly #gateway: TimelineGateway;
  #isStarted = false;

  constructor(gateway: TimelineGateway, ref: ConversationRef) {
    this.#gateway = gateway;
    this.ref = ref;
  }

  byKey(key: string): Message | undefined {
    return this.messages.find((message) => message.key === key);
  }

  byUid(uid: string): Message | undefined {
    return this.messages.find((message) => message.uid === uid);
  }

  /** The newest page, once. */
  async start(): Promise<void> {
    if (this.#isStarted) return;
    this.#isStarted = true;
    await this.loadOlder();
  }

  /** What was missed while there was no connection, if the SDK was not told. */
  async refresh(): Promise<void> {
    if (!this.#isStarted) return;
    if (this.loading === "failed") return this.loadOlder();
    try {
      const page = await this.#gateway.history(this.ref, 0);
      const isGap = page.length > 0 && !page.some(({ uid }) => uid && this.byUid(uid));
      // Between the page and what is known may be more: the page alone is without a gap.
      const pending = this.messages.filter(({ uid }) => !uid);
      if (isGap && this.messages.length > 0) this.hasBeginning = page.length < HISTORY_PAGE_SIZE;
      this.messages = mergeMessages(isGap ? pending : this.messages, page);
    } catch {
      // The next connection tries again.
    }
  }

  async loadOlder(): Promise<void> {
    if (this.loading === "older" || this.hasBeginning) return;
    this.loading = "older";
    try {
      const oldest = this.messages.find(({ uid }) => uid);
      // Others may have been sent in the same millisecond, so that one is asked for again.
      const page = await this.#gateway.history(this.ref, oldest ? oldest.sentAt + 1 : 0);
      const isNew = page.some(({ uid }) => uid && !this.byUid(uid));
      this.messages = mergeMessages(this.messages, page);
      this.hasBeginning = page.length < HISTORY_PAGE_SIZE || !isNew;
      this.loading = "no";
    } catch {
      this.loading = "failed";
    }
  }

  received(message: Message): void {
    this.messages = mergeMessages(this.messages, [message]);
  }

  recalled(uid: string): void {
    this.#change((message) => message.uid === uid, (message) => ({ ...message, isRecalled: true, text: "" }));
  }

  async send(text: string, asksReceipt: boolean): Promise<Message> {
    const { pending, sent } = await this.#gateway.send(this.ref, text, asksReceipt);
    this.received(pending);
    return this.#settle(pending, sent);
  }

  async resend(message: Message): Promise<Message> {
    const pending: Message = { ...message, state: "sending", failure: undefined };
    this.received(pending);
    return this.#settle(pending, this.#gateway.resend(pending));
  }

  /** A receipt for an own message. */
  async ask(message: Message): Promise<void> {
    this.#receipt(message.key, () => ({ isAsked: true, failure: undefined }));
    try {
      await this.#gateway.askReceipt(message);
      if (message.uid) await this.loadCounts(message.uid);
    } catch (error) {
      const failure = codeOf(error);
      if (!this.byKey(message.key)?.receipt.counts) this.#receipt(message.key, () => ({ isAsked: false, failure }));
    }
  }

  async loadCounts(uid: string): Promise<void> {
    const counts = await this.#gateway.receiptCounts(this.ref, uid);
    this.counted(uid, counts);
  }

  asked(uid: string): void {
    const message = this.byUid(uid);
    if (!message) return;
    this.#receipt(message.key, () => ({ isAsked: true }));
    if (message.isOwn && !message.receipt.counts) this.loadCounts(uid).catch(() => {});
  }

  /** Counts come from events and from answers to calls, in any order: nobody unreads. */
  counted(uid: string, counts: ReceiptCounts): void {
    const message = this.byUid(uid);
    if (!message || (message.receipt.counts?.read ?? 0) > counts.read) return;
    this.#receipt(message.key, () => ({ isAsked: true, counts }));
  }

  /** These were seen: tells those who asked. */
  async answer(keys: readonly string[]): Promise<void> {
    const messages = keys.flatMap((key) => this.byKey(key) ?? []).filter(wantsAnswer);
    if (messages.length === 0) return;
    for (const { key } of messages) this.#receipt(key, () => ({ answer: "giving" }));
    const codes = await this.#gateway.answer(this.ref, messages).catch(() => new Map<string, number>());
    for (const { key, uid } of messages) {
      const code = codes.get(uid ?? "");
      this.#receipt(key, () => ({ answer: answerAfter(code) }));
    }
  }

  answered(uids: readonly string[]): void {
    const set = new Set(uids);
    const given = ({ receipt }: Message): Receipt => ({ ...receipt, isAsked: true, answer: "given" });
    this.#change(({ uid }) => uid !== undefined && set.has(uid), (message) => ({ ...message, receipt: given(message) }));
  }

  async #settle(pending: Message, sent: Promise<Message>): Promise<Message> {
    const settled = await sent.catch((error): Message => ({ ...pending, state: "failed", failure: codeOf(error) }));
    const message = { ...settled, key: pending.key };
    this.received(message);
    if (message.uid && message.receipt.isAsked) this.loadCounts(message.uid).catch(() => {});
    return message;
  }

  #receipt(key: string, change: (receipt: Receipt) => Partial<Receipt>): void {
    const changed = ({ receipt }: Message): Receipt => ({ ...receipt, ...change(receipt) });
    this.#change((message) => message.key === key, (message) => ({ ...message, receipt: changed(message) }));
  }

  #change(isMeant: (message: Message) => boolean, change: (message: Message) => Message): void {
    this.messages = this.messages.map((message) => (isMeant(message) ? change(message) : message));
  }
}

export function wantsAnswer({ isOwn, uid, isRecalled, receipt }: Message): boolean {
  return !isOwn && uid !== undefined && !isRecalled && receipt.isAsked && receipt.answer === "none";
}

function answerAfter(code: number | undefined): Receipt["answer"] {
  switch (code) {
    case 0:
      return "given";
    case NOT_IN_AUDIENCE:
    case NOT_REQUESTED:
    case RECALLED:
      return "notWanted";
    default:
      return "none";
  }
}
