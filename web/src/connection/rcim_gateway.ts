/** The gateway over the TypeScript SDK: its calls with callbacks become promises. */

import RCIMIWEngine, {
  type RCIMIWConversation,
  RCIMIWConversationType,
  type RCIMIWMessage,
  RCIMIWMessageOperationPolicy,
  type RCIMIWReadReceiptInfoV5,
  RCIMIWReadReceiptOrder,
  RCIMIWReadReceiptStatus,
  RCIMIWTimeOrder,
  type RCIMIWUserInfo,
} from "@seenby/rcim";
import type { ConversationRef } from "../conversation/conversation";
import type { Message } from "../message/message";
import { connectionStateOf, conversationInfoOf, countsOf, messageOf, pageOf, refOf } from "./from_rcim";
import { CallError, type Gateway, type GatewayEvents, HISTORY_PAGE_SIZE, PAGE_SIZE, type ReceiptList } from "./gateway";

const STATUS: Record<ReceiptList, RCIMIWReadReceiptStatus> = {
  read: RCIMIWReadReceiptStatus.read,
  unread: RCIMIWReadReceiptStatus.unread,
  left: RCIMIWReadReceiptStatus.left,
};
/** As many groups as the list shows. */
const CONVERSATIONS_MAX = 100;

/** `undefined` if this browser has no way to connect. */
export async function openGateway(appKey: string, server: string): Promise<Gateway | undefined> {
  const engine = await RCIMIWEngine.create(appKey, { naviServer: server });
  return engine ? new RcimGateway(engine) : undefined;
}

class RcimGateway implements Gateway {
  readonly #engine: RCIMIWEngine;

  constructor(engine: RCIMIWEngine) {
    this.#engine = engine;
  }

  connect(token: string, events: GatewayEvents): Promise<string> {
    this.#listen(events);
    return called((done, fail) =>
      this.#engine.connect(token, 0, {
        onConnected: ({ code, userId }) => (code === 0 ? done(userId) : fail(code)),
      }),
    );
  }

  async close() {
    await this.#engine.destroy();
  }

  async conversations() {
    const types = [RCIMIWConversationType.group, RCIMIWConversationType.ultraGroup];
    const found = await answered<RCIMIWConversation[]>((callback) =>
      this.#engine.getConversations(types, "", 0, CONVERSATIONS_MAX, callback),
    );
    return found.map(conversationInfoOf);
  }

  async history({ type, targetId, channelId }: ConversationRef, before: number) {
    const page = await answered<RCIMIWMessage[]>((callback) =>
      this.#engine.getMessages(
        type,
        targetId,
        channelId,
        before,
        RCIMIWTimeOrder.before,
        RCIMIWMessageOperationPolicy.remote,
        HISTORY_PAGE_SIZE,
        callback,
      ),
    );
    return page.map(messageOf);
  }

  async send({ type, targetId, channelId }: ConversationRef, text: string, asksReceipt: boolean) {
    const draft = await this.#engine.createTextMessage(type, targetId, channelId, text);
    if (typeof draft === "number") throw new CallError(draft);
    draft.needReceipt = asksReceipt;
    const pending = { ...messageOf(draft), isOwn: true, state: "sending" as const, sentAt: Date.now() };
    return { pending, sent: this.#send(pending) };
  }

  resend(message: Message) {
    return this.#send(message);
  }

  #send(message: Message): Promise<Message> {
    return called((done, fail) =>
      this.#engine.sendMessage(message.source, {
        onMessageSent: ({ code, message: sent }) => (code === 0 ? done(messageOf(sent)) : fail(code)),
      }),
    );
  }

  askReceipt({ source }: Message) {
    return called<void>((done, fail) =>
      this.#engine.sendGroupReadReceiptRequest(source, {
        onGroupReadReceiptRequestSent: ({ code }) => (code === 0 ? done() : fail(code)),
      }),
    );
  }

  answer({ targetId, channelId }: ConversationRef, messages: Message[]) {
    const sources = messages.map(({ source }) => source);
    return called<Map<string, number>>((done, fail) =>
      this.#engine.sendGroupReadReceiptResponse(targetId, channelId, sources, {
        onGroupReadReceiptResponseSent: ({ code, results }) =>
          code !== 0 && Object.keys(results).length === 0 ? fail(code) : done(new Map(Object.entries(results))),
      }),
    );
  }

  async receiptCounts({ type, targetId, channelId }: ConversationRef, uid: string) {
    const infos = await answered<RCIMIWReadReceiptInfoV5[]>((callback) =>
      this.#engine.getMessageReadReceiptInfoV5(type, targetId, channelId, [uid], callback),
    );
    const info = infos[0];
    if (!info || info.code) throw new CallError(info?.code ?? 1);
    return countsOf(info);
  }

  async receiptPeople({ type, targetId, channelId }: ConversationRef, uid: string, list: ReceiptList, page: string) {
    const option = {
      pageToken: page,
      pageCount: PAGE_SIZE,
      order: RCIMIWReadReceiptOrder.descending,
      readStatus: STATUS[list],
    };
    return pageOf(
      await answered((callback) =>
        this.#engine.getMessagesReadReceiptUsersByPageV5(type, targetId, channelId, uid, option, callback),
      ),
    );
  }

  async names({ type, targetId, channelId }: ConversationRef, userIds: string[]) {
    const people = await answered<RCIMIWUserInfo[]>((callback) =>
      this.#engine.getUserInfos(type, targetId, channelId, userIds, callback),
    );
    return new Map(people.flatMap(({ userId, name }) => (userId ? [[userId, name || userId] as const] : [])));
  }

  #listen(events: GatewayEvents): void {
    const engine = this.#engine;
    engine.setOnConnectionStatusChangedListener(({ status }) => events.connectionChanged(connectionStateOf(status)));
    engine.setOnMessageReceivedListener(({ message }) => events.messageReceived(messageOf(message), refOf(message)));
    engine.setOnRemoteMessageRecalledListener(({ message }) => {
      if (message.messageUId) events.messageRecalled(message.messageUId);
    });
    engine.setOnGroupMessageReadReceiptRequestReceivedListener((request) =>
      events.receiptAsked(request.messageUId, refOf(request)),
    );
    engine.setOnReadReceiptRequestedElsewhereListener((request) =>
      events.receiptAsked(request.messageUId, refOf(request)),
    );
    engine.setOnReadReceiptsAnsweredElsewhereListener(({ messageUIds }) => events.answeredElsewhere(messageUIds));
    engine.setOnMessageReadReceiptV5ReceivedListener(({ responses }) => {
      for (const response of responses) {
        events.readersChanged(response.messageUId ?? "", pageOf(response).people, countsOf(response));
      }
    });
  }
}

interface ObjectCallback<T> {
  onSuccess(result: { t: T }): void;
  onError(result: { code: number }): void;
}

function answered<T>(call: (callback: ObjectCallback<T>) => Promise<number>): Promise<T> {
  return called((done, fail) => call({ onSuccess: ({ t }) => done(t), onError: ({ code }) => fail(code) }));
}

/** Of a call that was refused at once no callback comes. */
function called<T>(call: (done: (result: T) => void, fail: (code: number) => void) => Promise<number>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (code: number) => reject(new CallError(code));
    call(resolve, fail).then((code) => {
      if (code !== 0) fail(code);
    }, reject);
  });
}
