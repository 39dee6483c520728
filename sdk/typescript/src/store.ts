/**
 * What an installation remembers, one small text for each thing, so that a change writes only what it changes.
 *
 * Tabs of a browser share a storage. Each is an installation of its own: it claims a place in it for as long as it
 * lives. Answers that an earlier tab left in its place are taken over by the next tab in which their user signs in.
 *
 * | key, behind `seenby/<place>/` | value |
 * |---|---|
 * | `device` | the id of this installation |
 * | `<app>/<user>/store` | the id of the server's store |
 * | `<app>/<user>/position/<conversation>` | a `Position` |
 * | `<app>/<user>/asked/<uid>` | an `Asked` |
 * | `<app>/<user>/unanswered/<uid>` | a `MessageName` |
 * | `<app>/<user>/answer/<number>` | an `Answer` |
 */

import { conversationKey } from "./conversation.js";
import { type Change, emptyMemory, type Memory, type Owner } from "./memory.js";
import { type Eventual, type Storage, whenAllDone, whenDone } from "./ports.js";

/** More tabs than a user has of one site. One beyond that is on its own: it shares no place and keeps nothing. */
const PLACES_MAX = 32;

export class DeviceStore {
  private readonly storage: Storage;
  private readonly place: number;
  private readonly release: () => void;

  private constructor(storage: Storage, place: number, release: () => void) {
    this.storage = storage;
    this.place = place;
    this.release = release;
  }

  /** Claims the first place that is free; `undefined` if there is none. */
  static async open(storage: Storage): Promise<DeviceStore | undefined> {
    for (let place = 0; place < PLACES_MAX; place += 1) {
      const release = await claim(storage, place);
      if (release) return new DeviceStore(storage, place, release);
    }
    return undefined;
  }

  /** For a storage that nobody shares. */
  static alone(storage: Storage): DeviceStore {
    return new DeviceStore(storage, 0, () => {});
  }

  close(): void {
    this.release();
  }

  /** The id of this installation: what was kept the first time, or else `fresh`, which is then kept. */
  deviceId(fresh: string): Eventual<string> {
    const key = `${folder(this.place)}device`;
    return whenDone(this.storage.entries(key), (entries) => {
      const kept = entries.find(([name, id]) => name === key && id !== "");
      return kept ? kept[1] : whenDone(this.storage.set(key, fresh), () => fresh);
    });
  }

  /** Everything remembered of this user. */
  async load(owner: Owner): Promise<Memory> {
    // What cannot be brought here now stays where it is, for another time.
    await this.takeOver(owner).catch((error) => console.warn("seenby: answers of another tab stay there", error));
    const prefix = ownerFolder(this.place, owner);
    return memoryOf(await this.storage.entries(prefix), prefix);
  }

  /** Remembers changes. */
  save(owner: Owner, changes: readonly Change[]): Eventual<void> {
    const prefix = ownerFolder(this.place, owner);
    // One behind the other: a storage that works beside us may turn two writes round.
    return changes.reduce<Eventual<void>>(
      (done, change) => whenDone(done, () => this.apply(prefix, change)),
      undefined,
    );
  }

  private apply(prefix: string, change: Change): Eventual<void> {
    switch (change.kind) {
      case "storeChanged":
        return whenDone(this.forget(prefix), () => this.storage.set(`${prefix}store`, change.storeId));
      case "position": {
        const { conversation, through } = change;
        return this.keep(`${prefix}position/${conversationKey(conversation)}`, { conversation, through });
      }
      case "asked":
        return this.keep(`${prefix}asked/${change.asked.messageUid}`, change.asked);
      case "askedForgotten":
        return this.storage.delete(`${prefix}asked/${change.messageUid}`);
      case "unanswered":
        return this.keep(`${prefix}unanswered/${change.request.messageUid}`, change.request);
      case "unansweredForgotten":
        return this.storage.delete(`${prefix}unanswered/${change.messageUid}`);
      case "answerKept":
        return this.keep(`${prefix}answer/${change.number}`, change.answer);
      case "answerDone":
        return this.storage.delete(`${prefix}answer/${change.number}`);
    }
  }

  private keep(key: string, value: object): Eventual<void> {
    return this.storage.set(key, JSON.stringify(value));
  }

  /** Everything but the answers. */
  private forget(prefix: string): Eventual<void> {
    const isForgotten = ([key]: [string, string]) => !key.startsWith(`${prefix}answer/`);
    return whenDone(this.storage.entries(prefix), (entries) =>
      whenAllDone(entries.filter(isForgotten).map(([key]) => this.storage.delete(key))),
    );
  }

  /** Brings answers of this user here from places that nobody has. Kept here before they go there: twice does no harm. */
  private async takeOver(owner: Owner): Promise<void> {
    if (!this.storage.claim) return;
    for (let place = 0; place < PLACES_MAX; place += 1) {
      if (place === this.place) continue;
      const prefix = `${ownerFolder(place, owner)}answer/`;
      const answers = await this.storage.entries(prefix);
      const release = answers.length > 0 ? await claim(this.storage, place) : undefined;
      if (!release) continue;
      await this.adopt(owner, answers).finally(release);
    }
  }

  private async adopt(owner: Owner, answers: [key: string, value: string][]): Promise<void> {
    const prefix = `${ownerFolder(this.place, owner)}answer/`;
    const numbers = (await this.storage.entries(prefix)).map(([key]) => Number(key.slice(prefix.length)));
    let number = Math.max(-1, ...numbers);
    for (const [key, answer] of answers) {
      number += 1;
      await this.storage.set(`${prefix}${number}`, answer);
      await this.storage.delete(key);
    }
  }
}

async function claim(storage: Storage, place: number): Promise<(() => void) | undefined> {
  return storage.claim ? storage.claim(folder(place)) : () => {};
}

function folder(place: number): string {
  return `seenby/${place}/`;
}

/** Ids may hold any character; a slash in one would reach into the folder of another. */
function ownerFolder(place: number, { appKey, userId }: Owner): string {
  const escaped = (id: string) => id.replace(/%/g, "%25").replace(/\//g, "%2F");
  return `${folder(place)}${escaped(appKey)}/${escaped(userId)}/`;
}

function memoryOf(entries: [key: string, value: string][], prefix: string): Memory {
  const memory = emptyMemory();
  // Uids are ordered by time.
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of entries) {
    const [kind = "", name = ""] = key.slice(prefix.length).split("/");
    if (kind === "store") memory.storeId = value;
    else remember(memory, kind, name, value);
  }
  memory.answers.sort((a, b) => a.number - b.number);
  return memory;
}

/** What cannot be read is left where it is and passed over: the server tells it again, unless it is an answer. */
function remember(memory: Memory, kind: string, name: string, text: string): void {
  try {
    const value = JSON.parse(text);
    if (kind === "position") memory.positions.push(value);
    else if (kind === "asked") memory.asked.push(value);
    else if (kind === "unanswered") memory.unanswered.push(value);
    else if (kind === "answer") memory.answers.push({ number: Number(name), answer: value });
  } catch (error) {
    console.error(`seenby: what was remembered of ${kind} ${name} cannot be read`, error);
  }
}
