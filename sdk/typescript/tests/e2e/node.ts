/** Phones in this process, with the built SDK. */

import { vi } from "vitest";
import { WebSocket } from "ws";
import type { Storage } from "../../src/index.js";
import type { WebSocketConstructor } from "../../src/socket.js";
import { memoryStorage } from "../../src/storage/memory.js";
import { makePhone, type Phone, type Sdk } from "./phone.js";
import { calledByText, type Phones, phoneByText } from "./phones.js";

interface App {
  address: string;
  storage: Storage;
  /** Ends it so that nothing of it reaches the network or the storage any more. */
  kill(): Promise<void>;
}

export async function nodePhones(): Promise<Phones> {
  const apps = new Map<Phone, App>();
  const start = async (address: string, storage: Storage) => {
    const [phone, kill] = await startApp(address, storage);
    apps.set(phone, { address, storage, kill });
    return phone;
  };
  const closeAll = async () => {
    for (const { kill } of apps.values()) await kill();
    apps.clear();
  };
  return {
    open: (address) => start(address, memoryStorage()),
    async restart(phone) {
      const app = apps.get(phone);
      if (!app) throw new Error("there is no such phone");
      apps.delete(phone);
      await app.kill();
      return start(app.address, app.storage);
    },
    closeAll,
    end: closeAll,
  };
}

async function startApp(address: string, storage: Storage): Promise<[Phone, () => Promise<void>]> {
  let isAlive = true;
  const sockets: WebSocket[] = [];
  class Socket extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  const phone = await makePhone(await freshSdk(), {
    naviServer: address,
    webSocket: Socket as unknown as WebSocketConstructor,
    storage: {
      set: (key, value) => (isAlive ? storage.set(key, value) : undefined),
      delete: (key) => (isAlive ? storage.delete(key) : undefined),
      entries: (prefix) => storage.entries(prefix),
    },
  });
  const kill = async () => {
    isAlive = false;
    for (const socket of sockets) socket.terminate();
    await phone.destroy();
  };
  return [phoneByText(calledByText(phone)), kill];
}

/** There is one engine at a time in one copy of the SDK, so each app has a copy of its own. */
async function freshSdk(): Promise<Sdk> {
  vi.resetModules();
  const built = "../../dist/index.js";
  return import(built);
}
