// The change of a folder as one text that a server can review, whatever it has of the repository. No vscode here: units run it in plain Node.
import { execFile } from "node:child_process";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../../web/src/api";

/** What is reviewed: all that is not committed, what is staged, or the last commit. */
export type Which = "uncommitted" | "staged" | "last";

export interface Change {
  diff: string;
  /** The commit that it starts from. */
  base: string;
  files: number;
  /** Files that were left out, and why. */
  notes: string[];
}

export interface Git {
  (parts: readonly string[], signal?: AbortSignal): Promise<string>;
}

/** The server takes a body of a million bytes unless it was told otherwise; quotes and line ends grow in JSON. */
export const LARGEST = 900_000;
const LARGEST_NEW = 200_000;
const MOST_NEW = 300;
const WHOLE = 1_000_000;
/** Nothing of the repository's configuration runs a program, or makes the text look otherwise. */
const SAFE = ["--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "diff.external="];
const DIFF = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--full-index", "--relative", "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=dirty"];

/** Runs git in a folder; rejects with a Problem that says what git said. */
export function gitIn(folder: string, program = "git"): Git {
  return (parts, signal) =>
    new Promise((resolve, reject) => {
      execFile(program, [...SAFE, ...parts], { cwd: folder, maxBuffer: 64 * WHOLE, signal, windowsHide: true }, (error, out, said) => {
        if (!error) resolve(out);
        else if (signal?.aborted) reject(new DOMException("Aborted", "AbortError"));
        else if ((error as NodeJS.ErrnoException).code === "ENOENT") reject(new Problem(0, "no_git", "git cannot be run here.", "Install git, or set `git.path`."));
        else reject(new Problem(0, "git", `git cannot tell what has changed: ${said.trim().split("\n").at(-1) || error.message}`, "Open a folder of a git repository that has a commit."));
      });
    });
}

/** Returns the change; an empty diff where there is none. Raises Problem where it is larger than a server takes. */
export async function changeIn(folder: string, which: Which, git: Git, signal?: AbortSignal): Promise<Change> {
  const base = (await git(["rev-parse", "--verify", which === "last" ? "HEAD~1^{commit}" : "HEAD^{commit}"], signal)).trim();
  const asked = { uncommitted: ["HEAD"], staged: ["--cached", "HEAD"], last: ["HEAD~1", "HEAD"] }[which];
  const notes: string[] = [];
  const fresh = which === "uncommitted" ? await newFiles(folder, git, notes, signal) : [];
  for (const lines of [WHOLE, 10]) {
    const tracked = await git([...DIFF, `--unified=${lines}`, ...asked, "--", "."], signal);
    const diff = [tracked, ...fresh].filter(Boolean).join("");
    if (sizeOf(diff) <= LARGEST) return { diff, base, files: counted(diff), notes };
  }
  throw new Problem(413, "too_large", "The change is too large to be sent at once.", "Stage a part of it and review that, or run `clew review` beside the repository.");
}

/** Files that git does not know yet, as a diff would tell them. */
async function newFiles(folder: string, git: Git, notes: string[], signal?: AbortSignal): Promise<string[]> {
  const paths = (await git(["ls-files", "-z", "--others", "--exclude-standard", "--", "."], signal)).split("\0").filter(Boolean);
  if (paths.length > MOST_NEW) notes.push(`${paths.length} files are new: the first ${MOST_NEW} were sent`);
  const said: string[] = [];
  for (const path of paths.slice(0, MOST_NEW)) {
    const stat = await lstat(join(folder, path)).catch(() => undefined);
    if (!stat?.isFile()) continue;
    const text = stat.size <= LARGEST_NEW ? await readFile(join(folder, path)).catch(() => undefined) : undefined;
    if (text && !text.includes(0)) said.push(newFile(path, text.toString("utf8")));
    else notes.push(`${path} was left out: ${text ? "it is binary" : "it is large"}`);
  }
  return said;
}

/** Returns a new file as `git diff` writes it. */
export function newFile(path: string, text: string): string {
  const name = /["\\\x00-\x1f\x7f]/.test(path) ? (prefix: string) => JSON.stringify(prefix + path) : (prefix: string) => prefix + path;
  const head = `diff --git ${name("a/")} ${name("b/")}\nnew file mode 100644\n`;
  if (!text) return head;
  const lines = text.split("\n");
  const ends = lines.at(-1) === "";
  if (ends) lines.pop();
  return `${head}--- /dev/null\n+++ ${name("b/")}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join("")}${ends ? "" : "\\ No newline at end of file\n"}`;
}

function counted(diff: string): number {
  return diff.match(/^diff --git /gm)?.length ?? 0;
}

/** As many bytes as the text has inside JSON. */
function sizeOf(text: string): number {
  return text.length > 2 * LARGEST ? text.length : Buffer.byteLength(JSON.stringify(text));
}
