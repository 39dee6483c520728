/** How far this client has the log of each conversation. */

import { type Conversation, compareConversations, conversationKey } from "../conversation.js";
import type { Position } from "../memory.js";

/** A position beyond this many conversations is not remembered: after a reconnect the server tells those entries again. */
const CONVERSATIONS_MAX = 100_000;

interface Known extends Position {
  /** When it advanced last, counted in advances. */
  advanced: number;
}

export class Positions {
  private readonly known = new Map<string, Known>();
  private advances = 0;

  static restored(positions: readonly Position[]): Positions {
    const restored = new Positions();
    for (const position of positions) {
      restored.known.set(conversationKey(position.conversation), { ...position, advanced: 0 });
    }
    return restored;
  }

  /** Everything up to and including this entry is there; 0 is nothing. */
  through(conversation: Conversation): number {
    return this.known.get(conversationKey(conversation))?.through ?? 0;
  }

  /** Whether this is news. */
  advance(conversation: Conversation, through: number): boolean {
    if (through <= this.through(conversation)) return false;
    const key = conversationKey(conversation);
    if (this.known.size >= CONVERSATIONS_MAX && !this.known.has(key)) return false;
    this.advances += 1;
    this.known.set(key, { conversation, through, advanced: this.advances });
    return true;
  }

  /** Those that have advanced last, if there are more than so many. */
  newest(positionsMax: number): Position[] {
    const positions = [...this.known.values()];
    positions.sort((a, b) => compareConversations(a.conversation, b.conversation));
    if (positions.length > positionsMax) {
      positions.sort((a, b) => b.advanced - a.advanced);
      positions.length = positionsMax;
    }
    return positions.map(({ conversation, through }) => ({ conversation, through }));
  }
}
