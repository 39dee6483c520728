/** The app in the browser: one phone, with the built SDK. */

import { makePhone, type Sdk } from "./phone.js";
import { type CallAsText, calledByText } from "./phones.js";

const sdk: Sdk = await import(new URL("/sdk.js", location.href).href);

let call: CallAsText | undefined;

/** What the test calls. */
const app = {
  async start(address: string): Promise<void> {
    call = calledByText(await makePhone(sdk, { naviServer: address }));
  },
  call(name: string, args: string): Promise<string> {
    if (!call) throw new Error("the app has not been started");
    return call(name, args);
  },
};
export type App = typeof app;

Object.assign(globalThis, { app });
