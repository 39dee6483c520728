/** The same messages by every path that gives one to a user: pushed, caught up, looked up, last of a conversation. */

import { expect } from "vitest";
import {
  type RCIMIWCustomMessage,
  type RCIMIWMessage,
  RCIMIWMessageType,
  type RCIMIWTextMessage,
} from "../../src/index.js";
import { soon } from "./patience.js";
import type { Phone, Place } from "./phone.js";

export type Message = RCIMIWTextMessage & RCIMIWCustomMessage;

/** What each path gave, message by message. */
export type Given = Record<string, Message[]>;

/** What differs between paths, and why. All other fields are the same, whichever there are. */
const DIFFERS: Partial<Record<keyof Message, string>> = {
  messageId: "each device numbers messages for itself",
  receivedTime: "when this device got it, by its own clock",
  offLine: "whether it came by itself, and had been said before this device connected",
};

/** What there is to say, each in a conversation of its own, so that it is the last message there. */
export function oneOfEachKind(ward: Place, city: Place, alice: string, bob: string): Message[] {
  const everything = {
    extra: '{"urgent":true}',
    userInfo: { userId: alice, name: "Alice Ndiaye", portrait: "https://city.example/a.png", alias: "Ali", extra: "x" },
    mentionedInfo: { type: 1, userIdList: [bob, "carol"], mentionedContent: "look here" },
    expansion: { bed: "7", shift: "" },
    canIncludeExpansion: true,
    needReceipt: true,
  };
  // With a number that JavaScript would round.
  const fieldsText = '{ "bed": 12345678901234567890123, "choices": ["yes", null] }';
  const fields = { identifier: "city:vote", policy: 3, fields: JSON.parse(fieldsText), fieldsText };
  const vote = { messageType: RCIMIWMessageType.custom, ...fields };
  const mentionedInfo = { type: 0, userIdList: [], mentionedContent: "" };
  return [
    { ...named(ward), ...vote, ...everything },
    { ...textIn({ ...city, channelId: "news" }, "round at nine"), ...everything },
    { ...named({ ...city, channelId: "garden" }), ...vote },
    { ...textIn(city, "asked about later"), mentionedInfo, expansion: {}, canIncludeExpansion: true },
  ];
}

export function textIn(place: Place, text: string): Message {
  return { ...named(place), messageType: RCIMIWMessageType.text, text };
}

function named({ type, targetId, channelId }: Place): Message {
  return { conversationType: type, targetId, ...(channelId && { channelId }) };
}

export function placeOf({ conversationType = 0, targetId = "", channelId }: RCIMIWMessage): Place {
  return { type: conversationType, targetId, ...(channelId && { channelId }) };
}

/** Waits for these messages, as they come by themselves, and gives them in this order. */
export function told(phone: Phone, sent: Message[], fields: Message = {}): Promise<Message[]> {
  return soon(async () => {
    const heard: { message: Message }[] = await phone.hears("message");
    return sent.map(({ messageUId }) => {
      const message = heard.find(({ message }) => message.messageUId === messageUId)?.message ?? {};
      expect(message).toMatchObject({ messageUId, ...fields });
      return message;
    });
  });
}

export async function lookedUp(phone: Phone, sent: Message[]): Promise<Given> {
  const given: Given = {};
  for (const { messageUId = "", ...message } of sent) {
    const place = placeOf(message);
    const found = (await phone.byUid(messageUId)).result.t;
    const ways: Record<string, Message[]> = {
      "by its uid": [found],
      "by its number": [(await phone.byId(found.messageId)).result.t],
      "history, newest first": (await phone.history(place, 100)).result.t,
      "history, oldest first": (await phone.history(place, 100, 1, 1)).result.t,
      "history, by the listener": await phone.loads(place, 100),
    };
    for (const [path, messages] of Object.entries(ways)) {
      given[path] ??= [];
      given[path].push(...messages.filter((message) => message.messageUId === messageUId));
    }
  }
  return given;
}

export async function listed(phone: Phone, sent: Message[]): Promise<Given> {
  const { t: conversations } = (await phone.conversations()).result;
  const last: Message[] = conversations.map(({ lastMessage }: { lastMessage: Message }) => lastMessage);
  const found = sent.map(({ messageUId }) => last.find((message) => message.messageUId === messageUId) ?? {});
  return { "last of its conversation": found };
}

/** Every path gave the same, field by field, and in it all that the sender has set. */
export function expectTheSame(given: Given, sent: Message[]): Message[] {
  const [first = []] = Object.values(given);
  for (const [path, messages] of Object.entries(given)) {
    expect(messages.map(comparable), path).toEqual(first.map(comparable));
  }
  // These depend on who looks, and when.
  const said = sent.map(({ direction, sentStatus, groupReadReceiptInfo, ...said }) => comparable(said));
  expect(first).toMatchObject(said);
  return first;
}

function comparable(message: Message): Message {
  return Object.fromEntries(Object.entries(message).filter(([field]) => !(field in DIFFERS)));
}
