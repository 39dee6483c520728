/** One line about what the visitor sees right now. */

import type { ConnectionState } from "../connection/gateway";
import type { Texts } from "../i18n/en";
import type { Message } from "../message/message";

export interface Scene {
  connection: ConnectionState;
  visitorName: string;
  /** Of the conversation that is open. */
  memberCount: number | undefined;
  messages: readonly Message[];
  isSheetOpen: boolean;
  nameOf(userId: string): string;
}

export function storyOf(scene: Scene, { story: t }: Texts): string {
  const { connection, memberCount, messages } = scene;
  if (connection === "offline") return t.offline(messages.filter(({ receipt }) => receipt.answer === "giving").length);
  if (connection === "signedOut" || connection === "refused" || connection === "blocked") return t[connection];
  if (connection !== "connected") return t.connecting;
  if (memberCount === undefined) return t.choose(scene.visitorName);
  if (scene.isSheetOpen) return t.panel;
  const asked = messages.findLast(({ receipt, isRecalled }) => receipt.isAsked && !isRecalled);
  if (!asked) return t.invite(Math.max(memberCount - 1, 1));
  if (asked.isOwn) return ownStory(asked, memberCount, t);
  const name = scene.nameOf(asked.senderId);
  return asked.receipt.answer === "given" ? t.receiverGiven(name) : t.receiverAsked(name);
}

function ownStory({ receipt: { counts } }: Message, memberCount: number, t: Texts["story"]): string {
  if (!counts || counts.read === 0) return t.asked(counts?.total ?? memberCount - 1);
  if (counts.unread === 0) return t.complete(counts.total);
  return t.progress(counts.read, counts.total, counts.unread);
}
