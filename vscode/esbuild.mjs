// Bundles the extension for the editor's Node, and the sidebar for its webview. The sidebar's components are those of ../web/src.
import { build } from "esbuild";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** Whoever imports a package, also below ../web, gets the one that this folder's lock file names: two Preacts would not share hooks. */
const ownPackages = {
  name: "own-packages",
  setup(bundle) {
    bundle.onResolve({ filter: /^[^./]/ }, ({ path, kind, pluginData }) =>
      path === "vscode" || path.startsWith("node:") || pluginData === "own"
        ? undefined
        : bundle.resolve(path, { kind, resolveDir: here, pluginData: "own" }),
    );
  },
};

const common = { absWorkingDir: here, bundle: true, minify: true, sourcemap: false, legalComments: "none", logLevel: "warning", plugins: [ownPackages] };

await build({
  ...common,
  entryPoints: { extension: "src/extension.ts" },
  outdir: "dist",
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
});
await build({
  ...common,
  entryPoints: { webview: "webview/main.tsx", drawing: "webview/drawing.tsx" },
  outdir: "dist",
  platform: "browser",
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
});

// The package carries the licence of the whole.
await copyFile(join(here, "../LICENSE"), join(here, "LICENSE"));
