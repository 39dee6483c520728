/**
 * Where the visitor is: in the list, in a conversation, at a receipt. It lives in the browser's history, so that "back"
 * does on a phone what people expect, and a reload comes back to the same place.
 */

export interface Place {
  conversation?: string | undefined;
  /** The uid of the message whose receipt is open. */
  message?: string | undefined;
}

interface HistoryEntry extends Place {
  /** The entry before is one of this page, so going back stays here. */
  hasParent?: boolean;
}

export class Navigation {
  place = $state.raw<Place>({});
  #hasParent = false;
  /** A step back has been asked for. It happens a moment later, and a second one would leave two places, or the page. */
  #isLeaving = false;

  constructor() {
    this.#read(history.state);
    addEventListener("popstate", ({ state }) => this.#read(state));
  }

  /** Deeper into the page: the place before is one step back. */
  enter(place: Place): void {
    this.#write(place, "pushState", true);
  }

  /** To a place beside this one. */
  replace(place: Place): void {
    this.#write(place, "replaceState", this.#hasParent);
  }

  /** Out of this place into the one around it. */
  leave(outer: Place): void {
    if (this.#isLeaving) return;
    if (!this.#hasParent) return this.replace(outer);
    this.#isLeaving = true;
    history.back();
  }

  #write(place: Place, how: "pushState" | "replaceState", hasParent: boolean): void {
    const { conversation, message } = place;
    const entry: HistoryEntry = { conversation, message, hasParent };
    history[how](entry, "", location.pathname + location.search);
    this.#read(entry);
  }

  #read(entry: unknown): void {
    const { conversation, message, hasParent } = (entry ?? {}) as HistoryEntry;
    this.place = { conversation, message };
    this.#hasParent = hasParent === true;
    this.#isLeaving = false;
  }
}
