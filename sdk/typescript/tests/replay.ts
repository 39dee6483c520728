/** Replays one scenario of `vectors/session/`. `vectors/README.md` has the format. */

import { expect } from "vitest";
import type { Conversation } from "../src/conversation.js";
import type { Change, Memory } from "../src/memory.js";
import type { Call, ClientFrame, Reply, ServerFrame } from "../src/protocol/frames.js";
import type { Outcome, Reader, SessionEvent } from "../src/session/outcome.js";
import { Session } from "../src/session/session.js";
import type { SessionOptions } from "../src/session/state.js";
import { frameOf, type JsonValue } from "./frames_as_json.js";
import type { Scenario, Step } from "./vectors.js";

export function replay({ steps }: Scenario): void {
  const [first, ...rest] = steps;
  if (first?.do !== "new") throw new Error("the first step must make a session");
  let session = newSession(first);
  rest.forEach((step, place) => {
    // Each step is a line of the file, behind three others.
    const where = `line ${place + 5}, ${step.do}`;
    if (step.do === "new") session = newSession(step);
    else if (step.do === "nothing") expectNothing(session, step, where);
    else expect(take(session, step), where).toEqual(expected(step));
  });
}

function newSession(step: Step): Session {
  return new Session(given<SessionOptions>(step, "options"));
}

/** Takes a step and gives what it gave, in the words of the vectors; frames are left as they are. */
function take(session: Session, step: Step): unknown {
  const at = () => given<number>(step, "at");
  switch (step.do) {
    case "connect":
      return session.connect(at(), given(step, "token"), given<number | null>(step, "timeoutMs") ?? undefined);
    case "disconnect":
      return session.disconnect();
    case "call":
      return session.call(at(), callOf(step));
    case "answer":
      return session.answer(at(), given<Conversation>(step, "conversation"), given(step, "messageUids"));
    case "lookAgain":
      return session.lookAgain(at());
    case "handleToken":
      return session.handleToken(at(), given<string | null>(step, "token") ?? undefined);
    case "handleNoToken":
      return session.handleNoToken(at());
    case "handleOpened":
      return session.handleOpened(at());
    case "handleClosed":
      return session.handleClosed(at());
    case "handleTimeout":
      return session.handleTimeout(at());
    case "handleFrame":
      return session.handleFrame(at(), frameOf<ServerFrame>("ServerFrame", given(step, "frame")));
    case "handleLoaded":
      return session.handleLoaded(at(), given(step, "userId"), given<Memory>(step, "memory"));
    case "handleLoadFailed":
      return session.handleLoadFailed(at(), given(step, "userId"));
    case "handleSaved":
      return session.handleSaved(given(step, "userId"), given<Change[]>(step, "changes"));
    case "handleSaveFailed":
      return session.handleSaveFailed(given(step, "userId"), given<Change[]>(step, "changes"));
    case "pollAction":
      return session.pollAction();
    case "pollTransmit":
      return session.pollTransmit();
    case "pollOutcome":
      return session.pollOutcome();
    case "pollEvent":
      return eventAsJson(session.pollEvent());
    case "pollTimeout":
      return session.pollTimeout() ?? null;
    default:
      throw new Error(`there is no step called ${step.do}`);
  }
}

/** What the step must give; frames as the codec has them. */
function expected(step: Step): unknown {
  if (step.do === "pollTransmit") return frameOf<ClientFrame>("ClientFrame", given(step, "gives"));
  if (step.do === "pollOutcome") return outcomeOf(given(step, "gives"));
  return step.gives;
}

function outcomeOf(outcome: { kind: string; reply?: JsonValue }): Outcome | object {
  if (outcome.reply === undefined) return outcome;
  return { ...outcome, reply: frameOf<Reply>("Reply", outcome.reply) };
}

function expectNothing(session: Session, step: Step, where: string): void {
  const polls: Record<string, () => unknown> = {
    action: () => session.pollAction(),
    event: () => session.pollEvent(),
    outcome: () => session.pollOutcome(),
    transmit: () => session.pollTransmit(),
  };
  for (const kind of given<string[]>(step, "polls")) expect(polls[kind]?.(), `${where}: ${kind}`).toBeUndefined();
}

function eventAsJson(event: SessionEvent | undefined): unknown {
  if (event?.kind === "messageReceived") {
    const { message, ...rest } = event;
    return { ...rest, messageUid: message.uid, senderUserId: message.senderId };
  }
  if (event?.kind === "groupMessageReadReceiptResponseReceived") {
    const pairs = (readers: Reader[]) => readers.map(({ userId, readAtMs }) => [userId, readAtMs]);
    return { ...event, respondUserIds: pairs(event.respondUserIds), newReaders: pairs(event.newReaders) };
  }
  return event;
}

function callOf(step: Step): Call {
  const { call } = frameOf<ClientFrame>("ClientFrame", given(step, "call"));
  if (!call) throw new Error("the step has no call");
  return call;
}

function given<T>(step: Step, name: string): T {
  if (!(name in step)) throw new Error(`the step ${step.do} has no ${name}`);
  return step[name] as T;
}
