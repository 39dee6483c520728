/** Connections: made, lost, made again, and ended for good; and whose they are. */

import { Code } from "../codes.js";
import type { SignedIn } from "../protocol/frames.js";
import { Heartbeat } from "./heartbeat.js";
import { Outbox, Parked } from "./outbox.js";
import { type CallId, ConnectionStatus, type Outcome } from "./outcome.js";
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
  tryStorageAgain(state);
}

/** What the storage has refused may work by now. Nothing is on its way to the server, so answers may get new numbers. */
function tryStorageAgain(state: State): void {
  if (state.owner?.memory === "unreadable") load(state, state.owner.userId);
  else if (state.mustSaveAgain) state.saveAgain();
}

/** Answers given from now on are this user's, or refused if nobody is named. */
export function expectUser(state: State, userId: string | undefined): void {
  if (state.owner?.userId === userId) return;
  parkOwner(state);
  if (userId === undefined) return;
  state.storeId = "";
  load(state, userId);
}

function load(state: State, userId: string): void {
  state.owner = { userId, memory: "loading" };
  state.actions.push({ kind: "load", userId });
}

export function handleSignedIn(state: State, now: number, signedIn: SignedIn): void {
  state.readServerTime(now, signedIn.serverTimeMs);
  expectUser(state, signedIn.userId);
  state.phase = { kind: "loading", signedIn };
  goOnlineIfLoaded(state, now);
}

/** Without its memory too, if that cannot be read: then this is like a new device. */
export function goOnlineIfLoaded(state: State, now: number): void {
  if (state.phase.kind === "loading" && state.owner?.memory !== "loading") goOnline(state, now, state.phase.signedIn);
}

function goOnline(state: State, now: number, signedIn: SignedIn): void {
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
    state.login.isRenewed = false;
    tellConnected(state, Code.SUCCESS, signedIn.userId);
  }
  endCallsOfOthers(state, signedIn.userId);
  resume(state, now, signedIn.resumeItemsMax);
  for (const [number, call] of state.calls.ofApplication()) state.transmit(now, number, call);
  state.pump(now);
}

/** What one user has called is never said in another's name. */
function endCallsOfOthers(state: State, userId: string): void {
  if (state.caller !== userId) endCalls(state);
  state.caller = userId;
}

function endCalls(state: State): void {
  for (const [number, call] of state.calls.ofApplication()) {
    state.calls.take(number);
    state.endUnknown(number, call, Code.RESULT_UNKNOWN);
  }
}

/** Positions and receipts of another store mean nothing in this one. Answers do: their messages may be there. */
function forgetStore(state: State, storeId: string): void {
  forget(state);
  state.storeId = storeId;
  state.unsaved.push({ kind: "storeChanged", storeId });
}

/** Ends a connection that may still be open. */
export function dropConnection(state: State, now: number, waitAtLeastMs: number, why: string): void {
  state.trouble = why;
  state.actions.push({ kind: "close" });
  lose(state, now, waitAtLeastMs);
}

export function lose(state: State, now: number, waitAtLeastMs: number): void {
  // A connection that ends right after it began counts as a failed attempt.
  if (state.phase.kind === "online" && now - state.phase.since >= state.options.backoffMaxMs) state.backoff.reset();
  endConnection(state);
  const until = now + Math.max(state.backoff.next(), waitAtLeastMs);
  state.phase = { kind: "waiting", until, notBefore: now + waitAtLeastMs };
  state.setStatus(ConnectionStatus.SUSPENDED);
}

export function endConnection(state: State): void {
  state.transmits = [];
  for (const purpose of state.calls.takeOwn()) {
    if (purpose.kind === "answers") state.outbox.putBack(purpose.batch);
    if (purpose.kind === "readers") state.receipts.handleNoPage(purpose.uid);
  }
}

/** The server says no to this sign-in. A newer token may help, once: if that is refused too, it is for good. */
export function handleRefused(state: State, code: number): void {
  const isOfToken = code === Code.TOKEN_INCORRECT || code === Code.TOKEN_EXPIRED;
  const mayRenew = state.options.renewsTokens && state.login?.isRenewed === false;
  if (!isOfToken || !mayRenew) return signOutRefused(state, code);
  state.actions.push({ kind: "close" });
  endConnection(state);
  state.phase = { kind: "renewing", code };
  state.actions.push({ kind: "renewToken" });
  state.setStatus(ConnectionStatus.SUSPENDED);
}

/** Ends the attempts of one `connect`, because another one takes over. */
export function giveWay(state: State): void {
  if (state.isConnected) state.actions.push({ kind: "close" });
  endConnection(state);
  tellConnected(state, Code.NOT_CONNECTED);
  state.login = undefined;
}

/** There is a connection already, or one is being made: for this user, as far as that is known yet. */
export function refuseSecond(state: State, call: CallId): void {
  state.outcomes.push(connected(call, Code.CONNECTION_EXISTS, state.owner?.userId));
}

/** Stops for a reason of the server. */
export function signOutRefused(state: State, code: number): void {
  signOut(state, statusOfRefusal(code), code);
}

/** Stops. What the application waits for ends here, but for its answers. */
export function signOut(state: State, status: ConnectionStatus, code: number): void {
  if (state.isConnected) state.actions.push({ kind: "close" });
  endConnection(state);
  state.phase = { kind: "signedOut" };
  tellConnected(state, code);
  state.login = undefined;
  endCalls(state);
  state.setStatus(status);
}

/** The result of `connect`, if it has not been told. */
function tellConnected(state: State, code: number, userId?: string): void {
  const call = state.login?.call;
  if (!state.login || call === undefined) return;
  state.login.call = undefined;
  state.outcomes.push(connected(call, code, userId));
}

function connected(call: CallId, code: number, userId: string | undefined): Outcome {
  return { kind: "connected", call, code, ...(userId === undefined ? {} : { userId }) };
}

/** Puts the present user aside. Its answers are remembered, and so is who waits for them. */
function parkOwner(state: State): void {
  forget(state);
  if (state.mustSaveAgain) state.saveAgain();
  state.flushUnsaved();
  state.unsaved = [];
  if (!state.owner) return;
  const parked = state.parked.get(state.owner.userId) ?? new Parked();
  state.outbox.park(parked, state.hasLoaded);
  state.parked.set(state.owner.userId, parked);
  state.outbox = new Outbox();
  state.owner = undefined;
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
