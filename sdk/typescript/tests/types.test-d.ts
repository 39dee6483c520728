/**
 * An application that is written the vendor's way, for the compiler alone: `tsc -p tests` takes all of it, and each line
 * below a `@ts-expect-error` is one that it must refuse. It is never run.
 */

import RCIMIWEngine, {
  Code,
  type IRCIMIWConnectCallback,
  type IRCIMIWGetMessagesCallback,
  type IRCIMIWSendGroupReadReceiptRequestCallback,
  type IRCIMIWSendGroupReadReceiptResponseCallback,
  type IRCIMIWSendMessageCallback,
  memoryStorage,
  RCIMIWConnectionStatus,
  RCIMIWConversationType,
  RCIMIWCustomMessagePolicy,
  type RCIMIWEngineOptions,
  RCIMIWErrorCode,
  type RCIMIWGroupReadReceiptInfo,
  RCIMIWLogLevel,
  type RCIMIWMessage,
  RCIMIWMessageOperationPolicy,
  RCIMIWReadReceiptOrder,
  RCIMIWReadReceiptStatus,
  type RCIMIWTextMessage,
  RCIMIWTimeOrder,
  type RespondUserIds,
} from "../src/index.js";

/** The two are the same type, neither wider than the other. */
function isExactly<Expected>() {
  return <Actual>(_: Actual, ..._same: Same<Expected, Actual> extends true ? [] : ["the types differ"]): void => {};
}
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export async function application(token: string): Promise<void> {
  const options: RCIMIWEngineOptions = { naviServer: "ws://127.0.0.1:7780", logLevel: RCIMIWLogLevel.warn };
  const engine = await RCIMIWEngine.create("app", options);
  isExactly<RCIMIWEngine | null>()(engine);
  // @ts-expect-error: there may be no engine.
  engine.destroy();
  if (!engine) return;

  // What the vendor's page shows.
  const connected: IRCIMIWConnectCallback = { onConnected: ({ code, userId }) => console.log(code, userId.length) };
  const code = await engine.connect(token, 30, connected);
  isExactly<number>()(code);
  if (code !== RCIMIWErrorCode.success && code !== Code.PARAM_ERROR) return;
  engine.setOnConnectionStatusChangedListener(({ status }) => {
    if (status === RCIMIWConnectionStatus.kickedOfflineByOtherClient) void engine.disconnect(false);
  });
  engine.setOnGroupMessageReadReceiptRequestReceivedListener(({ targetId, messageUId }) => {
    void engine.sendGroupReadReceiptResponse(targetId, null, [{ targetId, messageUId }]);
  });
  engine.setOnGroupMessageReadReceiptResponseReceivedListener(({ targetId, messageUId, respondUserIds }) => {
    isExactly<RespondUserIds>()(respondUserIds);
    console.log(targetId, messageUId, readersOf(respondUserIds));
  });
  engine.setOnGroupReadReceiptRequestSentListener(({ code, message }) => console.log(code, message.messageUId));
  engine.setOnGroupReadReceiptResponseSentListener(({ code, targetId, channelId, messages }) => {
    console.log(code, targetId, channelId.length, messages.length);
  });
  engine.setOnGroupReadReceiptResponseSentListener();
  engine.setOnGroupReadReceiptResponseSentListener(undefined);

  const message = await engine.createTextMessage(RCIMIWConversationType.group, "ward-3", null, "hello");
  isExactly<RCIMIWTextMessage | number>()(message);
  // @ts-expect-error: it may be the code of a refusal.
  message.text = "other";
  if (typeof message === "number") return;
  message.needReceipt = true;
  const sent: IRCIMIWSendMessageCallback = {
    onMessageSaved: ({ message }) => console.log(message.messageId),
    onMessageSent: ({ code, message }) => console.log(code, message.messageUId),
  };
  await engine.sendMessage(message, sent);
  await engine.createCustomMessage(5, "city", "news", RCIMIWCustomMessagePolicy.normal, "app:poll", { a: "b" });

  const asked: IRCIMIWSendGroupReadReceiptRequestCallback = {
    onGroupReadReceiptRequestSent: (res) => console.log(res.code, res.message),
  };
  await engine.sendGroupReadReceiptRequest(message, asked);
  await engine.sendGroupReadReceiptRequest(message, null);
  await engine.sendGroupReadReceiptRequest(message, {});
  const answered: IRCIMIWSendGroupReadReceiptResponseCallback = {
    onGroupReadReceiptResponseSent({ code, message, messages, results }) {
      isExactly<RCIMIWMessage[]>()(message);
      isExactly<RCIMIWMessage[]>()(messages);
      console.log(code, results.m1);
    },
  };
  await engine.sendGroupReadReceiptResponse("ward-3", null, [message], answered);
  await engine.sendGroupReadReceiptResponse("city", "news", [], answered);

  const { before } = RCIMIWTimeOrder;
  const { remote } = RCIMIWMessageOperationPolicy;
  const loaded: IRCIMIWGetMessagesCallback = {
    onSuccess: ({ t }) => console.log(t.map((message) => infoOf(message.groupReadReceiptInfo))),
    onError: ({ code }) => console.log(code),
  };
  await engine.getMessages(RCIMIWConversationType.group, "ward-3", null, 0, before, remote, 20, loaded);
  await engine.getMessageById(1, { onSuccess: ({ t }) => engine.sendGroupReadReceiptRequest(t, asked) });

  const option = { readStatus: RCIMIWReadReceiptStatus.unread, order: RCIMIWReadReceiptOrder.ascending };
  await engine.getMessagesReadReceiptUsersByPageV5(2, "ward-3", null, "m1", option, {
    onSuccess: ({ t: { users = [], pageToken, totalCount } }) => console.log(users[0]?.userId, pageToken, totalCount),
  });
  engine.setOnMessageReadReceiptV5ReceivedListener(({ responses }) => {
    for (const { messageUId, users = [], readCount } of responses) console.log(messageUId, users.length, readCount);
  });

  // What Seenby does not have is there all the same, so that an app which uses it compiles.
  isExactly<number>()(await engine.joinChatRoom("lobby", 20, true, { onChatRoomJoined() {} }));
  engine.setOnChatRoomJoinedListener(({ code }: { code: number }) => console.log(code));
  engine.setOnChatRoomJoinedListener();

  isExactly<number>()(await engine.getDeltaTime());
  isExactly<number>()(await engine.destroy());
}

