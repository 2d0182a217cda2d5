import { describe, expect, test } from "vitest";
import { Problem } from "../../web/src/api";
import { isIn, pathIn, repositoryOf, stateOf } from "../src/server/connection";
import { restOver, type Repository } from "../src/server/rest";

const repository = (name: string, root: string) => ({ name, root, revision: "c0ffee12", indexed_at: "", files: 1, lines: 1, symbols: 1, relations: 1 }) as Repository;
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });

function standing(answer: (path: string) => Response | Promise<Response>) {
  return stateOf(restOver(async (path) => answer(path)));
}

describe("how the server stands", () => {
  const repositories = [repository("shop", "/code/shop")];

  test("ready, where it lists repositories and knows the newest route", async () => {
    const state = await standing((path) => (path.startsWith("/repositories") ? json(200, { repositories }) : json(400, { code: "input", detail: "no indexed file" })));
    expect(state).toEqual({ kind: "ready", repositories });
  });

  test("old, where a route is missing", async () => {
    const missing = json(404, { code: "no_such_route", detail: "There is no such route." });
    expect(await standing((path) => (path.startsWith("/repositories") ? json(200, { repositories }) : missing))).toMatchObject({ kind: "old" });
    expect(await standing(() => json(404, { detail: "Not Found" }))).toMatchObject({ kind: "old" });
  });

  test("unauthorised, where it wants a key, or grants nothing", async () => {
    expect(await standing(() => json(401, { code: "unauthenticated" }))).toMatchObject({ kind: "unauthorised", nextStep: expect.stringContaining("key") });
    expect(await standing(() => json(403, { code: "policy", detail: "Refused." }))).toMatchObject({ kind: "unauthorised", message: "Refused." });
  });

  test("unreachable, failed, or no Clew at all", async () => {
    expect(await standing(() => Promise.reject(new Problem(0, "unreachable", "no answer", "start it")))).toEqual({ kind: "unreachable", message: "no answer", nextStep: "start it" });
    expect(await standing(() => json(503, { code: "store", detail: "The store is locked.", next_step: "Wait." }))).toEqual({ kind: "failed", message: "The store is locked.", nextStep: "Wait." });
    expect(await standing(() => new Response("<html>", { status: 200 }))).toMatchObject({ kind: "failed", message: expect.stringContaining("cannot be read") });
  });
});

describe("which repository a folder is", () => {
  const known = [repository("shop", "/code/shop"), repository("inner", "/code/shop/inner"), repository("other", "/srv/other")];

  test.each([
    ["/code/shop", "shop"],
    ["/code/shop/src", "shop"],
    ["/code/shop/inner/", "inner"],
    ["/home/me/other", "other"],
    ["/code/shopping", undefined],
    ["/home/me/nothing", undefined],
  ])("%s is %s", (folder, name) => expect(repositoryOf(folder, known)?.name).toBe(name));

  test("a name in the settings decides, also when it is unknown", () => {
    expect(repositoryOf("/code/shop", known, "other")?.name).toBe("other");
    expect(repositoryOf("/code/shop", known, "nowhere")).toBeUndefined();
  });

  test("where the server does not tell where its repositories lie, a folder is found by its name alone", () => {
    const untold = [repository("other", ""), repository("shop", "")];
    expect(repositoryOf("/home/me/shop", untold)?.name).toBe("shop");
    expect(repositoryOf("/home/me/elsewhere", untold)).toBeUndefined();
    expect(pathIn(untold[1]!, "/home/me/shop", "/home/me/shop/a.py")).toBe("a.py");
    expect(isIn("/home/me/shop", "")).toBe(false);
  });

  test("files are named from the root, or from the folder where the repository lies elsewhere", () => {
    expect(pathIn(known[0]!, "/code/shop/src", "/code/shop/src/a.py")).toBe("src/a.py");
    expect(pathIn(known[2]!, "/home/me/other", "/home/me/other/b/c.go")).toBe("b/c.go");
    expect(pathIn(repository("win", "C:\\code\\win"), "", "C:\\code\\win\\x.ts")).toBe("x.ts");
    expect(pathIn(known[0]!, "/code/shop", "/elsewhere/a.py")).toBeUndefined();
  });
});
