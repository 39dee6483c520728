/** What a new connection begins with: the client says what it has. */

import type { Resume } from "../protocol/frames.js";
import type { State } from "./state.js";

/** Positions and receipts in one frame. */
const ITEMS_PER_FRAME_MAX = 500;
/** What a server takes that does not say so. */
const ITEMS_MAX = 10_000;

/**
 * Of conversations that find no room the server tells everything again, and what is known is passed over; so receipts go
 * first.
 */
export function resume(state: State, now: number, itemsMax: number): void {
  const resumes: Resume[] = [emptyResume()];
  if (!state.resumeRefused) {
    const receipts = state.knownReceipts().slice(0, itemsMax || ITEMS_MAX);
    const positions = state.positions.newest((itemsMax || ITEMS_MAX) - receipts.length);
    for (const position of positions) room(resumes).positions.push(position);
    for (const receipt of receipts) room(resumes).receipts.push(receipt);
  }
  state.resumeRefused = false;
  resumes.forEach((value, place) => {
    value.last = place === resumes.length - 1;
    state.sendOwn(now, { kind: "resume" }, { $case: "resume", value });
  });
}

function emptyResume(): Resume {
  return { positions: [], receipts: [], last: false };
}

/** The last frame, or a new one if that is full. */
function room(resumes: Resume[]): Resume {
  const last = resumes.at(-1);
  if (last && last.positions.length + last.receipts.length < ITEMS_PER_FRAME_MAX) return last;
  const fresh = emptyResume();
  resumes.push(fresh);
  return fresh;
}
