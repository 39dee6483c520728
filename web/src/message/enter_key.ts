/**
 * Which Enter sends. While an input method composes, Enter chooses a word, and each browser says so in its own way: by
 * `isComposing`, by the key code 229, or, as Safari does, by ending the composition just before the key goes down.
 */

/** What is looked at of an event of the browser. */
export type Key = Pick<KeyboardEvent, "key" | "keyCode" | "shiftKey" | "isComposing" | "timeStamp">;

const PROCESSED_BY_INPUT_METHOD = 229;
/** One stroke of a key gives both events. A composition that ends by a click is longer ago than that. */
const SAME_STROKE_MS = 500;

export class EnterKey {
  #composedAt: number | undefined;

  compositionEnded({ timeStamp }: Pick<Event, "timeStamp">): void {
    this.#composedAt = timeStamp;
  }

  /** The stroke that ended a composition is over. */
  released(): void {
    this.#composedAt = undefined;
  }

  /** To be asked of each key that goes down. */
  sends(event: Key): boolean {
    const isOfComposition = isComposing(event) || this.#hasJustComposed(event);
    this.#composedAt = undefined;
    return event.key === "Enter" && !event.shiftKey && !isOfComposition;
  }

  #hasJustComposed({ timeStamp }: Key): boolean {
    return this.#composedAt !== undefined && Math.abs(timeStamp - this.#composedAt) < SAME_STROKE_MS;
  }
}

export function isComposing({ isComposing, keyCode }: Pick<Key, "isComposing" | "keyCode">): boolean {
  return isComposing || keyCode === PROCESSED_BY_INPUT_METHOD;
}
