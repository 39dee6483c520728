/** Sockets: the `WebSocket` of browsers, Node and React Native, and the `uni.connectSocket` of uni-app. */

import type { Dialer } from "./ports.js";
import { ENDPOINT_PATH } from "./protocol/frames.js";
import { closeReason, oneLine } from "./reason.js";

/** What is used of `WebSocket`; the package `ws` has it too. */
export interface WebSocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(bytes: Uint8Array): void;
  close(): void;
}
export type WebSocketConstructor = new (address: string) => WebSocketLike;

/** Connections by this kind of `WebSocket`. */
export function webSocketDialer(Constructor: WebSocketConstructor): Dialer {
  return {
    dial(address, listener) {
      const socket = new Constructor(address);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => listener.onOpen();
      let problem: unknown;
      // An error without a listener would end a Node process.
      socket.onerror = (event: unknown) => {
        problem = event;
      };
      socket.onclose = (event: { code?: number; reason?: string }) => listener.onClose(closeReason(event, problem));
      socket.onmessage = ({ data }: { data: unknown }) => {
        // Text is of no version of this protocol.
        if (typeof data !== "string") listener.onFrame(new Uint8Array(data as ArrayBuffer));
      };
      return { send: (bytes) => socket.send(bytes), close: () => socket.close() };
    },
  };
}

/** What is used of uni-app's `uni`. */
export interface UniSockets {
  connectSocket(options: { url: string; complete(): void }): UniSocketTask;
}
interface UniSocketTask {
  send(options: { data: ArrayBuffer }): void;
  close(options: object): void;
  onOpen(callback: () => void): void;
  onMessage(callback: (result: { data: string | ArrayBuffer }) => void): void;
  onClose(callback: (result?: { code?: number; reason?: string }) => void): void;
  onError(callback: (result?: { errMsg?: string }) => void): void;
}

/** Connections by `uni.connectSocket`, where there is no `WebSocket`. */
export function uniDialer(uni: UniSockets): Dialer {
  return {
    dial(address, listener) {
      // Without a `complete` it would give a promise and not a task.
      const task = uni.connectSocket({ url: address, complete() {} });
      task.onOpen(() => listener.onOpen());
      task.onClose((result = {}) => listener.onClose(closeReason(result)));
      task.onError((result) => listener.onClose(closeReason({}, result)));
      task.onMessage(({ data }) => {
        if (typeof data !== "string") listener.onFrame(new Uint8Array(data));
      });
      return {
        send: (bytes) => task.send({ data: bytes.slice().buffer }),
        close: () => task.close({}),
      };
    },
  };
}

/** An address for the log: a password or a key may stand in it. */
export function withoutSecrets(address: string): string {
  return oneLine(
    address
      .trim()
      .replace(/([?#]).*$/s, "$1…")
      .replace(/^([^/]*\/\/)?[^/]*@/, "$1"),
  );
}

/**
 * Where to connect: `ws://`, `wss://`, `http://` or `https://`, host and perhaps port and path. `undefined` if it is no
 * such address.
 */
export function endpoint(server: string): string | undefined {
  const parts = /^(ws|http)(s?):\/\/([^/?#\s]+)([^?#\s]*)$/i.exec(server.trim());
  if (!parts) return undefined;
  const [, , secure = "", host = "", path = ""] = parts;
  const base = path.replace(/\/+$/, "");
  const folder = base.endsWith(ENDPOINT_PATH) ? base.slice(0, -ENDPOINT_PATH.length) : base;
  return `ws${secure.toLowerCase()}://${host}${folder}${ENDPOINT_PATH}`;
}
