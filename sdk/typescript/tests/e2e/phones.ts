/** Phones of one kind: in this process, or in a browser. */

import type { Phone } from "./phone.js";

export interface Phones {
  /** A new phone that will connect to this address. */
  open(address: string): Promise<Phone>;
  /** The same phone with what it kept, after its app has ended without a word and has been started again. */
  restart(phone: Phone): Promise<Phone>;
  /** Ends all phones. */
  closeAll(): Promise<void>;
  /** Ends all phones, and whatever made them. */
  end(): Promise<void>;
}

/** What goes over to a phone and comes back, as text. */
export type CallAsText = (name: string, args: string) => Promise<string>;

/** A phone that is called by texts, wherever it is. */
export function phoneByText(call: CallAsText): Phone {
  const member = (_: object, name: string | symbol) => {
    // It is no promise itself.
    if (typeof name === "symbol" || name === "then") return undefined;
    return async (...args: unknown[]) => fromText(await call(name, toText(args)));
  };
  return new Proxy({}, { get: member }) as Phone;
}

/** The other side of it. */
export function calledByText(phone: Phone): CallAsText {
  return async (name, args) => {
    const method = Reflect.get(phone, name);
    if (typeof method !== "function") throw new Error(`a phone has no ${name}`);
    return toText(await method(...(fromText(args) as unknown[])));
  };
}

function toText(value: unknown): string {
  return JSON.stringify({ value });
}

function fromText(text: string): unknown {
  return JSON.parse(text).value;
}
