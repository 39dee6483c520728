/** A back end of the app: it reads messages through the server API, by our own face and by the vendor's. */

import { createHash } from "node:crypto";
import { expect } from "vitest";
import { RCIMIWConversationType } from "../../src/index.js";
import type { Message } from "./every_path.js";
import type { Installation, Server } from "./server.js";

const POLICIES = ["command", "normal", "status", "storage"];
const MENTIONS = ["all", "part"];

/** Fields of a message that only one of its readers, or one device, can have. */
const OF_A_DEVICE = [
  "messageId",
  "direction",
  "receivedTime",
  "offLine",
  "sentStatus",
  "receivedStatus",
  "sentReceipt",
];

export class BackEnd {
  readonly #address: string;
  readonly #key: string;
  readonly #secret: string;

  /** It takes a new secret of the app: whoever has a token now is signed out. */
  constructor(installation: Installation, server: Server) {
    const lastWord = (printed: string) => printed.split(/\s+/).at(-1) ?? "";
    this.#address = server.url.replace("ws:", "http:");
    this.#key = lastWord(installation.run("key", "create", "--scope", "messages", "receipts"));
    this.#secret = lastWord(installation.run("app", "rotate-secret", "seenby"));
  }

  /** The server API has all that the sender of a message is given, in words of its own. */
  async isShown(message: Message): Promise<void> {
    const { conversationType, targetId, channelId, groupReadReceiptInfo, ...said } = message;
    const isUltra = conversationType === RCIMIWConversationType.ultraGroup;
    const path = `/api/v1/groups/${isUltra ? "ultra-group" : "group"}/${targetId}/messages/${said.messageUId}`;
    const get = (what: string) => this.#get(`${path}${what}${isUltra ? `?channel=${channelId}` : ""}`);
    expect(await get("")).toEqual(asShown(said));
    if (groupReadReceiptInfo) {
      const { readReceiptMessage, hasRespond, respondUserIds, readers = [], ...counts } = groupReadReceiptInfo;
      const { readCount: read, unreadCount: unread, leftCount: left, totalCount: total, ...others } = counts;
      expect([await get("/receipts"), others]).toEqual([{ read, unread, left, total }, {}]);
      const receipts = readers.map(({ userId, timestamp }) => {
        return { user_id: userId, status: "read", read_at_ms: timestamp };
      });
      expect((await get("/receipts/read")).receipts).toEqual(receipts);
    }
    // The vendor has a call for ultra groups only.
    if (!isUltra) return;
    const msgs = JSON.stringify([{ msgUID: said.messageUId, busChannel: channelId }]);
    const [found] = (await this.#post("/ultragroup/msg/get.json", { groupId: targetId ?? "", msgs })).data;
    if (said.text !== undefined) found.content = JSON.parse(found.content);
    expect(found).toEqual({ groupId: targetId, busChannel: channelId, ...asTheVendorShows(said) });
  }

  #get(path: string) {
    return this.#fetch(path, { headers: { authorization: `Bearer ${this.#key}` } });
  }

  #post(path: string, form: Record<string, string>) {
    const [nonce, timestamp] = ["14314", String(Date.now())];
    const signature = createHash("sha1")
      .update(this.#secret + nonce + timestamp)
      .digest("hex");
    const headers = { "app-key": "seenby", nonce, timestamp, signature };
    return this.#fetch(path, { method: "POST", headers, body: new URLSearchParams(form) });
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says.
  async #fetch(path: string, request: RequestInit): Promise<any> {
    const response = await fetch(this.#address + path, request);
    const said = await response.text();
    expect(response.status, said).toBe(200);
    return JSON.parse(said);
  }
}

/** By our own face. */
function asShown(message: Message) {
  const { messageUId, senderUserId, sentTime, needReceipt, messageType, canIncludeExpansion, ...said } = message;
  const { text, identifier, policy = 1, fields, fieldsText, extra = "", userInfo, mentionedInfo, ...beside } = said;
  const { expansion, ...others } = beside;
  expect(Object.keys(others).filter((field) => !OF_A_DEVICE.includes(field))).toEqual([]);
  const { userId, ...user } = userInfo ?? {};
  const { type = 0, userIdList, mentionedContent, ...mentioned } = mentionedInfo ?? {};
  return {
    message_uid: messageUId,
    sender_id: senderUserId,
    sent_at_ms: sentTime,
    content: text !== undefined ? { text, extra } : { identifier, policy: POLICIES[policy], fields, extra },
    ...(userInfo && { user_info: { user_id: userId, ...user } }),
    ...(mentionedInfo && {
      mentioned_info: { type: MENTIONS[type], user_ids: userIdList, content: mentionedContent, ...mentioned },
    }),
    ...(expansion && { expansion }),
    // The device's own name for its message, which it does not tell.
    reference: expect.any(String),
    receipt_requested: needReceipt,
  };
}

/** By the vendor's face: of a message of the app's own kind it shows what was written, and nothing beside it. */
function asTheVendorShows({ text, extra = "", userInfo, mentionedInfo, expansion, ...message }: Message) {
  const { userId, ...user } = userInfo ?? {};
  const { type = 0, ...mentioned } = mentionedInfo ?? {};
  const content = {
    content: text,
    extra,
    ...(userInfo && { user: { id: userId, ...user } }),
    // Both faces of the vendor count the kinds of mentions, the engine from 0 and the server from 1.
    ...(mentionedInfo && { mentionedInfo: { type: type + 1, ...mentioned } }),
  };
  const hasEntries = Object.keys(expansion ?? {}).length > 0;
  return {
    fromUserId: message.senderUserId,
    sentTime: message.sentTime,
    msgUID: message.messageUId,
    objectName: message.identifier ?? "RC:TxtMsg",
    content: message.fieldsText ?? content,
    expansion: expansion !== undefined,
    extraContent: hasEntries ? JSON.stringify(expansion) : "",
  };
}
