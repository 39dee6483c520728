/** How long a test waits for what has to happen. Only a test that fails takes as long, so slow machines have time. */
export const PATIENCE_MS = 120_000;
