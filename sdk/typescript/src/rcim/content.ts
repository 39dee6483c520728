/** What a message says and what stands beside it: the vendor's fields, from the application to the wire and back. */

import { Code } from "../codes.js";
import { texts } from "../message.js";
import type { Content, Expansion, MentionedInfo, MentionedType, UserInfo } from "../protocol/frames.js";
import { isNumber, isObject, isOptionalString, isString } from "./arguments.js";
import { RCIMIWCustomMessagePolicy, RCIMIWMentionedType, RCIMIWMessageType } from "./enums.js";
import type {
  RCIMIWCustomMessage,
  RCIMIWMentionedInfo,
  RCIMIWMessage,
  RCIMIWTextMessage,
  RCIMIWUserInfo,
} from "./types.js";

/** The content of a message that is to be sent, or the code that says why it cannot be sent. */
export function toContent(message: RCIMIWMessage): Content | number {
  if (isDirected(message)) return Code.CALL_NOT_SUPPORTED;
  const kind = contentKind(message);
  if (typeof kind === "number") return kind;
  const extra: unknown = message.extra ?? "";
  const userInfo = toUserInfo(message.userInfo);
  const mentionedInfo = toMentionedInfo(message.mentionedInfo);
  const expansion = toExpansion(message.expansion ?? (message.canIncludeExpansion === true ? {} : undefined));
  const isDropped =
    (isGiven(message.userInfo) && !userInfo) ||
    (isGiven(message.mentionedInfo) && !mentionedInfo) ||
    (isGiven(message.expansion) && !expansion);
  if (isDropped || typeof extra !== "string") return Code.PARAM_ERROR;
  const content: Content = { kind, extra, userInfo, mentionedInfo, expansion };
  return texts(content).every(isWhole) ? content : Code.PARAM_ERROR;
}

/** To some members of the group only: here a message goes to all of them, so it must not be sent. */
function isDirected(message: RCIMIWMessage): boolean {
  const { directedUserIds } = message;
  return Array.isArray(directedUserIds) && directedUserIds.length > 0;
}

function contentKind(message: RCIMIWMessage): NonNullable<Content["kind"]> | number {
  if (message.messageType === RCIMIWMessageType.text) {
    const { text } = message as RCIMIWTextMessage;
    return isString(text) ? { $case: "text", value: { text } } : Code.PARAM_ERROR;
  }
  if (message.messageType !== RCIMIWMessageType.custom) return Code.CALL_NOT_SUPPORTED;
  const { identifier, policy: given } = message as RCIMIWCustomMessage;
  const policy = given ?? RCIMIWCustomMessagePolicy.normal;
  const json = fieldsOf(message);
  if (!isString(identifier) || !isNumber(policy) || json === undefined) return Code.PARAM_ERROR;
  return { $case: "custom", value: { identifier, policy: policy >>> 0, fields: json } };
}

/** Those of a message that came, if they are still the same, are sent on as they were written: numbers of any length. */
function fieldsOf({ fields, fieldsText }: RCIMIWCustomMessage): string | undefined {
  // JSON has no maps: one would become an empty object.
  const json = jsonOf(fields instanceof Map ? Object.fromEntries(fields) : (fields ?? {}));
  return isString(fieldsText) && jsonOf(parsed(fieldsText)) === json ? fieldsText : json;
}

/** `undefined` for what JSON cannot say. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function toUserInfo(info: RCIMIWUserInfo | null | undefined): UserInfo | undefined {
  if (!isObject(info)) return undefined;
  const { userId, name, portrait, alias, extra } = info as RCIMIWUserInfo;
  if (![userId, name, portrait, alias, extra].every(isOptionalString)) return undefined;
  return { userId: userId ?? "", name: name ?? "", portrait: portrait ?? "", alias: alias ?? "", extra: extra ?? "" };
}

function toMentionedInfo(info: RCIMIWMentionedInfo | null | undefined): MentionedInfo | undefined {
  if (!isObject(info)) return undefined;
  const { type = RCIMIWMentionedType.all, userIdList, mentionedContent } = info as RCIMIWMentionedInfo;
  const userIds = userIdList ?? [];
  if (!isNumber(type) || !(type in RCIMIWMentionedType) || !Array.isArray(userIds) || !userIds.every(isString))
    return undefined;
  if (!isOptionalString(mentionedContent)) return undefined;
  return { type: type as number as MentionedType, userIds: [...userIds], content: mentionedContent ?? "" };
}

/** An object, or on React Native a `Map`. */
function toExpansion(expansion: unknown): Expansion | undefined {
  if (!isObject(expansion) && !(expansion instanceof Map)) return undefined;
  const entries: [unknown, unknown][] = expansion instanceof Map ? [...expansion] : Object.entries(expansion);
  if (!entries.every(([key, value]) => isString(key) && typeof value === "string")) return undefined;
  return { entries: entries.map(([key, value]) => ({ key: key as string, value: value as string })) };
}

/** Half a surrogate pair is no character: on its way it would become another one, and the sender would not see it. */
function isWhole(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** The fields of a message that say something. */
export function fromContent(content: Content | undefined, recalled: boolean): RCIMIWTextMessage | RCIMIWCustomMessage {
  const beside = content ? fieldsBeside(content) : {};
  switch (content?.kind?.$case) {
    case "text":
      return { messageType: RCIMIWMessageType.text, text: content.kind.value.text, ...beside };
    case "custom": {
      const { identifier, policy, fields } = content.kind.value;
      return {
        messageType: RCIMIWMessageType.custom,
        identifier,
        policy,
        fields: parsed(fields),
        fieldsText: fields,
        ...beside,
      };
    }
    default:
      return { messageType: recalled ? RCIMIWMessageType.recall : RCIMIWMessageType.unknown, ...beside };
  }
}

function fieldsBeside({ extra, userInfo, mentionedInfo, expansion }: Content) {
  return {
    ...(extra && { extra }),
    ...(userInfo && { userInfo: { ...userInfo } }),
    ...(mentionedInfo && {
      mentionedInfo: {
        type: mentionedInfo.type as number as RCIMIWMentionedType,
        userIdList: mentionedInfo.userIds,
        mentionedContent: mentionedInfo.content,
      },
    }),
    // Own properties whatever the keys are called, `__proto__` included.
    ...(expansion && {
      expansion: Object.fromEntries(expansion.entries.map(({ key, value }) => [key, value])),
      canIncludeExpansion: true,
    }),
  };
}

/** Somebody else's sender may have put anything there. */
function parsed(fields: string): Record<string, string> {
  try {
    return JSON.parse(fields);
  } catch {
    return { raw: fields };
  }
}
