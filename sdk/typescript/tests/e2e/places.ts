/** Where things are. */

import { fileURLToPath } from "node:url";

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const repository = place("../../../..");
export const sdkFolder = place("../..");
export const program = place("../../../../target/debug/seenby");
/** The scripts of the page that browsers open, bundled: the built SDK, and the page itself. */
export const pageFolder = place("../../dist-e2e");
export const chromium = process.env.CHROMIUM || "/usr/bin/chromium";
