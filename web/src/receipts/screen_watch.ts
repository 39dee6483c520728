/** Tells a tracker which messages are on screen. */

import type { Attachment } from "svelte/attachments";
import type { SeenTracker } from "./seen_tracker";

export class ScreenWatch {
  readonly #tracker: SeenTracker;
  readonly #root: () => Element | undefined;
  readonly #keys = new WeakMap<Element, string>();
  readonly #attachments = new Map<string, Attachment<HTMLElement>>();
  #observer: IntersectionObserver | undefined;

  /** `root`: what the messages scroll in. */
  constructor(tracker: SeenTracker, root: () => Element | undefined) {
    this.#tracker = tracker;
    this.#root = root;
  }

  /**
   * Watches an element that shows the message of this key. It is the same each time: another one would be attached anew,
   * and where much is said nobody would ever have looked long enough.
   */
  of(key: string): Attachment<HTMLElement> {
    const known = this.#attachments.get(key) ?? this.#watch(key);
    this.#attachments.set(key, known);
    return known;
  }

  #watch(key: string): Attachment<HTMLElement> {
    return (element) => {
      this.#observer ??= this.#observe();
      this.#keys.set(element, key);
      this.#observer.observe(element);
      return () => {
        this.#observer?.unobserve(element);
        this.#tracker.hidden(key);
      };
    };
  }

  stop(): void {
    this.#observer?.disconnect();
  }

  #observe(): IntersectionObserver {
    const look = (entries: IntersectionObserverEntry[]) => {
      for (const entry of entries) {
        const key = this.#keys.get(entry.target);
        if (key !== undefined) this.#tracker[isSeen(entry) ? "shown" : "hidden"](key);
      }
    };
    return new IntersectionObserver(look, { root: this.#root() ?? null, threshold: [0, 0.25, 0.5, 0.75, 1] });
  }
}

/** Half of it is on screen, or it fills half of the screen. */
function isSeen({ isIntersecting, intersectionRatio, intersectionRect, rootBounds }: IntersectionObserverEntry): boolean {
  return isIntersecting && (intersectionRatio >= 0.5 || intersectionRect.height >= (rootBounds?.height ?? 0) / 2);
}
