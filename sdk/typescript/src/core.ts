/** What an engine is made of, and how it is made. */

import { Code } from "./codes.js";
import { Driver, type TokenSource } from "./driver.js";
import { portsOf } from "./platform.js";
import type { Ports, Storage } from "./ports.js";
import { isString } from "./rcim/arguments.js";
import { RCIMIWLogLevel } from "./rcim/enums.js";
import { call, EventTeller } from "./rcim/event_teller.js";
import { KnownMessages } from "./rcim/known_messages.js";
import { Listeners } from "./rcim/listeners.js";
import { NotLookedAt } from "./rcim/not_looked_at.js";
import { Sendings } from "./rcim/sendings.js";
import type { RCIMIWCreateFailure, RCIMIWEngineOptions } from "./rcim/types.js";
import { reasonOf } from "./reason.js";
import { endpoint, withoutSecrets } from "./socket.js";
import { memoryStorage } from "./storage/memory.js";
import { patientStorage } from "./storage/patient.js";
import { DeviceStore } from "./store.js";
import { SDK_VERSION } from "./version.js";

const DEFAULT_SERVER = "ws://127.0.0.1:7780";
/**
 * The part of the device id that begins every reference, so that an installation knows its own messages. The rest stays
 * between the installation and the server.
 */
const REFERENCE_PREFIX_CHARACTERS = 12;

export interface Core {
  isDestroyed: boolean;
  readonly driver: Driver;
  readonly known: KnownMessages;
  readonly listeners: Listeners;
  readonly log: Log;
  readonly notLookedAt: NotLookedAt;
  readonly ports: Ports;
  readonly referencePrefix: string;
  readonly sendings: Sendings;
}

/**
 * Gives an engine its core, which is no concern of a store that keeps the engine.
 *
 * A store that wraps objects in proxies (Vue, Pinia) wraps everything that is read through them, except what cannot be
 * extended; a store that writes its state down, or looks for changes in it, reads what can be enumerated. So the core
 * cannot be extended, and its property is not enumerable. A JavaScript private name would not do: a proxy has none.
 */
export function hide(engine: object, core: object): void {
  Object.defineProperty(engine, "core", { value: Object.preventExtensions(core) });
}

/** What goes to the console, up to a level. */
export class Log {
  level: number;

  constructor(level: number) {
    this.level = level;
  }

  error(problem: string, error?: unknown): void {
    if (this.level >= RCIMIWLogLevel.error) console.error(`seenby: ${problem}`, error ?? "");
  }

  warn(problem: string, error?: unknown): void {
    if (this.level >= RCIMIWLogLevel.warn) console.warn(`seenby: ${problem}`, error ?? "");
  }
}

/** `undefined` if nothing can work with these arguments; the log and the application learn why. */
export async function createCore(appKey: string, options: RCIMIWEngineOptions): Promise<Core | undefined> {
  const log = new Log(options.logLevel ?? RCIMIWLogLevel.warn);
  try {
    return await make(appKey, options, log);
  } catch (error) {
    const failure = failureOf(error);
    log.error(failure.message, error instanceof Refusal ? "" : error);
    call(options.onCreateFailed?.bind(options), failure, log);
  }
}

/** What the application can mend. */
class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

function failureOf(error: unknown): RCIMIWCreateFailure {
  if (error instanceof Refusal) return { code: error.code, message: error.message };
  const code = Code.NATIVE_OPERATION_ERROR;
  return { code, message: `the engine cannot be created: ${reasonOf(error)}` };
}

async function make(appKey: string, options: RCIMIWEngineOptions, log: Log): Promise<Core> {
  if (!isString(appKey)) throw new Refusal(Code.PARAM_ERROR, "the App Key must be a text that is not empty");
  const address = addressOf(options.naviServer ?? DEFAULT_SERVER);
  const ports = portsOf(options);
  if (!ports) throw new Refusal(Code.CLIENT_NOT_INIT, "there is no WebSocket here: give one as options.webSocket");
  const fresh = randomName(ports);
  const store = await openStore(patientStorage(ports.storage, ports.clock), log);
  try {
    const device = await deviceOf(store, fresh, log);
    const core = assemble({ appKey, address, ports, store, device, log, tokenSource: options.tokenSource });
    core.notLookedAt.noteFields("RCIMIWEngineOptions", options);
    return core;
  } catch (error) {
    store.close();
    throw error;
  }
}

/** An app without a storage, or with one that fails, keeps answers as long as it runs. */
async function openStore(storage: Storage, log: Log): Promise<DeviceStore> {
  const goesOn = "what is kept ends with the program";
  try {
    const store = await DeviceStore.open(storage);
    if (store) return store;
    log.warn(`too many tabs are open; ${goesOn}`);
  } catch (error) {
    log.warn(`the storage cannot be used; ${goesOn}`, error);
  }
  return DeviceStore.alone(memoryStorage());
}

interface Device {
  id: string;
  /** The log says so. */
  storageFails: boolean;
}

async function deviceOf(store: DeviceStore, fresh: string, log: Log): Promise<Device> {
  try {
    return { id: await store.deviceId(fresh), storageFails: false };
  } catch (error) {
    log.warn("the storage cannot be used; this is like a new device", error);
    return { id: fresh, storageFails: true };
  }
}

function addressOf(naviServer: unknown): string {
  const address = typeof naviServer === "string" && endpoint(naviServer);
  if (!address) throw new Refusal(Code.PARAM_ERROR, wrongAddress(naviServer));
  return address;
}

function wrongAddress(naviServer: unknown): string {
  if (typeof naviServer !== "string") return "naviServer must be a text";
  if (naviServer.trim() === "") return `naviServer is empty; leave it out for ${DEFAULT_SERVER}`;
  const wanted = "ws://, wss://, http:// or https://, a host, and perhaps a port and a path";
  return `naviServer must be ${wanted}; it is ${withoutSecrets(naviServer)}`;
}

interface Parts {
  appKey: string;
  address: string;
  ports: Ports;
  store: DeviceStore;
  device: Device;
  log: Log;
  tokenSource: TokenSource | undefined;
}

function assemble({ appKey, address, ports, store, device, log, tokenSource }: Parts): Core {
  const referencePrefix = `${device.id.slice(0, REFERENCE_PREFIX_CHARACTERS)}-`;
  const listeners = new Listeners();
  const known = new KnownMessages(ports.clock, ports.random);
  const teller = new EventTeller(listeners, known, ports.clock, log);
  const driver: Driver = new Driver({
    address,
    ports,
    store,
    storageFails: device.storageFails,
    tokenSource,
    session: {
      appKey,
      deviceId: device.id,
      clientRefPrefix: referencePrefix,
      sdk: `seenby-typescript/${SDK_VERSION}`,
      backoffMinMs: 500,
      backoffMaxMs: 20_000,
      callTimeoutMs: 30_000,
      attemptTimeoutMs: 10_000,
      renewsTokens: tokenSource !== undefined,
      seed: ports.random(),
    },
    onEvent: (event) => teller.tell(event, driver.userId ?? ""),
    log: (problem, error) => log.warn(problem, error),
  });
  const sendings = new Sendings(() => known.newId());
  const notLookedAt = new NotLookedAt(log);
  return { isDestroyed: false, driver, known, listeners, log, notLookedAt, ports, referencePrefix, sendings };
}

/** 128 random bits. */
function randomName({ random }: Ports): string {
  const word = () => (random() >>> 0).toString(16).padStart(8, "0");
  return word() + word() + word() + word();
}
