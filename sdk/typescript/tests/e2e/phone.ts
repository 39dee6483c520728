/**
 * An app with one engine, as scenarios hold it: calls wait for their results, listeners write down what they hear.
 *
 * Everything that goes in or out is JSON, so that the same scenario holds a phone in Node, or one in a browser's page.
 */

import type { RCIMIWEngineOptions, RCIMIWMessage, RCIMIWReadReceiptUsersOption } from "../../src/index.js";

export type Sdk = typeof import("../../src/index.js");

export interface Place {
  type: number;
  targetId: string;
  channelId?: string;
}

/** What a call resolved to, and what its callback got if it was accepted. */
export interface Result {
  returned: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the callback of the call gives.
  result?: any;
}

/** What a page has to say of a list of readers, looked at in every way. */
export interface ReadersSeen {
  viaGet: [string, number | undefined][];
  viaIndex: [string, number][];
  keys: string[];
  json: string;
}

export type Phone = Awaited<ReturnType<typeof makePhone>>;

export async function makePhone(sdk: Sdk, options: RCIMIWEngineOptions) {
  const engine = await sdk.default.create("seenby", options);
  if (!engine) throw new Error("there is no engine");
  // biome-ignore lint/suspicious/noExplicitAny: whatever the listener got.
  const heard: Record<string, any[]> = {};
  // biome-ignore lint/suspicious/noExplicitAny: the last list of readers of each message, as it came.
  const readers: Record<string, any> = {};
  const writesDown = (name: string) => (result: unknown) => {
    heard[name] ??= [];
    heard[name].push(result);
  };
  const listen = () => {
    engine.setOnConnectionStatusChangedListener(writesDown("status"));
    engine.setOnMessageReceivedListener(writesDown("message"));
    engine.setOnRemoteMessageRecalledListener(writesDown("recalled"));
    engine.setOnGroupMessageReadReceiptRequestReceivedListener(writesDown("asked"));
    engine.setOnGroupReadReceiptRequestSentListener(writesDown("requestSent"));
    engine.setOnGroupReadReceiptResponseSentListener(writesDown("responseSent"));
    engine.setOnMessageReadReceiptV5ReceivedListener(writesDown("readV5"));
    engine.setOnReadReceiptRequestedElsewhereListener(writesDown("requestedElsewhere"));
    engine.setOnReadReceiptsAnsweredElsewhereListener(writesDown("answeredElsewhere"));
    engine.setOnGroupMessageReadReceiptResponseReceivedListener((result) => {
      readers[result.messageUId] = result.respondUserIds;
      writesDown("read")(result);
    });
  };
  listen();

  /** Makes a call and waits for the one member of its callback that fires. */
  const finished = (members: string[], call: (callback: object) => Promise<number>): Promise<Result> =>
    new Promise((resolve, reject) => {
      let returned: number | undefined;
      const member = (result: unknown) => resolve({ returned: returned ?? 0, result });
      const callback = Object.fromEntries(members.map((name) => [name, member]));
      call(callback).then((code) => {
        returned = code;
        if (code !== 0) resolve({ returned: code });
      }, reject);
    });
  const objectMembers = ["onSuccess", "onError"];

  const sends = async (message: RCIMIWMessage): Promise<RCIMIWMessage> => {
    const sent = await finished(["onMessageSent"], (callback) => engine.sendMessage(message, callback));
    if (sent.returned !== 0 || sent.result.code !== 0) throw new Error(`not sent: ${JSON.stringify(sent)}`);
    return sent.result.message;
  };

  return {
    /** Without a time limit: the machine may be slow. */
    connect: (token: string) => finished(["onConnected"], (callback) => engine.connect(token, 0, callback)),
    disconnect: () => engine.disconnect(false),
    destroy: () => engine.destroy(),
    deltaTime: () => engine.getDeltaTime(),

    async says(place: Place, text: string, needReceipt = false): Promise<RCIMIWMessage> {
      const draft = await engine.createTextMessage(place.type, place.targetId, place.channelId, text);
      if (typeof draft === "number") throw new Error(`no message: ${draft}`);
      return sends({ ...draft, needReceipt });
    },
    sends,
    asks: (message: RCIMIWMessage) =>
      finished(["onGroupReadReceiptRequestSent"], (callback) => engine.sendGroupReadReceiptRequest(message, callback)),
    /** Without a callback: the listener hears of it. */
    asksOldStyle: (message: RCIMIWMessage) => engine.sendGroupReadReceiptRequest(message),
    answers: (targetId: string, channelId: string | null, messages: RCIMIWMessage[]) =>
      finished(["onGroupReadReceiptResponseSent"], (callback) =>
        engine.sendGroupReadReceiptResponse(targetId, channelId, messages, callback),
      ),
    answersOldStyle: (targetId: string, channelId: string | null, messages: RCIMIWMessage[]) =>
      engine.sendGroupReadReceiptResponse(targetId, channelId, messages),
    answersByUid: (place: Place, uids: string[]) =>
      finished(objectMembers, (callback) =>
        engine.sendReadReceiptResponseV5(place.type, place.targetId, place.channelId, uids, callback),
      ),
    counts: (place: Place, uids: string[]) =>
      finished(objectMembers, (callback) =>
        engine.getMessageReadReceiptInfoV5(place.type, place.targetId, place.channelId, uids, callback),
      ),
    users: (place: Place, uid: string, option: RCIMIWReadReceiptUsersOption) =>
      finished(objectMembers, (callback) =>
        engine.getMessagesReadReceiptUsersByPageV5(place.type, place.targetId, place.channelId, uid, option, callback),
      ),
    history: (place: Place, count: number, time = 0, order = 0) =>
      finished(objectMembers, (callback) =>
        engine.getMessages(place.type, place.targetId, place.channelId, time, order, 1, count, callback),
      ),
    /** The newest messages, by the listener. */
    loads: (place: Place, count: number): Promise<RCIMIWMessage[]> =>
      new Promise((resolve) => {
        engine.setOnMessagesLoadedListener(({ messages = [] }) => resolve(messages));
        engine.loadMessages(place.type, place.targetId, place.channelId, 0, 0, 1, count);
      }),
    byUid: (uid: string) => finished(objectMembers, (callback) => engine.getMessageByUId(uid, callback)),
    byId: (messageId: number) => finished(objectMembers, (callback) => engine.getMessageById(messageId, callback)),
    conversations: () => finished(objectMembers, (callback) => engine.getConversations([2, 5], "", 0, 100, callback)),
    recalls: (message: RCIMIWMessage) =>
      finished(["onMessageRecalled"], (callback) => engine.recallMessage(message, callback)),
    callsAnything: (name: string, args: unknown[]) => Reflect.apply(Reflect.get(engine, name), engine, args),

    hears: (name: string) => heard[name] ?? [],
    forgets: () => {
      for (const name of Object.keys(heard)) delete heard[name];
    },
    stopsListening: (setter: string) => Reflect.apply(Reflect.get(engine, setter), engine, [undefined]),
    readersOf: (uid: string, ids: string[]): ReadersSeen => {
      const list = readers[uid];
      return {
        viaGet: ids.map((id) => [id, list.get(id)]),
        viaIndex: ids.map((id) => [id, Number(list[id])]),
        keys: Object.keys(list),
        json: JSON.stringify(list),
      };
    },
  };
}
