/** What an installation remembers of one user between runs. It changes by {@link Change}s only. */

import type { Conversation } from "./conversation.js";

/** Whose memory it is. Nothing of one user may ever be sent in another's name. */
export interface Owner {
  appKey: string;
  userId: string;
}

export interface Memory {
  /** The server's store in which positions and receipts mean something. */
  storeId: string;
  /** Up to which entry each conversation's log has been handed on. */
  positions: Position[];
  /** Own messages with a receipt request, oldest first. */
  asked: Asked[];
  /** Requests of others that this user has not answered, oldest first. */
  unanswered: MessageName[];
  /** Answers that wait for the server, by number. */
  answers: KeptAnswer[];
}

export interface Position {
  conversation: Conversation;
  through: number;
}

export interface MessageName {
  conversation: Conversation;
  messageUid: string;
}

export interface Asked extends MessageName {
  /** How many readers the application has been told of. */
  readers: number;
}

/** An answer for one or several messages of one conversation. */
export interface Answer {
  conversation: Conversation;
  messageUids: string[];
}

export interface KeptAnswer {
  number: number;
  answer: Answer;
}

/** One thing that is different from now on. */
export type Change =
  /** The server has another store: positions and receipts of the old one are forgotten, answers stay. */
  | { kind: "storeChanged"; storeId: string }
  /** The log of a conversation has been handed on so far. */
  | { kind: "position"; conversation: Conversation; through: number }
  /** A receipt was asked for, or the application was told of so many readers. */
  | { kind: "asked"; asked: Asked }
  /** This own message is not followed any longer. */
  | { kind: "askedForgotten"; messageUid: string }
  /** Somebody asked for a receipt. */
  | { kind: "unanswered"; request: MessageName }
  /** Answered, recalled, or too old to be remembered. */
  | { kind: "unansweredForgotten"; messageUid: string }
  /** An answer waits. */
  | { kind: "answerKept"; number: number; answer: Answer }
  /** The final code of an answer is known. */
  | { kind: "answerDone"; number: number };

export function emptyMemory(): Memory {
  return { storeId: "", positions: [], asked: [], unanswered: [], answers: [] };
}
