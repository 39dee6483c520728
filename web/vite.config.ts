import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** A server that was started with `seenby serve`. */
const server = process.env.SEENBY_SERVER ?? "ws://127.0.0.1:7780";
const proxy = { "/v1": { target: server, ws: true } };
const sdk = fileURLToPath(new URL("../sdk/typescript/src/index.ts", import.meta.url));

export default defineConfig({
  plugins: [svelte()],
  // The page is served from wherever the server is mounted.
  base: "./",
  resolve: {
    // The SDK's source rather than its build: nothing has to be built before the page.
    alias: { "@seenby/rcim": sdk },
    // What the SDK imports is found in this folder, so that it needs no installation of its own.
    dedupe: ["@bufbuild/protobuf"],
  },
  build: {
    target: "es2022",
    // A policy without `unsafe-inline` and `data:` lets neither through.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
  },
  server: { proxy },
  preview: { proxy },
  test: {
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["tests/unit/**/*.test.ts"], environment: "node", testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["tests/browser/**/*.test.ts"],
          environment: "node",
          fileParallelism: false,
          // Waits have limits of their own, which name what they waited for.
          testTimeout: 15 * 60_000,
          hookTimeout: 15 * 60_000,
        },
      },
    ],
  },
});
