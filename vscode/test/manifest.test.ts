// What package.json promises, the source keeps, and the documents say.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json"));
const contributes = manifest.contributes;
const sources = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
  .filter((one) => one.isFile())
  .map((one) => readFileSync(join(one.parentPath, one.name), "utf8"))
  .join("\n");
const documents = read("../docs/vscode.md");

describe("package.json", () => {
  const commands: { command: string; title: string }[] = contributes.commands;
  const named = new Set(commands.map(({ command }) => command));

  test.each(commands)("$command is registered", ({ command }) => expect(read("src/commands.ts")).toContain(`"${command}":`));

  test("menus, welcomes and the walkthrough run commands that are there", () => {
    const text = JSON.stringify([contributes.menus, contributes.viewsWelcome, contributes.walkthroughs]);
    const run = [...text.matchAll(/(?:"command":"|command:|onCommand:)(clew\.[\w.]+)/g)].map(([, name]) => name!);
    expect(run.filter((name) => !named.has(name))).toEqual([]);
  });

  test.each(Object.keys(contributes.configuration.properties))("%s is read, and documented", (name) => {
    expect(sources).toContain(name.replace(/^clew\./, ""));
    expect(documents).toContain(`\`${name}\``);
  });

  test("what names a server or a program is the person's own to set", () => {
    for (const [name, setting] of Object.entries<{ scope?: string }>(contributes.configuration.properties)) {
      if (name.startsWith("clew.server.")) expect(setting.scope, name).toBe("machine");
    }
  });

  test.each<string>(contributes.languageModelTools.map(({ name }: { name: string }) => name))("the tool %s is there, and documented", (name) => {
    expect(read("src/language/tools.ts")).toContain(`  ${name}: {`);
    expect(documents).toContain(`\`${name}\``);
  });

  test.each<string>(contributes.chatParticipants[0].commands.map(({ name }: { name: string }) => name))("/%s is worded, and documented", (name) => {
    expect(read("src/language/asking.ts")).toContain(`case "${name}":`);
    expect(documents).toContain(`\`/${name}\``);
  });

  test("pictures and pages of the walkthrough are there", () => {
    for (const { media } of contributes.walkthroughs[0].steps) expect(readFileSync(join(root, media.image ?? media.markdown)).length).toBeGreaterThan(100);
  });

  test("nothing is needed at run time but the editor", () => expect(manifest.dependencies).toBeUndefined());
});

test("the lock file names no place to fetch from", () => expect(read("package-lock.json")).not.toMatch(/"resolved"/));

test("requests leave in one place only", () => {
  const fetching = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && /\bfetch\b\s*[(=]|node:https?|WebSocket|XMLHttpRequest/.test(readFileSync(join(one.parentPath, one.name), "utf8")))
    .map((one) => one.name);
  expect(fetching).toEqual(["http.ts"]);
});
