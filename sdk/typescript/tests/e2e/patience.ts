import { vi } from "vitest";

/** How long a test waits for what has to happen. Only a test that fails takes as long, so slow machines have time. */
export const PATIENCE_MS = 120_000;

/** Waits for something that has to happen soon. */
export function soon<T>(check: () => Promise<T> | T): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 });
}
