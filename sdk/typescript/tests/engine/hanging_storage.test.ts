/** A storage that is asked for something and never answers. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RCIMIWEngine } from "../../src/index.js";
import { settled } from "../fake_ports.js";
import { SlowStorage } from "../fake_storage.js";
import { App, endEngine, lastOf, messagesOf } from "./app.js";
import { FakeServer } from "./fake_server.js";

let server: FakeServer;
let storage: SlowStorage;
let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  server = new FakeServer();
  storage = new SlowStorage();
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(async () => {
  const ended = endEngine();
  await server.passes(20_000);
  await ended;
  warn.mockRestore();
});
const options = () => ({ ...server.options(storage), logLevel: 2 });
const kept = () => storage.inner.entries("seenby/") as [string, string][];

it("does not keep an engine from being made, and from working", async () => {
  storage.isSlow = true;
  const made = vi.fn();
  void RCIMIWEngine.create("app", options()).then(made);
  await server.passes(9_000);
  expect(made).not.toHaveBeenCalled();
  await server.passes(2_000);
  expect(made).toHaveBeenCalledOnce();
  const bob = await App.of("bob", server, options());
  const answering = bob.method("sendGroupReadReceiptResponse")("ward-3", null, messagesOf("ward-3", "m1"));
  await settled();
  await server.acceptsAnswer();
  expect(await answering).toBe(0);
  expect(storage.waiting).toHaveLength(1);
  expect(warn).toHaveBeenCalledOnce();
});

it("does not hold up what is told and answered, and is used again when it is back", async () => {
  const bob = await App.of("bob", server, options());
  storage.isSlow = true;
  await server.tellsMessage({ uid: "m1", senderId: "alice" });
  await server.passes(1_000);
  const answering = bob.method("sendGroupReadReceiptResponse")("ward-3", null, messagesOf("ward-3", "m1"));
  await server.passes(11_000);
  await server.acceptsAnswer();
  expect(await answering).toBe(0);
  await server.tellsMessage({ uid: "m2", senderId: "alice" });
  await server.passes(1_000);
  expect(bob.heardOf("onMessageReceived").map(({ message }) => message.messageUId)).toEqual(["m1", "m2"]);
  expect(storage.waiting).toHaveLength(1);
  expect(warn).toHaveBeenCalledOnce();

  storage.isSlow = false;
  storage.finishNext();
  await settled();
  await server.tellsMessage({ uid: "m3", senderId: "alice" });
  await settled();
  expect(kept().some(([key, value]) => key.includes("position") && value.includes('"through":3'))).toBe(true);
});

it("does not hold up the end of an engine", async () => {
  const bob = await App.of("bob", server, options());
  storage.isSlow = true;
  await server.tellsMessage({ uid: "m1", senderId: "alice" });
  const ended = bob.engine.destroy();
  await server.passes(11_000);
  expect(await ended).toBe(0);
});

it("gives back a place that it gives too late", async () => {
  let give: (release: () => void) => void = () => {};
  const release = vi.fn();
  const claim = () => new Promise<() => void>((resolve) => (give = resolve));
  const made = RCIMIWEngine.create("app", { ...options(), storage: { ...storage.inner, claim } });
  await server.passes(11_000);
  const alice = new App((await made) as RCIMIWEngine, server);
  expect(lastOf((await alice.connects("alice")).told)).toEqual({ code: 0, userId: "alice" });
  give(release);
  await settled();
  expect(release).toHaveBeenCalledOnce();
  await alice.engine.destroy();
});
