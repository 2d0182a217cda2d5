// Syntax colours for the eight languages and what stands beside them, loaded when the first code is shown.
import type { HLJSApi } from "highlight.js";

const NAMES: Record<string, string> = {
  py: "python", pyi: "python", js: "javascript", jsx: "javascript", mjs: "javascript", cjs: "javascript",
  ts: "typescript", tsx: "typescript", java: "java", go: "go", rs: "rust", c: "c", h: "cpp", cc: "cpp", cpp: "cpp", cxx: "cpp",
  hpp: "cpp", hh: "cpp", json: "json", yml: "yaml", yaml: "yaml", sh: "bash", bash: "bash", toml: "ini", ini: "ini", cfg: "ini",
  html: "xml", xml: "xml", md: "markdown", diff: "diff", patch: "diff",
};

let loading: Promise<HLJSApi> | undefined;

export function highlighter(): Promise<HLJSApi> {
  loading ??= import("./languages").then((module) => module.default);
  return loading;
}

/** The language of a path or of a code block's word; undefined where it is none that we colour. */
export function languageOf(name: string): string | undefined {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return NAMES[ending] ?? (Object.values(NAMES).includes(ending) ? ending : undefined);
}
