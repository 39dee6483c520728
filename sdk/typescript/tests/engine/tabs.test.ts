/** Tabs of a browser, each with an engine of its own, over one storage. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Storage } from "../../src/ports.js";
import { sharedStorage } from "../fake_storage.js";
import { App, messagesOf } from "./app.js";
import { FakeServer } from "./fake_server.js";

/** Each tab loads the SDK for itself. */
class Tab {
  readonly server: FakeServer;
  readonly app: App;

  private constructor(server: FakeServer, app: App) {
    this.server = server;
    this.app = app;
    open.push(this);
  }

  static async over(storage: Storage, seed = open.length): Promise<Tab> {
    vi.resetModules();
    const { RCIMIWEngine } = await import("../../src/engine.js");
    const server = new FakeServer();
    const random = () => Math.imul(server.random(), 2 * seed + 1) >>> 0;
    const engine = await RCIMIWEngine.create("app", { ...server.options(storage), random });
    if (!engine) throw new Error("there is no engine");
    // Another copy of the class, but the same class.
    return new Tab(server, new App(engine as App["engine"], server, storage));
  }

  static async of(userId: string, storage: Storage): Promise<Tab> {
    const tab = await Tab.over(storage);
    await tab.app.connects(userId);
    return tab;
  }

  get deviceId() {
    return this.server.signIns.at(-1)?.deviceId;
  }

  async closes(): Promise<void> {
    await this.app.engine.destroy();
  }
}

const open: Tab[] = [];
let storage: ReturnType<typeof sharedStorage>;
beforeEach(() => {
  storage = sharedStorage();
});
afterEach(async () => {
  for (const tab of open.splice(0)) await tab.closes();
});

describe("two tabs", () => {
  it("are two devices", async () => {
    const [one, two] = [await Tab.of("bob", storage), await Tab.of("bob", storage)];
    expect(one.deviceId).toMatch(/^[0-9a-f]{32}$/);
    expect(two.deviceId).toMatch(/^[0-9a-f]{32}$/);
    expect(one.deviceId).not.toBe(two.deviceId);
  });

  it("each send their own answers", async () => {
    const [one, two] = [await Tab.of("bob", storage), await Tab.of("bob", storage)];
    await one.app.answers(...messagesOf("ward-3", "m1"));
    await two.app.answers(...messagesOf("ward-3", "m2"));
    expect((await one.server.acceptsAnswer()).messageUids).toEqual(["m1"]);
    expect((await two.server.acceptsAnswer()).messageUids).toEqual(["m2"]);
  });
});

describe("a tab that is opened again", () => {
  it("is the device that it was", async () => {
    const one = await Tab.of("bob", storage);
    await one.closes();
    expect((await Tab.of("bob", storage)).deviceId).toBe(one.deviceId);
  });
});

describe("answers that a closed tab has kept", () => {
  it("are sent by the other one when it signs in again, and its listener is told", async () => {
    const [one, two] = [await Tab.of("bob", storage), await Tab.of("bob", storage)];
    await two.server.vanishes();
    const { told } = await two.app.answers(...messagesOf("ward-3", "m1", "m2"));
    await two.closes();
    await one.closes();
    const next = await Tab.of("bob", storage);
    expect(next.deviceId).toBe(one.deviceId);
    expect((await next.server.acceptsAnswer()).messageUids).toEqual(["m1", "m2"]);
    expect(next.app.heardOf("onGroupReadReceiptResponseSent")).toMatchObject([{ code: 0, results: { m1: 0, m2: 0 } }]);
    expect(told).toEqual([]);
    expect((await storage.entries("seenby/")).filter(([key]) => key.includes("/answer/"))).toEqual([]);
  });

  it("are sent by a tab that was open all the time and signs in", async () => {
    const one = await Tab.over(storage);
    const two = await Tab.of("bob", storage);
    await two.server.vanishes();
    await two.app.answers(...messagesOf("ward-3", "m1"));
    await two.closes();
    await one.app.connects("bob");
    expect((await one.server.acceptsAnswer()).messageUids).toEqual(["m1"]);
  });

  it("are left alone while that tab is open", async () => {
    const two = await Tab.of("bob", storage);
    await two.server.vanishes();
    await two.app.answers(...messagesOf("ward-3", "m1"));
    const one = await Tab.of("bob", storage);
    expect(one.server.waiting).toEqual([]);
    await two.server.comesBack();
    expect((await two.server.acceptsAnswer()).messageUids).toEqual(["m1"]);
  });

  it("are left alone by a tab of somebody else", async () => {
    const two = await Tab.of("bob", storage);
    await two.server.vanishes();
    await two.app.answers(...messagesOf("ward-3", "m1"));
    await two.closes();
    const carla = await Tab.of("carla", storage);
    expect(carla.server.waiting).toEqual([]);
    // The place of the closed tab is hers now, with what is in it.
    await carla.closes();
    expect((await Tab.of("bob", storage)).server.waiting).toEqual(["answerReceipts"]);
  });
});
