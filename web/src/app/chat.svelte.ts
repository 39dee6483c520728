/** Everything that a signed-in visitor has, and what happens to it when the server says something. */

import { codeOf, type ConnectionState, type Gateway, type GatewayEvents, type Reader } from "../connection/gateway";
import { type Conversation, conversationId, type ConversationRef } from "../conversation/conversation";
import { Conversations, type ReadMarks } from "../conversation/conversations.svelte";
import type { Message, ReceiptCounts } from "../message/message";
import { Timeline } from "../message/timeline.svelte";
import { Directory } from "../people/directory.svelte";
import { ReceiptSheet } from "../receipts/receipt_sheet.svelte";

export interface ChatOptions {
  gateway: Gateway;
  /** What was kept of this user on this device. */
  marksOf(userId: string): ReadMarks;
}

/** What happened in the open conversation, to be said to those who do not look. */
export type News = { kind: "message"; message: Message } | { kind: "readers"; counts: ReceiptCounts };

export class Chat {
  connection = $state<ConnectionState>("connecting");
  /** Empty until the visitor has signed in. */
  userId = $state("");
  conversations = $state.raw<Conversations | undefined>(undefined);
  sheet = $state.raw<ReceiptSheet | undefined>(undefined);
  news = $state.raw<News | undefined>(undefined);
  /** The page is in front, and the conversation is not covered. */
  isWatched = $state(true);
  readonly directory: Directory;
  readonly #options: ChatOptions;
  readonly #timelines = new Map<string, Timeline>();
  #openId: string | undefined;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.directory = new Directory(options.gateway);
  }

  /** Resolves when the visitor has signed in; to the code that says why not, else. */
  async signIn(token: string): Promise<number> {
    try {
      this.userId = await this.#options.gateway.connect(token, this.#events());
    } catch (error) {
      return codeOf(error);
    }
    const conversations = new Conversations(this.#options.gateway, this.#options.marksOf(this.userId));
    await conversations.load().catch(() => {});
    this.conversations = conversations;
    const first = conversations.list[0];
    if (first) this.directory.want(first.ref, [this.userId]);
    return 0;
  }

  async signOut(): Promise<void> {
    await this.#options.gateway.close();
  }

  timelineOf({ id, ref }: Conversation): Timeline {
    const timeline = this.#timelines.get(id) ?? new Timeline(this.#options.gateway, ref);
    this.#timelines.set(id, timeline);
    return timeline;
  }

  /** The visitor looks at this conversation from now on, or at none. */
  open(conversation: Conversation | undefined): Timeline | undefined {
    this.#openId = conversation?.id;
    if (!conversation) return undefined;
    const timeline = this.timelineOf(conversation);
    void timeline.start();
    return timeline;
  }

  /** What is on screen has been read, as far as unread marks go. */
  caughtUp({ id }: Conversation): void {
    const newest = this.#timelines.get(id)?.messages.findLast(({ uid }) => uid);
    const told = this.conversations?.byId(id)?.lastMessage;
    this.conversations?.read(id, Math.max(newest?.sentAt ?? 0, told?.sentAt ?? 0));
  }

  async send(conversation: Conversation, text: string, asksReceipt: boolean): Promise<void> {
    const message = await this.timelineOf(conversation).send(text, asksReceipt);
    this.conversations?.said(message, conversation.ref, true);
  }

  openSheet(conversation: Conversation, uid: string): ReceiptSheet {
    this.sheet?.close();
    const sheet = new ReceiptSheet(this.#options.gateway, this.directory, conversation.ref, uid);
    this.sheet = sheet;
    void sheet.open();
    const timeline = this.timelineOf(conversation);
    const counts = timeline.byUid(uid)?.receipt.counts;
    if (counts) sheet.counted(counts);
    // Nobody tells when people leave the group, so the counts are fetched anew.
    timeline.loadCounts(uid).then(
      () => sheet.counted(timeline.byUid(uid)?.receipt.counts ?? { read: 0, unread: 0, left: 0, total: 0 }),
      () => {},
    );
    return sheet;
  }

  closeSheet(): void {
    this.sheet?.close();
    this.sheet = undefined;
  }

  #events(): GatewayEvents {
    return {
      connectionChanged: (state) => this.#connectionChanged(state),
      messageReceived: (message, ref) => this.#received(message, ref),
      messageRecalled: (uid) => this.#everywhere((timeline) => timeline.recalled(uid)),
      receiptAsked: (uid, ref) => this.#timelines.get(conversationId(ref))?.asked(uid),
      readersChanged: (uid, readers, counts) => this.#readersChanged(uid, readers, counts),
      answeredElsewhere: (uids) => this.#everywhere((timeline) => timeline.answered(uids)),
    };
  }

  #connectionChanged(state: ConnectionState): void {
    const isBack = state === "connected" && this.connection !== "connected";
    this.connection = state;
    if (!isBack || !this.conversations) return;
    this.directory.forgetFailures();
    this.conversations.load().catch(() => {});
    for (const timeline of this.#timelines.values()) void timeline.refresh();
  }

  #received(message: Message, ref: ConversationRef): void {
    const timeline = this.#timelines.get(message.conversationId);
    timeline?.received(message);
    const isOpen = message.conversationId === this.#openId;
    this.conversations?.said(message, ref, isOpen && this.isWatched);
    if (isOpen && !message.isOwn) this.news = { kind: "message", message };
  }

  #readersChanged(uid: string, readers: Reader[], counts: ReceiptCounts): void {
    this.#everywhere((timeline) => timeline.counted(uid, counts));
    if (this.sheet?.uid === uid) this.sheet.changed(readers, counts);
    this.news = { kind: "readers", counts };
  }

  #everywhere(change: (timeline: Timeline) => void): void {
    for (const timeline of this.#timelines.values()) change(timeline);
  }
}
