/** What this platform offers where the application has not chosen. */

import { type Dialer, type Ports, platformClock, platformRandom, type Storage, type Wakeups } from "./ports.js";
import type { RCIMIWEngineOptions } from "./rcim/types.js";
import { type UniSockets, uniDialer, type WebSocketConstructor, webSocketDialer } from "./socket.js";
import { memoryStorage } from "./storage/memory.js";
import { type UniStorage, uniStorage } from "./storage/uni.js";
import { type WebStorage, webStorage } from "./storage/web.js";
import { type Browser, browserWakeups, type UniLifecycle, uniWakeups } from "./wakeups.js";

interface Platform extends Partial<Browser> {
  WebSocket?: WebSocketConstructor;
  localStorage?: WebStorage;
  uni?: Partial<UniSockets & UniStorage & UniLifecycle>;
}

/** `undefined` if there is no way to connect. */
export function portsOf(options: RCIMIWEngineOptions): Ports | undefined {
  const platform = globalThis as Platform;
  const dialer = options.dialer ?? platformDialer(platform, options.webSocket);
  if (!dialer) return undefined;
  return {
    dialer,
    storage: options.storage ?? platformStorage(platform),
    clock: options.clock ?? platformClock,
    random: options.random ?? platformRandom,
    wakeups: options.wakeups ?? platformWakeups(platform),
  };
}

function platformDialer({ WebSocket, uni }: Platform, chosen: WebSocketConstructor | undefined): Dialer | undefined {
  const kind = chosen ?? WebSocket;
  if (kind) return webSocketDialer(kind);
  return uni?.connectSocket ? uniDialer(uni as UniSockets) : undefined;
}

/** Node has none of them. */
function platformWakeups(platform: Platform): Wakeups | undefined {
  const { addEventListener, removeEventListener, uni } = platform;
  if (addEventListener && removeEventListener) return browserWakeups(platform as Browser);
  return uni?.onAppShow || uni?.onNetworkStatusChange ? uniWakeups(uni) : undefined;
}

function platformStorage(platform: Platform): Storage {
  const local = usableLocalStorage(platform);
  if (local) return webStorage(local);
  return platform.uni?.setStorageSync ? uniStorage(platform.uni as UniStorage) : memoryStorage();
}

/** Where it is forbidden, a look at it throws. One that is full may have answers of an earlier run. */
function usableLocalStorage(platform: Platform): WebStorage | undefined {
  try {
    platform.localStorage?.getItem("seenby/probe");
    return platform.localStorage;
  } catch {
    return undefined;
  }
}
