import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

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
  server: {
    // A server that was started with `seenby serve`.
    proxy: { "/v1": { target: "ws://127.0.0.1:7780", ws: true } },
  },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
  },
});
