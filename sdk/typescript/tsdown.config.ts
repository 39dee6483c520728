import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts", "src/react-native.ts"],
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  dts: true,
  fixedExtension: false,
  // A package of its own has them with it.
  copy: ["../../LICENSE-APACHE", "../../LICENSE-MIT"],
  // The default export of `index` is there beside the names, also for `require`.
  outputOptions: { exports: "named" },
});
