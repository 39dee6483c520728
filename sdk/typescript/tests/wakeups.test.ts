/** When each platform says that the network or the app may be back. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { portsOf } from "../src/platform.js";
import { browserWakeups, reactNativeWakeups, uniWakeups } from "../src/wakeups.js";

/** Names and who listens, as every platform keeps them. */
class Listeners {
  private readonly all = new Map<string, Set<(detail?: unknown) => void>>();

  readonly add = (name: string, listener: (...details: never[]) => void) => {
    this.all.set(name, (this.all.get(name) ?? new Set()).add(listener as () => void));
  };
  readonly remove = (name: string, listener: (...details: never[]) => void) => {
    this.all.get(name)?.delete(listener as () => void);
  };

  tell(name: string, detail?: unknown): void {
    for (const listener of this.all.get(name) ?? []) listener(detail);
  }

  get count(): number {
    return [...this.all.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

function fakeBrowser() {
  const [window, page] = [new Listeners(), new Listeners()];
  const document = { visibilityState: "visible", addEventListener: page.add, removeEventListener: page.remove };
  return { window, page, document, addEventListener: window.add, removeEventListener: window.remove };
}

function fakeUni() {
  const heard = new Listeners();
  return {
    heard,
    onAppShow: (callback: () => void) => heard.add("show", callback),
    offAppShow: (callback: () => void) => heard.remove("show", callback),
    onNetworkStatusChange: (callback: (status: never) => void) => heard.add("network", callback),
    offNetworkStatusChange: (callback: (status: never) => void) => heard.remove("network", callback),
  };
}

describe("a browser", () => {
  it("wakes the engine when the network is back and when the page is shown, until the end", () => {
    const browser = fakeBrowser();
    const wakes = vi.fn();
    const end = browserWakeups(browser)(wakes);
    browser.window.tell("online");
    browser.window.tell("pageshow");
    browser.page.tell("visibilitychange");
    expect(wakes).toHaveBeenCalledTimes(3);
    browser.document.visibilityState = "hidden";
    browser.page.tell("visibilitychange");
    expect(wakes).toHaveBeenCalledTimes(3);
    end();
    expect([browser.window.count, browser.page.count]).toEqual([0, 0]);
  });

  it("has no document in a worker", () => {
    const { window, addEventListener, removeEventListener } = fakeBrowser();
    const wakes = vi.fn();
    const end = browserWakeups({ addEventListener, removeEventListener })(wakes);
    window.tell("online");
    expect(wakes).toHaveBeenCalledOnce();
    end();
    expect(window.count).toBe(0);
  });
});

describe("uni-app", () => {
  it("wakes the engine when the app is shown and when there is a network, until the end", () => {
    const uni = fakeUni();
    const wakes = vi.fn();
    const end = uniWakeups(uni)(wakes);
    uni.heard.tell("show");
    uni.heard.tell("network", { isConnected: true });
    uni.heard.tell("network", { isConnected: false });
    expect(wakes).toHaveBeenCalledTimes(2);
    end();
    expect(uni.heard.count).toBe(0);
  });

  it("may have none of it", () => {
    expect(() => uniWakeups({})(() => {})()).not.toThrow();
  });
});

describe("React Native", () => {
  it("wakes the engine in the foreground and with a network, until the end", () => {
    const heard = new Listeners();
    const subscribe = (name: string, listener: (detail: never) => void) => {
      heard.add(name, listener as () => void);
      return () => heard.remove(name, listener as () => void);
    };
    const appState = {
      addEventListener: (name: string, listener: (state: string) => void) => ({ remove: subscribe(name, listener) }),
    };
    const netInfo = {
      addEventListener: (listener: (state: { isConnected: boolean | null }) => void) => subscribe("network", listener),
    };
    const wakes = vi.fn();
    const end = reactNativeWakeups(appState, netInfo)(wakes);
    heard.tell("change", "active");
    heard.tell("change", "background");
    heard.tell("network", { isConnected: true });
    heard.tell("network", { isConnected: null });
    expect(wakes).toHaveBeenCalledTimes(2);
    end();
    expect(heard.count).toBe(0);
    reactNativeWakeups(appState)(wakes)();
    expect(heard.count).toBe(0);
  });
});

describe("what is taken without being asked for", () => {
  class NoSocket {}
  const options = { webSocket: NoSocket as never };
  afterEach(() => vi.unstubAllGlobals());

  it("is nothing in Node", () => expect(portsOf(options)?.wakeups).toBeUndefined());

  it.each([
    ["a browser's", () => fakeBrowser()],
    ["uni-app's", () => ({ uni: fakeUni() })],
  ])("is %s", (_, platform) => {
    for (const [name, value] of Object.entries(platform())) vi.stubGlobal(name, value);
    const end = portsOf(options)?.wakeups?.(() => {});
    expect(end).toBeTypeOf("function");
    end?.();
  });

  it("is what the app hands in", () => {
    const wakeups = () => () => {};
    expect(portsOf({ ...options, wakeups })?.wakeups).toBe(wakeups);
  });
});
