import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Navigation } from "../../src/app/navigation.svelte";

/** A browser's history: going back happens a moment after it was asked for. */
class FakeHistory {
  #entries: unknown[] = [null];
  #at = 0;
  onpopstate: (event: { state: unknown }) => void = () => {};
  /** How many steps back are asked for and not yet done. */
  #steps = 0;

  get state() {
    return this.#entries[this.#at];
  }

  get depth() {
    return this.#at;
  }

  pushState(state: unknown) {
    this.#at += 1;
    this.#entries = [...this.#entries.slice(0, this.#at), state];
  }

  replaceState(state: unknown) {
    this.#entries[this.#at] = state;
  }

  back() {
    this.#steps += 1;
  }

  arrives() {
    if (this.#steps === 0) return;
    // Beyond the first entry is another site; the page is gone.
    this.#at -= this.#steps;
    this.#steps = 0;
    this.onpopstate({ state: this.state });
  }
}

let history: FakeHistory;
let navigation: Navigation;
beforeEach(() => {
  history = new FakeHistory();
  vi.stubGlobal("history", history);
  vi.stubGlobal("location", { pathname: "/", search: "" });
  vi.stubGlobal("addEventListener", (_: string, listener: FakeHistory["onpopstate"]) => {
    history.onpopstate = listener;
  });
  navigation = new Navigation();
  navigation.enter({ conversation: "ward-3" });
  navigation.enter({ conversation: "ward-3", message: "m1" });
});
afterEach(() => vi.unstubAllGlobals());

describe("leaving a place", () => {
  it("goes one step back, however often it is asked for before it is done", () => {
    for (let time = 0; time < 3; time += 1) navigation.leave({ conversation: "ward-3" });
    history.arrives();
    expect([history.depth, navigation.place]).toEqual([1, { conversation: "ward-3", message: undefined }]);
  });

  it("can be done again once it is done", () => {
    navigation.leave({ conversation: "ward-3" });
    history.arrives();
    navigation.leave({});
    history.arrives();
    expect([history.depth, navigation.place.conversation]).toEqual([0, undefined]);
  });

  it("can be done again after another place was entered meanwhile", () => {
    navigation.leave({ conversation: "ward-3" });
    navigation.enter({ conversation: "ward-4" });
    history.arrives();
    navigation.leave({});
    history.arrives();
    expect(history.depth).toBe(1);
  });
});