/** As a map, and as an object. */
function readersOf(readers: RespondUserIds): number {
  isExactly<number | undefined>()(readers.get("bob"));
  isExactly<boolean>()(readers.has("bob"));
  readers.forEach((readAtMs, userId) => void console.log(readAtMs.toFixed(), userId.length));
  for (const [userId, readAtMs] of readers) console.log(userId.length, readAtMs.toFixed());
  for (const userId in readers) console.log(readers[userId]?.toFixed());
  const map: Map<string, number> = new Map(readers);
  const plain: Record<string, number> = { ...readers };
  return map.size + Object.keys(plain).length + [...readers.keys()].length + [...readers.values()].length;
}

function infoOf(info: RCIMIWGroupReadReceiptInfo = {}): string {
  const { readReceiptMessage = false, hasRespond = false, respondUserIds, readCount = 0, totalCount = 0 } = info;
  return `${readReceiptMessage} ${hasRespond} ${Object.keys(respondUserIds ?? {})} ${readCount}/${totalCount}`;
}

/** What must not compile. */
export function mistakes(engine: RCIMIWEngine, message: RCIMIWMessage): void {
  // @ts-expect-error: the constructor is not for applications.
  new RCIMIWEngine();
  // @ts-expect-error: the App Key is missing.
  void RCIMIWEngine.create();
  // @ts-expect-error: an address is a text.
  void RCIMIWEngine.create("app", { naviServer: 7780 });
  // @ts-expect-error: no such option.
  void RCIMIWEngine.create("app", { server: "ws://127.0.0.1" });
  // @ts-expect-error: the timeout is a number.
  void engine.connect("token", "30");
  // @ts-expect-error: the timeout is missing.
  void engine.connect("token");
  // @ts-expect-error: a message is an object.
  void engine.sendGroupReadReceiptRequest("m1");
  // @ts-expect-error: no such callback member.
  void engine.sendGroupReadReceiptRequest(message, { onSent: () => {} });
  // @ts-expect-error: an array of messages, not one.
  void engine.sendGroupReadReceiptResponse("ward-3", null, message);
  // @ts-expect-error: messages, not uids.
  void engine.sendGroupReadReceiptResponse("ward-3", null, ["m1"]);
  // @ts-expect-error: uids, not messages.
  void engine.sendReadReceiptResponseV5(2, "ward-3", null, [message]);
  // @ts-expect-error: the channel is missing.
  void engine.createTextMessage(RCIMIWConversationType.group, "ward-3", "hello");
  // @ts-expect-error: no such conversation type.
  void engine.createTextMessage(RCIMIWConversationType.discussion, "ward-3", null, "hello");
  // @ts-expect-error: listeners get one object here; one by one is the React Native flavour.
  engine.setOnGroupMessageReadReceiptRequestReceivedListener((...names: string[]) => console.log(names));
  // @ts-expect-error: no such field in the result.
  engine.setOnGroupMessageReadReceiptResponseReceivedListener(({ users }) => console.log(users));
  // @ts-expect-error: no such call.
  void engine.sendGroupReadReceipt(message);
  // @ts-expect-error: a storage has three methods.
  void RCIMIWEngine.create("app", { storage: { ...memoryStorage(), entries: undefined } });
  // @ts-expect-error: times are numbers.
  const time: string | undefined = message.groupReadReceiptInfo?.respondUserIds?.get("bob");
  console.log(time);
}
