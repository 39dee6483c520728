/** Connections: made, lost, made again, and ended for good; and whose they are. */

import { Code } from "../codes.js";
import type { SignedIn } from "../protocol/frames.js";
import { Heartbeat } from "./heartbeat.js";
import { Outbox } from "./outbox.js";
import { type CallId, ConnectionStatus } from "./outcome.js";
import { Positions } from "./positions.js";
import { Receipts } from "./receipts.js";
import { Recent } from "./recent.js";
import { resume } from "./resume.js";
import type { State } from "./state.js";
import { Unanswered } from "./unanswered.js";

/** What a server may ask for; anything else is brought into this range. */
const ANSWERS_PER_FRAME_MAX = 1_000;

export function open(state: State, now: number): void {
  state.phase = { kind: "opening", until: now + state.options.attemptTimeoutMs };
  state.actions.push({ kind: "connect" });
  state.setStatus(ConnectionStatus.CONNECTING);
}

export function handleSignedIn(state: State, now: number, signedIn: SignedIn): void {
  state.readServerTime(now, signedIn.serverTimeMs);
  if (state.owner && state.owner.userId !== signedIn.userId) parkOwner(state);
  if (state.owner) {
    goOnline(state, now, signedIn);
  } else {
    state.actions.push({ kind: "load", userId: signedIn.userId });
    state.phase = { kind: "loading", signedIn };
  }
}

export function goOnline(state: State, now: number, signedIn: SignedIn): void {
  if (state.storeId !== signedIn.storeId) forgetStore(state, signedIn.storeId);
  state.stalled = false;
  state.phase = {
    kind: "online",
    since: now,
    heartbeat: new Heartbeat(now, signedIn.pingIntervalMs),
    answersPerFrame: Math.min(Math.max(signedIn.answersPerFrameMax, 1), ANSWERS_PER_FRAME_MAX),
  };
  state.setStatus(ConnectionStatus.CONNECTED);
  if (state.login) {
    state.login.giveUpAt = undefined;
    tellConnected(state, Code.SUCCESS, signedIn.userId);
  }
  resume(state, now);
  for (const [number, call] of state.calls.ofApplication()) state.transmit(now, number, call);
  state.pump(now);
}

/** Positions and receipts of another store mean nothing in this one. Answers do: their messages may be there. */
function forgetStore(state: State, storeId: string): void {
  forget(state);
  state.storeId = storeId;
  state.unsaved.push({ kind: "storeChanged", storeId });
}

/** Ends a connection that may still be open. */
export function dropConnection(state: State, now: number, waitAtLeastMs: number): void {
  state.actions.push({ kind: "close" });
  lose(state, now, waitAtLeastMs);
}

export function lose(state: State, now: number, waitAtLeastMs: number): void {
  // A connection that ends right after it began counts as a failed attempt.
  if (state.phase.kind === "online" && now - state.phase.since >= state.options.backoffMaxMs) state.backoff.reset();
  endConnection(state);
  state.phase = { kind: "waiting", until: now + Math.max(state.backoff.next(), waitAtLeastMs) };
  state.setStatus(ConnectionStatus.SUSPENDED);
}

export function endConnection(state: State): void {
  state.transmits = [];
  for (const purpose of state.calls.takeOwn()) {
    if (purpose.kind === "answers") state.outbox.putBack(purpose.batch);
    if (purpose.kind === "readers") state.receipts.handleNoPage(purpose.uid);
  }
}

/** Stops for a reason of the server. */
export function signOutRefused(state: State, code: number): void {
  signOut(state, statusOfRefusal(code), code);
}

/** Stops. What the application waits for ends here, but for the answers of a known user. */
export function signOut(state: State, status: ConnectionStatus, code: number): void {
  if (state.isConnected) state.actions.push({ kind: "close" });
  endConnection(state);
  state.phase = { kind: "signedOut" };
  tellConnected(state, code);
  state.login = undefined;
  for (const [number, call] of state.calls.ofApplication()) {
    state.calls.take(number);
    state.endUnknown(number, call, Code.RESULT_UNKNOWN);
  }
  if (!state.owner) {
    for (const call of takeAnswerCalls(state).values()) {
      state.outcomes.push({ kind: "answered", call, code: Code.NOT_CONNECTED });
    }
  }
  state.setStatus(status);
}

/** The result of `connect`, if it has not been told. */
function tellConnected(state: State, code: number, userId?: string): void {
  const call = state.login?.call;
  if (!state.login || call === undefined) return;
  state.login.call = undefined;
  state.outcomes.push({ kind: "connected", call, code, ...(userId === undefined ? {} : { userId }) });
}

/** Puts the present user aside. Its answers are remembered, and so is who waits for them. */
export function parkOwner(state: State): void {
  forget(state);
  state.flushUnsaved();
  const calls = takeAnswerCalls(state);
  if (!state.owner) return;
  const parked = state.parked.get(state.owner.userId) ?? new Map<number, CallId>();
  for (const [number, call] of calls) parked.set(number, call);
  state.parked.set(state.owner.userId, parked);
  state.owner = undefined;
}

/** Empties the outbox; the calls that wait, by the number of their answer. */
function takeAnswerCalls(state: State): Map<number, CallId> {
  const calls = state.outbox.calls();
  state.outbox = new Outbox();
  return calls;
}

/** Nothing that is known holds any longer. Events that wait were true when they happened, and are told. */
function forget(state: State): void {
  const changes = state.events.takeChanges();
  state.events.settle((uid) => state.receipts.takeEvent(uid, state.unsaved));
  state.unsaved.push(...changes);
  state.positions = new Positions();
  state.receipts = new Receipts();
  state.unanswered = new Unanswered();
  state.doneHere = new Recent();
  state.meanwhile.clear();
}

function statusOfRefusal(code: number): ConnectionStatus {
  switch (code) {
    case Code.KICKED_BY_OTHER_DEVICE:
      return ConnectionStatus.KICKED_BY_OTHER_DEVICE;
    case Code.TOKEN_INCORRECT:
    case Code.TOKEN_EXPIRED:
      return ConnectionStatus.TOKEN_INCORRECT;
    case Code.USER_BLOCKED:
      return ConnectionStatus.USER_BLOCKED;
    default:
      return ConnectionStatus.REFUSED;
  }
}
