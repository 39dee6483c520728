/** What the server says unasked. */

import { type Conversation, conversationFromWire } from "../conversation.js";
import { contentBytes, isUid } from "../message.js";
import type {
  Call,
  LogEntries,
  LogEntry,
  Message,
  MessageRecalled,
  Push,
  ReceiptRequested,
  ReceiptsAnswered,
} from "../protocol/frames.js";
import type { State } from "./state.js";

export function handlePush(state: State, push: Push): void {
  // Once something is left there, so is everything behind it: a later page would hide the gap.
  if (state.stalled || state.events.isFull()) {
    state.stalled = true;
    return;
  }
  switch (push.$case) {
    case "logEntries":
      return handleLog(state, push.value);
    case "receiptDelta":
      if (isUid(push.value.messageUid) && state.receipts.handleDelta(push.value, state.unsaved)) {
        state.events.pushRead(push.value.messageUid);
      }
      return;
    case "receiptsAnswered":
      return handleAnsweredElsewhere(state, push.value);
  }
}

function handleLog(state: State, page: LogEntries): void {
  const conversation = conversationFromWire(page.conversation);
  if (!conversation) return;
  const known = state.positions.through(conversation);
  let left = page.left + page.entries.length;
  for (const entry of page.entries) {
    left -= 1;
    if (entry.sequence > known) handleEntry(state, conversation, entry, left, page.offline);
  }
  if (state.positions.advance(conversation, page.through)) {
    state.unsaved.push(...state.events.afterwards({ kind: "position", conversation, through: page.through }));
  }
}

function handleEntry(state: State, conversation: Conversation, entry: LogEntry, left: number, offline: boolean): void {
  switch (entry.event?.$case) {
    case "message":
      if (isUid(entry.event.value.uid)) handleMessage(state, conversation, entry.event.value, left, offline);
      return;
    case "receiptRequested":
      if (isUid(entry.event.value.messageUid)) handleRequest(state, conversation, entry.event.value);
      return;
    case "messageRecalled":
      handleRecalled(state, conversation, entry.event.value);
  }
}

function handleMessage(
  state: State,
  conversation: Conversation,
  message: Message,
  left: number,
  offline: boolean,
): void {
  if (isOwn(state, message.senderId) && message.clientRef.startsWith(state.options.clientRefPrefix)) {
    if (asksWith(state, message.clientRef)) state.follow(conversation, message.uid);
    // The application knows it already, unless it was told that nobody knows what became of it.
    if (!state.unknownSends.has(message.clientRef)) return;
  }
  if (!message.recalled) {
    const bytes = message.content ? contentBytes(message.content) : 0;
    state.events.push({ kind: "messageReceived", conversation, message, left, offline }, bytes);
  }
}

function handleRequest(state: State, conversation: Conversation, request: ReceiptRequested): void {
  const { messageUid, senderId: senderUserId } = request;
  if (isOwn(state, senderUserId)) {
    if (state.follow(conversation, messageUid) && !asksFor(state, messageUid)) {
      state.events.push({ kind: "receiptRequestedElsewhere", conversation, messageUid });
    }
  } else if (request.answered) {
    state.unanswered.forget(messageUid, state.unsaved);
  } else if (state.outbox.holds(messageUid)) {
    state.meanwhile.set(messageUid, { conversation, askedBy: senderUserId });
  } else {
    tellRequest(state, conversation, messageUid, senderUserId);
  }
}

function tellRequest(state: State, conversation: Conversation, messageUid: string, senderUserId: string): void {
  if (!state.doneHere.has(messageUid) && state.unanswered.insert(conversation, messageUid, state.unsaved)) {
    state.events.push({
      kind: "groupMessageReadReceiptRequestReceived",
      conversation,
      messageUid,
      senderUserId,
    });
  }
}

function handleRecalled(state: State, conversation: Conversation, recalled: MessageRecalled): void {
  const { messageUid, senderId: senderUserId } = recalled;
  state.forgetMessage(messageUid);
  if (!(isOwn(state, senderUserId) && hasRecalled(state, messageUid))) {
    state.events.push({ kind: "messageRecalled", conversation, messageUid, senderUserId });
  }
}

function handleAnsweredElsewhere(state: State, answered: ReceiptsAnswered): void {
  const conversation = conversationFromWire(answered.conversation);
  if (!conversation) return;
  const good = answered.messageUids.filter(isUid);
  for (const uid of good.filter((uid) => state.outbox.holds(uid))) state.meanwhile.set(uid, { conversation });
  tellAnsweredElsewhere(
    state,
    conversation,
    good.filter((uid) => !state.outbox.holds(uid)),
  );
}

function tellAnsweredElsewhere(state: State, conversation: Conversation, uids: string[]): void {
  const messageUids = uids.filter((uid) => !state.doneHere.has(uid));
  for (const uid of messageUids) {
    state.unanswered.forget(uid, state.unsaved);
    state.doneHere.insert(uid);
  }
  if (messageUids.length > 0) state.events.push({ kind: "receiptsAnswered", conversation, messageUids });
}

function isOwn(state: State, senderId: string): boolean {
  return state.userId === senderId;
}

/** What was said about a message while this device answered for it is news if the answer does not count. */
export function tellMeanwhile(state: State, uid: string): void {
  const meanwhile = state.meanwhile.get(uid);
  if (meanwhile === undefined || state.outbox.holds(uid)) return;
  state.meanwhile.delete(uid);
  const { conversation, askedBy } = meanwhile;
  if (askedBy === undefined) tellAnsweredElsewhere(state, conversation, [uid]);
  else tellRequest(state, conversation, uid, askedBy);
}

/** This device takes the own message back, or has done so lately. */
function hasRecalled(state: State, uid: string): boolean {
  const recalls = (call: Call) => call.$case === "recallMessage" && call.value.messageUid === uid;
  return state.doneHere.has(uid) || isCalling(state, recalls);
}

/** A message of this reference is being sent, with a request. */
function asksWith(state: State, clientRef: string): boolean {
  return isCalling(
    state,
    (call) => call.$case === "sendMessage" && call.value.needReceipt && call.value.clientRef === clientRef,
  );
}

/** A receipt for this message is being asked for. */
function asksFor(state: State, uid: string): boolean {
  return isCalling(state, (call) => call.$case === "requestReceipt" && call.value.messageUid === uid);
}

function isCalling(state: State, isWanted: (call: Call) => boolean): boolean {
  return state.calls.ofApplication().some(([, call]) => isWanted(call));
}
