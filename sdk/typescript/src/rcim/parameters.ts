/** What each call takes, by the names of its parameters, and what the console says if it gets something else. */

import { isArray, isBoolean, isNumber, isObject, isOptionalString, isString } from "./arguments.js";
import { areTypes } from "./conversations.js";
import { MESSAGES_NOT_SUPPORTED } from "./not_supported.js";

interface Kind {
  is(value: unknown): boolean;
  /** As in "must be …". */
  name: string;
}

const text: Kind = { is: isString, name: "a text that is not empty" };
const textOrNothing: Kind = { is: isOptionalString, name: "a text, null or undefined" };
const number: Kind = { is: isNumber, name: "a number" };
const boolean: Kind = { is: isBoolean, name: "true or false" };
const object: Kind = { is: isObject, name: "an object" };
const list: Kind = { is: isArray, name: "an array that is not empty" };
const types: Kind = {
  is: (value) => isArray(value) && areTypes(value),
  name: "an array of types of conversations that is not empty",
};

const place = { type: number, targetId: text, channelId: textOrNothing };
const history = { ...place, sentTime: number, order: number, policy: number, count: number };

const PARAMETERS: Record<string, Record<string, Kind>> = {
  connect: { token: text, timeout: number },
  disconnect: { receivePush: boolean },
  changeLogLevel: { level: number },
  createTextMessage: { ...place, text },
  createCustomMessage: { ...place, policy: number, messageIdentifier: text },
  sendMessage: { message: object },
  getMessages: history,
  loadMessages: history,
  getMessageById: { messageId: number },
  getMessageByUId: { messageUId: text },
  recallMessage: { message: object },
  sendGroupReadReceiptRequest: { message: object },
  sendGroupReadReceiptResponse: { targetId: text, channelId: textOrNothing, messages: list },
  sendReadReceiptResponseV5: { ...place, messageUIds: list },
  getMessageReadReceiptInfoV5: { ...place, messageUIds: list },
  getMessageReadReceiptInfoV5ByIdentifiers: { identifiers: list },
  getMessagesReadReceiptUsersByPageV5: { ...place, messageUId: text, option: object },
  getMessagesReadReceiptByUsersV5: { ...place, messageUId: text, userIds: list },
  getConversations: { conversationTypes: types, channelId: textOrNothing, startTime: number, count: number },
  getUserInfos: { ...place, userIds: list },
};

const aMessage = "message must name its conversation by targetId";
const aPageOfHistory = "sentTime must be a whole number from 0 on, and count one from 1 on";
const someUids = "messageUIds must be texts that are not empty";
const someUsers = "userIds must be texts that are not empty";

/** What the call wants of the inside of its arguments. */
const CONTENTS: Record<string, string> = {
  sendMessage: `${aMessage}, and have a text, or an identifier, a policy and fields that JSON can say`,
  getMessages: aPageOfHistory,
  loadMessages: aPageOfHistory,
  recallMessage: aMessage,
  sendGroupReadReceiptRequest: aMessage,
  sendGroupReadReceiptResponse: "messages must be objects, all of the conversation that targetId and channelId name",
  sendReadReceiptResponseV5: someUids,
  getMessageReadReceiptInfoV5: someUids,
  getMessageReadReceiptInfoV5ByIdentifiers: "identifiers must be objects that name their conversation by targetId",
  getMessagesReadReceiptUsersByPageV5: "option.pageCount must be a whole number from 1 on, and option.pageToken a text",
  getMessagesReadReceiptByUsersV5: someUsers,
  getConversations: "count must be a whole number from 1 on",
  getUserInfos: someUsers,
};

/** The first argument that is missing or has the wrong type; `undefined` if there is none. */
export function wrongArgument(call: string, values: readonly unknown[]): string | undefined {
  const parameters = Object.entries(parametersOf(call));
  const place = parameters.findIndex(([, kind], at) => !kind.is(values[at]));
  const [name, kind] = parameters[place] ?? [];
  // The value itself may be a secret.
  return kind && `${call}: argument ${place + 1}, ${name}, must be ${kind.name}, and is ${kindOf(values[place])}`;
}

/** Messages of all kinds are made at a place. */
export function parametersOf(call: string): Record<string, Kind> {
  return PARAMETERS[call] ?? (call in MESSAGES_NOT_SUPPORTED ? place : {});
}

/** Why arguments of the right types cannot be meant so, for calls that look into them. */
export function wrongContents(call: string): string | undefined {
  return call in CONTENTS ? `${call}: ${CONTENTS[call]}` : undefined;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null || Number.isNaN(value)) return String(value);
  if (value === "") return "an empty text";
  if (typeof value !== "object") return `a ${typeof value}`;
  return Array.isArray(value) && value.length === 0 ? "an empty array" : Object.prototype.toString.call(value);
}
