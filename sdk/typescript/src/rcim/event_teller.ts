/** Tells the application's listeners what the session has to tell. */

import type { Conversation } from "../conversation.js";
import type { Log } from "../core.js";
import type { Clock } from "../ports.js";
import { respondUserIds } from "../respond_user_ids.js";
import type { ReadersEvent, ReceiptResponse, SessionEvent } from "../session/outcome.js";
import { RCIMIWMessageType, RCIMIWReadReceiptStatus } from "./enums.js";
import type { KnownMessages } from "./known_messages.js";
import type { ListenerName, ListenerResults, Listeners, OnGroupReadReceiptResponseSentResult } from "./listeners.js";
import { counted, fromWire, listed, named } from "./message.js";
import type { RCIMIWMessage, RCIMIWRecallNotificationMessage } from "./types.js";

type Event<Kind extends SessionEvent["kind"]> = Extract<SessionEvent, { kind: Kind }>;

export class EventTeller {
  private readonly listeners: Listeners;
  private readonly known: KnownMessages;
  private readonly clock: Clock;
  private readonly log: Log;

  constructor(listeners: Listeners, known: KnownMessages, clock: Clock, log: Log) {
    this.listeners = listeners;
    this.known = known;
    this.clock = clock;
    this.log = log;
  }

  /** `userId`: who has signed in. */
  tell(event: SessionEvent, userId: string): void {
    switch (event.kind) {
      case "connectionStatusChanged":
        return this.notify("onConnectionStatusChanged", { status: event.status });
      case "messageReceived":
        return this.tellMessage(event, userId);
      case "messageRecalled":
        return this.notify("onRemoteMessageRecalled", { message: this.recallNotification(event) });
      case "groupMessageReadReceiptRequestReceived":
        return this.notify("onGroupMessageReadReceiptRequestReceived", {
          ...named(event.conversation),
          messageUId: event.messageUid,
          senderUserId: event.senderUserId,
        });
      case "groupMessageReadReceiptResponseReceived":
        return this.tellReaders(event);
      case "groupReadReceiptResponseSent":
        return this.notify("onGroupReadReceiptResponseSent", this.keptResponse(event));
      case "receiptRequestedElsewhere":
        return this.notify("onReadReceiptRequestedElsewhere", {
          ...named(event.conversation),
          messageUId: event.messageUid,
        });
      case "receiptsAnswered":
        return this.notify("onReadReceiptsAnsweredElsewhere", {
          ...named(event.conversation),
          messageUIds: event.messageUids,
        });
    }
  }

  private tellMessage({ conversation, message: wire, left, offline }: Event<"messageReceived">, userId: string): void {
    const about = {
      userId,
      messageId: this.known.idOf(wire.uid),
      receivedTime: this.clock.unixTime(),
      offLine: offline,
    };
    const message = this.known.remember(fromWire(wire, conversation, about));
    this.notify("onMessageReceived", { message, left, offline, hasPackage: left > 0 });
  }

  private recallNotification(event: Event<"messageRecalled">): RCIMIWRecallNotificationMessage {
    const originalMessage = this.known.byUid(event.messageUid);
    const notification = {
      ...named(event.conversation),
      messageId: this.known.idOf(event.messageUid),
      messageType: RCIMIWMessageType.recall,
      messageUId: event.messageUid,
      senderUserId: event.senderUserId,
      recallActionTime: this.clock.unixTime(),
      admin: false,
      deleted: false,
      ...(originalMessage && { originalMessage, recallTime: originalMessage.sentTime ?? 0 }),
    };
    return this.known.remember(notification);
  }

  /** The whole list costs its length to make, so it is made only for somebody who listens. */
  private tellReaders({ conversation, messageUid, respondUserIds: readers, newReaders, counts }: ReadersEvent): void {
    const about = { ...named(conversation), messageUId: messageUid, ...counted(counts) };
    if (this.listeners.has("onGroupMessageReadReceiptResponseReceived")) {
      const result = { ...about, respondUserIds: respondUserIds(readers), readers: listed(readers) };
      this.notify("onGroupMessageReadReceiptResponseReceived", result);
    }
    const readStatus = RCIMIWReadReceiptStatus.read;
    const users = newReaders.map(({ userId, readAtMs }) => ({ userId, timestamp: readAtMs, readStatus }));
    this.notify("onMessageReadReceiptV5Received", { responses: [{ ...about, users }] });
  }

  private keptResponse({ response }: Event<"groupReadReceiptResponseSent">): OnGroupReadReceiptResponseSentResult {
    const stub = (uid: string): RCIMIWMessage => ({ ...named(response.conversation), messageUId: uid });
    const messages = response.results.map(({ messageUid }) => this.known.byUid(messageUid) ?? stub(messageUid));
    return responseSent(response.conversation, messages, response);
  }

  private notify<Name extends ListenerName>(name: Name, result: ListenerResults[Name]): void {
    call(this.listeners.get(name), result, this.log);
  }
}

export function responseSent(
  conversation: Conversation,
  messages: RCIMIWMessage[],
  response: ReceiptResponse,
): OnGroupReadReceiptResponseSentResult {
  const { targetId, channelId } = conversation;
  const results = Object.fromEntries(response.results.map(({ messageUid, code }) => [messageUid, code]));
  const code = response.results.find((result) => result.code !== 0)?.code ?? 0;
  return { code, targetId, channelId, messages, message: messages, results };
}

/** Calls back, if there is somebody to call. What the application throws is its own and must not stop the engine. */
export function call<Result>(callback: ((result: Result) => void) | undefined, result: Result, log: Log): void {
  try {
    callback?.(result);
  } catch (error) {
    log.error("a callback of the application has thrown", error);
  }
}

/** The same with a member of a callback object, which may be anything: nobody has looked at it. */
export function callMember(callback: unknown, name: string, result: object, log: Log): void {
  const tell = () => {
    const member: unknown = Reflect.get(Object(callback), name);
    if (typeof member === "function") member.call(callback, result);
  };
  call(tell, undefined, log);
}
