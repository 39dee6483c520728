/** What the server says to a call. */

import { Code } from "../codes.js";
import { conversationFromWire } from "../conversation.js";
import type { Call, Conversation, Reply } from "../protocol/frames.js";
import type { Purpose } from "./calls.js";
import { dropConnection, handleRefused, handleSignedIn } from "./connection.js";
import type { Batch, Settled } from "./outbox.js";
import { responseCode } from "./outcome.js";
import { tellMeanwhile } from "./pushes.js";
import type { State } from "./state.js";

/** What a server may ask for; anything else is brought into this range. */
const RETRY_AFTER_MS_MAX = 300_000;

export function handleReply(state: State, now: number, reply: Reply): void {
  if (state.phase.kind === "signingIn" && state.phase.call === reply.callId) {
    handleSignInReply(state, now, reply);
  } else if (state.phase.kind === "online") {
    // A reply to no call is late: its call has ended already.
    const purpose = state.calls.take(reply.callId);
    if (purpose) handleCallReply(state, now, purpose, reply);
  }
}

function handleSignInReply(state: State, now: number, { code, result, ...reply }: Reply): void {
  if (result?.$case === "signedIn" && code === Code.SUCCESS && result.value.userId !== "") {
    handleSignedIn(state, now, result.value);
  } else if (refusesForGood(code)) {
    handleRefused(state, code);
  } else {
    dropConnection(state, now, retryAfterMs(reply), `the server did not sign in: ${code}`);
  }
}

function handleCallReply(state: State, now: number, purpose: Purpose, reply: Reply): void {
  switch (purpose.kind) {
    case "application":
      return handleApplicationReply(state, purpose.call, reply);
    case "answers":
      return handleAnswersReply(state, now, purpose.batch, reply);
    case "readers":
      return handleReadersReply(state, now, purpose.uid, reply);
    case "resume":
      if (reply.code !== Code.SUCCESS) handleResumeRefused(state, now, reply);
      return;
    case "ping":
      if (reply.result?.$case === "pong") state.readServerTime(now, reply.result.value.serverTimeMs);
  }
}

function handleApplicationReply(state: State, call: Call, reply: Reply): void {
  if (reply.code === Code.SUCCESS) noteDone(state, call, reply);
  state.outcomes.push({ kind: "replied", call: reply.callId, reply });
}

function noteDone(state: State, call: Call, { result }: Reply): void {
  if (call.$case === "sendMessage" && call.value.needReceipt && result?.$case === "messageSent") {
    follow(state, call.value.conversation, result.value.messageUid);
  } else if (call.$case === "requestReceipt") {
    follow(state, call.value.conversation, call.value.messageUid);
  } else if (call.$case === "recallMessage") {
    state.forgetMessage(call.value.messageUid);
    state.doneHere.insert(call.value.messageUid);
  }
}

function follow(state: State, wire: Conversation | undefined, uid: string): void {
  const conversation = conversationFromWire(wire);
  if (conversation) state.follow(conversation, uid);
}

function handleAnswersReply(state: State, now: number, batch: Batch, reply: Reply): void {
  const codes = reply.result?.$case === "receiptsAccepted" ? reply.result.value.codes : [];
  const code = (place: number) => codes[place] ?? reply.code;
  const uids = state.outbox.uids(batch);
  const again = uids.some((_, place) => isTransient(code(place)));
  uids.forEach((uid, place) => {
    if (!isTransient(code(place))) noteAnswered(state, uid, code(place));
  });
  if (again) state.answersPause.begin(now, retryAfterMs(reply));
  else state.answersPause.end();
  const settled = state.outbox.settle(batch, (place) => (isTransient(code(place)) ? undefined : code(place)));
  for (const answer of settled) tellAnswered(state, answer);
  for (const uid of uids) tellMeanwhile(state, uid);
}

/** A refused answer is as finished as an accepted one, but for a user who may come back into the group. */
function noteAnswered(state: State, uid: string, code: number): void {
  if (!isOfSomebodyAway(code)) state.unanswered.forget(uid, state.unsaved);
  if (code === Code.SUCCESS) state.doneHere.insert(uid);
}

function tellAnswered(state: State, { number, call, isKept, response }: Settled): void {
  state.unsaved.push({ kind: "answerDone", number });
  const code = responseCode(response);
  if (call !== undefined && !isKept) state.outcomes.push({ kind: "kept", call });
  if (call === undefined) state.events.push({ kind: "groupReadReceiptResponseSent", code, response });
  else state.outcomes.push({ kind: "answered", call, code, response });
}

/** The user may come back into the group, and the channel may be made again. */
function isOfSomebodyAway(code: number): boolean {
  return code === Code.NOT_IN_GROUP || code === Code.NOT_IN_ULTRA_GROUP || code === Code.ULTRA_GROUP_CHANNEL_NOT_EXIST;
}

function handleReadersReply(state: State, now: number, uid: string, reply: Reply): void {
  if (isTransient(reply.code)) {
    state.fetchesPause.begin(now, retryAfterMs(reply));
    state.receipts.handleNoPage(uid);
    return;
  }
  state.fetchesPause.end();
  if (isOfSomebodyAway(reply.code)) {
    // Whoever comes back connects anew, and says then how many readers it has.
    state.receipts.leaveGap(uid);
  } else if (reply.result?.$case !== "readers" || reply.code !== Code.SUCCESS) {
    state.receipts.forget(uid, state.unsaved);
  } else if (state.receipts.handlePage(uid, reply.result.value)) {
    state.events.pushRead(uid);
  }
}

/**
 * Said once more, the same would be refused again. A client that says nothing hears everything, and passes over what it
 * knows.
 */
function handleResumeRefused(state: State, now: number, reply: Reply): void {
  state.resumeRefused = !isTransient(reply.code);
  dropConnection(state, now, retryAfterMs(reply), `the server would not hear what this client has: ${reply.code}`);
}

function retryAfterMs(reply: Pick<Reply, "retryAfterMs">): number {
  return Math.min(reply.retryAfterMs, RETRY_AFTER_MS_MAX);
}

/** The same sign-in would fail in the same way. */
function refusesForGood(code: number): boolean {
  const refusals: number[] = [
    Code.APP_KEY_REJECTED,
    Code.TOKEN_INCORRECT,
    Code.TOKEN_EXPIRED,
    Code.USER_BLOCKED,
    Code.KICKED_BY_OTHER_DEVICE,
  ];
  return refusals.includes(code);
}

/** The same call may succeed later. */
function isTransient(code: number): boolean {
  const passing: number[] = [Code.REQUEST_OVER_FREQUENCY, Code.STORE_UNAVAILABLE, Code.SHUTTING_DOWN, Code.TOO_BUSY];
  return passing.includes(code);
}
