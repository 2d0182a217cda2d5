/// <reference types="vitest/config" />
import { defineConfig } from "vite";

// The bundle is committed at app/static/ui, so that `clew serve` needs no Node.
export default defineConfig({
  base: "/ui/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { outDir: "../app/static/ui", emptyOutDir: true, target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { "/api": process.env.CLEW_URL ?? "http://127.0.0.1:8674" } },
  test: { environment: "happy-dom" },
});
