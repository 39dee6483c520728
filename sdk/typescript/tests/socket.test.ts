/** Where to connect, and sockets of both kinds. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { SocketListener } from "../src/ports.js";
import { closeReason, reasonOf } from "../src/reason.js";
import { endpoint, type UniSockets, uniDialer, type WebSocketConstructor, webSocketDialer } from "../src/socket.js";

describe("the address of the server", () => {
  it.each([
    ["ws://127.0.0.1:7080", "ws://127.0.0.1:7080/v1/connect"],
    ["http://localhost/", "ws://localhost/v1/connect"],
    ["https://chat.example.com/seenby/", "wss://chat.example.com/seenby/v1/connect"],
    ["WSS://chat.example.com/v1/connect", "wss://chat.example.com/v1/connect"],
    ["  ws://chat.example.com/v1/connect/  ", "ws://chat.example.com/v1/connect"],
    ["wss://[::1]:7780", "wss://[::1]:7780/v1/connect"],
  ])("may be given as %s", (server, address) => expect(endpoint(server)).toBe(address));

  it.each(["", "chat.example.com", "ftp://x", "ws://", "ws:///", "ws://a b", "ws://a?b", "ws://a#b", "wsx://a"])(
    "is not %j",
    (server) => expect(endpoint(server)).toBeUndefined(),
  );
});

/** Writes down what happens, and lets a test wait for it. */
class Log implements SocketListener {
  readonly entries: string[] = [];
  /** Why it was closed. */
  reason = "";
  #waiting: (() => void)[] = [];

  onOpen = () => this.#note("open");
  onClose = (reason = "") => {
    this.reason = reason;
    this.#note("close");
  };
  onFrame = (bytes: Uint8Array) => this.#note(`frame ${[...bytes]}`);

  #note(entry: string): void {
    this.entries.push(entry);
    for (const resume of this.#waiting.splice(0)) resume();
  }

  async has(entries: number): Promise<string[]> {
    while (this.entries.length < entries) await new Promise<void>((resume) => this.#waiting.push(resume));
    return this.entries;
  }
}

describe("a WebSocket", () => {
  let server: WebSocketServer;
  let address: string;

  beforeEach(async () => {
    server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });

  const dialer = webSocketDialer(WebSocket as unknown as WebSocketConstructor);

  it("carries frames both ways", async () => {
    server.on("connection", (peer) => peer.on("message", (data: Buffer) => peer.send(Buffer.from([...data, 9]))));
    const log = new Log();
    const socket = dialer.dial(address, log);
    await log.has(1);
    socket.send(new Uint8Array([0, 1, 2, 3]).subarray(1));
    expect(await log.has(2)).toEqual(["open", "frame 1,2,3,9"]);
  });

  it("passes over text", async () => {
    server.on("connection", (peer) => {
      peer.send("text");
      peer.send(Buffer.from([7]));
    });
    const log = new Log();
    dialer.dial(address, log);
    expect(await log.has(2)).toEqual(["open", "frame 7"]);
  });

  it("tells that the server has closed it", async () => {
    server.on("connection", (peer) => peer.terminate());
    const log = new Log();
    dialer.dial(address, log);
    expect(await log.has(2)).toEqual(["open", "close"]);
  });

  it("tells that it could not be opened", async () => {
    server.close();
    const log = new Log();
    dialer.dial(address, log);
    expect(await log.has(1)).toEqual(["close"]);
    expect(log.reason).toContain("ECONNREFUSED");
  });

  it.each([
    ["TLS that is not spoken there", (plain: string) => plain.replace("ws:", "wss:"), /wrong version number|EPROTO/],
    ["a path that is not there", (plain: string) => `${plain}/elsewhere`, /400/],
  ])("says that it could not be opened because of %s", async (_, elsewhere, reason) => {
    server.options.path = "/here";
    const log = new Log();
    dialer.dial(elsewhere(address), log);
    await log.has(1);
    expect(log.reason).toMatch(reason);
  });

  it("says why the server has closed it", async () => {
    server.on("connection", (peer) => peer.close(1001, "going\naway"));
    const log = new Log();
    dialer.dial(address, log);
    await log.has(2);
    expect(log.reason).toBe("going away");
  });

  it("says that nobody knows, where the platform hides it", () => {
    expect(closeReason({ code: 1006, reason: "" }, { type: "error" })).toContain("does not say");
    expect(closeReason({ code: 1009, reason: "" })).toBe("closed with code 1009");
  });

  it("says what several addresses have in common with one of them, and the cause of an error", () => {
    const refused = Object.assign(new AggregateError([new Error("connect ECONNREFUSED ::1:1")]), {
      code: "ECONNREFUSED",
    });
    expect(reasonOf({ error: refused })).toBe("ECONNREFUSED: connect ECONNREFUSED ::1:1");
    expect(reasonOf(new TypeError("failed", { cause: new Error("self-signed certificate") }))).toBe(
      "failed: self-signed certificate",
    );
    expect(reasonOf("x".repeat(9_999)).length).toBe(300);
  });

  it("can be closed while it is being opened", async () => {
    const log = new Log();
    dialer.dial(address, log).close();
    expect(await log.has(1)).toEqual(["close"]);
  });

  it("closes when it is told to", async () => {
    const left = once(server, "connection").then(([peer]) => once(peer, "close"));
    const log = new Log();
    const socket = dialer.dial(address, log);
    await log.has(1);
    socket.close();
    await left;
    expect(await log.has(2)).toEqual(["open", "close"]);
  });
});

/** `uni.connectSocket` as uni-app has it: a task if there is a callback, a promise if there is none. */
class FakeUni implements UniSockets {
  readonly sent: ArrayBuffer[] = [];
  url = "";
  isClosed = false;
  open = () => {};
  close: (result?: { code?: number; reason?: string }) => void = () => {};
  error: (result?: { errMsg?: string }) => void = () => {};
  message: (result: { data: string | ArrayBuffer }) => void = () => {};

