// The change of a folder as a diff, by a real git; and its findings at the lines of now.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { changeIn, gitIn, LARGEST, newFile } from "../src/review/diff";
import { findingsNow, summary } from "../src/review/findings";
import type { Finding, Review } from "../src/server/rest";

let folder: string;
const git = (...parts: string[]) => execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@shop.example", ...parts], { cwd: folder, encoding: "utf8" });
const write = (path: string, text: string | Buffer) => writeFileSync(join(folder, path), text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "clew-review-"));
  git("init", "-q");
  write("models.py", "def price(order):\n    return 1\n");
  write("größe.py", "def messen(): ...\n");
  git("add", ".");
  git("commit", "-qm", "Begin");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the change of a folder", () => {
  test("is whole files, from the commit that is named, new ones among them", async () => {
    write("models.py", "def price(order, tax):\n    return 1\n");
    write("größe.py", "def messen(x): ...\n");
    write("new.py", "def fresh(): ...");
    write("logo.png", Buffer.from([0x89, 0, 1]));
    symlinkSync("/etc/passwd", join(folder, "link.py"));
    const found = await changeIn(folder, "uncommitted", gitIn(folder));
    expect(found.base).toBe(git("rev-parse", "HEAD").trim());
    expect(found.files).toBe(3);
    expect(found.diff).toContain("-def price(order):\n+def price(order, tax):\n     return 1\n");
    expect(found.diff).toMatch(/^index [0-9a-f]{40}\.\.[0-9a-f]{40}/m);
    expect(found.diff).toContain("diff --git a/größe.py b/größe.py\n");
    expect(found.diff).toContain("+++ b/new.py\n@@ -0,0 +1,1 @@\n+def fresh(): ...\n\\ No newline at end of file\n");
    expect(found.diff).not.toContain("passwd");
    expect(found.notes).toEqual(["logo.png was left out: it is binary"]);
  });

  test("is what is staged, or the last commit, where that is asked", async () => {
    write("models.py", "def price(order, tax):\n    return 1\n");
    expect((await changeIn(folder, "staged", gitIn(folder))).diff).toBe("");
    git("add", ".");
    expect((await changeIn(folder, "staged", gitIn(folder))).files).toBe(1);
    git("commit", "-qm", "Tax");
    expect((await changeIn(folder, "uncommitted", gitIn(folder))).diff).toBe("");
    const last = await changeIn(folder, "last", gitIn(folder));
    expect([last.files, last.base]).toEqual([1, git("rev-parse", "HEAD~1").trim()]);
  });

  test("counts its paths from the folder, also below the top of the repository", async () => {
    mkdirSync(join(folder, "part"));
    write("part/a.py", "def a(): ...\n");
    git("add", ".");
    git("commit", "-qm", "Part");
    write("part/a.py", "def a(x): ...\n");
    write("models.py", "def price(order, tax): ...\n");
    const found = await changeIn(join(folder, "part"), "uncommitted", gitIn(join(folder, "part")));
    expect(found.diff.match(/^diff --git .*$/gm)).toEqual(["diff --git a/a.py b/a.py"]);
  });

  test("runs no program of the repository's configuration, and takes no other prefixes from it", async () => {
    for (const [name, value] of Object.entries({ "diff.external": "touch ran; false", "core.fsmonitor": "touch ran; false", "diff.noprefix": "true", "color.ui": "always" })) git("config", name, value);
    write("models.py", "def price(order, tax):\n    return 1\n");
    const found = await changeIn(folder, "uncommitted", gitIn(folder));
    expect(found.diff).toContain("diff --git a/models.py b/models.py\n");
    expect(git("-c", "core.fsmonitor=false", "status", "--porcelain")).not.toContain("ran");
  });

  test("is sent with less around its lines where whole files are too large, and refused where that is too large too", async () => {
    write("large.py", "x = 1\n".repeat(LARGEST / 6));
    git("add", ".");
    git("commit", "-qm", "Large");
    write("large.py", "x = 1\n".repeat(LARGEST / 6) + "y = 2\n");
    const found = await changeIn(folder, "uncommitted", gitIn(folder));
    expect(found.diff).toContain("+y = 2\n");
    expect(found.diff.length).toBeLessThan(1_000);
    write("large.py", "y = 2\n".repeat(LARGEST / 6));
    await expect(changeIn(folder, "uncommitted", gitIn(folder))).rejects.toMatchObject({ code: "too_large" });
  });

  test("cannot be had without git, without a commit, or once it is cancelled", async () => {
    await expect(changeIn(folder, "uncommitted", gitIn(folder, "no-such-git"))).rejects.toMatchObject({ code: "no_git" });
    const bare = mkdtempSync(join(tmpdir(), "clew-none-"));
    await expect(changeIn(bare, "uncommitted", gitIn(bare))).rejects.toMatchObject({ code: "git" });
    rmSync(bare, { recursive: true });
    const stopping = new AbortController();
    stopping.abort();
    await expect(changeIn(folder, "uncommitted", gitIn(folder), stopping.signal)).rejects.toMatchObject({ name: "AbortError" });
  });
});

test("a new file with a strange name is quoted as git does, and an empty one has no lines", () => {
  expect(newFile('a"b.py', "")).toBe('diff --git "a/a\\"b.py" "b/a\\"b.py"\nnew file mode 100644\n');
});

const finding: Finding = {
  kind: "will_break",
  severity: "error",
  path: "a.py",
  line: 5,
  indexed: true,
  text: "`total` calls `price`",
  cites: [{ path: "b.py", line: 8, indexed: false, text: "`price`" }],
};
const review: Review = {
  repository: "shop",
  base: "HEAD",
  target: "the posted diff",
  risk: "medium",
  reasons: [],
  findings: [finding, { ...finding, severity: "warning", cites: [] }],
  files: [],
  will_break: [],
  may_break: [],
  tests: [],
  untested: [],
  stale: [],
  notes: [],
};

test("a finding stands where its line is now; one of the change stays", async () => {
  const [found] = await findingsNow(review, async (path, line) => line + (path === "a.py" ? 2 : 100));
  expect([found!.line, found!.cites[0]!.line]).toEqual([7, 8]);
});

test("a review is summed up in one line", () => {
  expect(summary(review)).toBe("Risk medium: 1 place will break or must follow, 1 warning.");
  expect(summary({ ...review, risk: "low", findings: [] })).toBe("Risk low: nothing was found.");
});
