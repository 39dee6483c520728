/** Lists and counts of the per-message receipts (V5), from the wire. */

import { Code } from "../codes.js";
import type { Conversation } from "../conversation.js";
import {
  type Call,
  type MessageReceiptCounts,
  ReceiptOrder,
  ReceiptStatus,
  type ReceiptUsers,
} from "../protocol/frames.js";
import { isCount } from "./arguments.js";
import { RCIMIWReadReceiptOrder, RCIMIWReadReceiptStatus } from "./enums.js";
import { type Checked, counted, named } from "./message.js";
import type { RCIMIWReadReceiptInfoV5, RCIMIWReadReceiptUsersOption, RCIMIWReadReceiptUsersResult } from "./types.js";

const PAGE_COUNT = 100;
/** No server makes longer ones. */
const PAGE_TOKEN_LENGTH_MAX = 1_024;

/** The call that an option asks for. */
export function pageCall(conversation: Conversation, uid: string, option: RCIMIWReadReceiptUsersOption): Checked<Call> {
  const token = option.pageToken ?? "";
  const count = option.pageCount ?? PAGE_COUNT;
  if (!isCount(count) || typeof token !== "string") return { code: Code.PARAM_ERROR };
  if (token.length > PAGE_TOKEN_LENGTH_MAX) return { code: Code.PAGE_TOKEN_INVALID };
  const value = {
    conversation,
    messageUid: uid,
    status: statusOf(option.readStatus),
    order: option.order === RCIMIWReadReceiptOrder.ascending ? ReceiptOrder.ASCENDING : ReceiptOrder.DESCENDING,
    pageToken: token,
    count,
  };
  return { code: 0, value: { $case: "listReceiptUsers", value } };
}

function statusOf(status: RCIMIWReadReceiptStatus | undefined): ReceiptStatus {
  if (status === RCIMIWReadReceiptStatus.unread) return ReceiptStatus.UNREAD;
  return status === RCIMIWReadReceiptStatus.left ? ReceiptStatus.LEFT : ReceiptStatus.READ;
}

export function usersOf(page: ReceiptUsers): RCIMIWReadReceiptUsersResult {
  const users = page.users.map(({ userId, readAtMs, status }) => ({
    userId,
    timestamp: readAtMs,
    readStatus: status as number as RCIMIWReadReceiptStatus,
  }));
  return { pageToken: page.pageToken, totalCount: page.total, users };
}

export function countsOf(conversation: Conversation, item: MessageReceiptCounts): RCIMIWReadReceiptInfoV5 {
  return { ...named(conversation), messageUId: item.messageUid, ...counted(item.counts), code: item.code };
}