  connectSocket({ url, complete }: { url: string; complete?(): void }): ReturnType<UniSockets["connectSocket"]> {
    if (!complete) throw new Error("this would be a promise");
    this.url = url;
    return {
      send: ({ data }) => void this.sent.push(data),
      close: () => {
        this.isClosed = true;
      },
      onOpen: (callback) => {
        this.open = callback;
      },
      onMessage: (callback) => {
        this.message = callback;
      },
      onClose: (callback) => {
        this.close = callback;
      },
      onError: (callback) => {
        this.error = callback;
      },
    };
  }
}

describe("a socket of uni-app", () => {
  const address = "wss://chat.example.com/v1/connect";
  const dialed = () => {
    const [uni, log] = [new FakeUni(), new Log()];
    return { uni, log, socket: uniDialer(uni).dial(address, log) };
  };

  it("carries frames both ways, and passes over text", () => {
    const { uni, log, socket } = dialed();
    uni.open();
    uni.message({ data: "text" });
    uni.message({ data: new Uint8Array([1, 2]).buffer });
    socket.send(new Uint8Array([0, 3, 4]).subarray(1));
    expect(uni.url).toBe(address);
    expect(log.entries).toEqual(["open", "frame 1,2"]);
    // Exactly these bytes, and not those that they are a part of.
    expect(uni.sent.map((data) => [...new Uint8Array(data)])).toEqual([[3, 4]]);
  });

  it.each(["close", "error"] as const)("tells that it is of no more use: %s", (how) => {
    const { uni, log } = dialed();
    uni[how]();
    expect(log.entries).toEqual(["close"]);
    expect(log.reason).toContain("does not say");
    uni.error({ errMsg: "connectSocket:fail url not in domain list" });
    expect(log.reason).toBe("connectSocket:fail url not in domain list");
    uni.close({ code: 1000, reason: "" });
    expect(log.reason).toBe("closed with code 1000");
  });

  it("closes when it is told to", () => {
    const { uni, socket } = dialed();
    socket.close();
    expect(uni.isClosed).toBe(true);
  });
});
