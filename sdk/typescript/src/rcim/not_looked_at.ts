/**
 * What the vendor's engine looks at and this one does not, and what follows for an app. The page on migrating from it has
 * the same lists, and the console says so when an app asks for such a thing.
 */

import type { Log } from "../core.js";

export const FIELDS_NOT_LOOKED_AT = {
  RCIMIWMessage: {
    destructDuration: "the message stays",
    pushOptions: "there is no push",
    localExtra: "nothing is kept beside a message on this device",
    auditInfo: "nobody examines messages",
  },
  RCIMIWEngineOptions: {
    fileServer: "there are no files",
    statisticServer: "no statistics are sent",
    logServer: "no logs are sent",
    cloudControlServer: "there is none",
    areaCode: "naviServer says where the server is",
    environment: "naviServer says where the server is",
    kickReconnectDevice: "the server decides how many devices a user may have",
    compressOptions: "there are no files",
    pushOptions: "there is no push",
    enablePush: "there is no push",
    enableIPC: "there are no processes beside this one",
  },
} as const;

export const PARAMETERS_NOT_LOOKED_AT = {
  disconnect: { receivePush: "there is no push" },
  getMessages: { policy: "history is the server's" },
  loadMessages: { policy: "history is the server's" },
} as const;

/** Tells the console, once for each name. */
export class NotLookedAt {
  private readonly told = new Set<string>();
  private readonly log: Log;

  constructor(log: Log) {
    this.log = log;
  }

  /** A field that asks for nothing, such as `false` or an empty text, is not worth a word. */
  noteFields(type: keyof typeof FIELDS_NOT_LOOKED_AT, object: object): void {
    for (const [field, what] of Object.entries(FIELDS_NOT_LOOKED_AT[type])) {
      if (Reflect.get(object, field)) this.note(`${type}.${field}`, what);
    }
  }

  noteParameter(call: keyof typeof PARAMETERS_NOT_LOOKED_AT, isMeant: boolean): void {
    if (!isMeant) return;
    for (const [parameter, what] of Object.entries(PARAMETERS_NOT_LOOKED_AT[call])) {
      this.note(`${call}: ${parameter}`, what);
    }
  }

  private note(name: string, what: string): void {
    if (this.told.has(name)) return;
    this.told.add(name);
    this.log.warn(`${name} is not looked at: ${what}`);
  }
}
