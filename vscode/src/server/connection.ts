// Whether the server can be asked, and if not, why and what helps. Units run it in plain Node.
import { Problem } from "../../../web/src/api";
import type { Repository } from "../../../web/src/shapes";
import type { Rest } from "./rest";

export type State =
  | { kind: "asking" }
  | { kind: "ready"; repositories: Repository[] }
  | { kind: "old" | "unreachable" | "unauthorised" | "failed"; message: string; nextStep: string };

/** Asks what is indexed, and whether the server knows the newest route that this extension uses. Never throws. */
export async function stateOf(rest: Rest): Promise<State> {
  try {
    const repositories = await rest.repositories();
    const known = await rest.send("/files/occurrence?path=.&line=1&name=.").then(
      () => undefined,
      (error: unknown) => (error instanceof Problem ? error : undefined),
    );
    if (known && isMissingRoute(known)) return old();
    return { kind: "ready", repositories };
  } catch (error) {
    return failedBy(error);
  }
}

/** What an error says about the server. */
export function failedBy(error: unknown): Exclude<State, { kind: "asking" | "ready" }> {
  if (!(error instanceof Problem)) return { kind: "failed", message: `The server's answer cannot be read: ${(error as Error).message}`, nextStep: "See whether `clew.server.url` leads to Clew." };
  if (error.status === 0) return { kind: "unreachable", message: error.message, nextStep: error.nextStep };
  if (error.status === 401) return { kind: "unauthorised", message: "The server wants an API key that it knows.", nextStep: "Give the key that your administrator made (`clew keys create`)." };
  if (error.status === 403) return { kind: "unauthorised", message: error.message, nextStep: error.nextStep };
  if (isMissingRoute(error)) return old();
  return { kind: "failed", message: error.message, nextStep: error.nextStep };
}

export function isMissingRoute(problem: Problem): boolean {
  return problem.code === "no_such_route" || (problem.status === 404 && problem.code === "404") || problem.status === 405;
}

function old(): State & { kind: "old" } {
  return { kind: "old", message: "The server is older than this extension.", nextStep: "Update Clew where it runs, then connect again." };
}

/** Which indexed repository a folder is: by its name in the settings, by its path, by being inside one, else by its own name. */
export function repositoryOf(folder: string, repositories: readonly Repository[], named = ""): Repository | undefined {
  if (named) return repositories.find((one) => one.name === named);
  const path = plain(folder);
  const around = repositories
    .filter((one) => isIn(path, one.root))
    .sort((a, b) => b.root.length - a.root.length);
  return around[0] ?? repositories.find((one) => one.name === path.slice(path.lastIndexOf("/") + 1));
}

/** The path of a file as the index knows it: from the repository's root, or from the folder where the repository lies elsewhere. */
export function pathIn(repository: Repository, folder: string, file: string): string | undefined {
  for (const root of [plain(repository.root), plain(folder)]) {
    if (root && plain(file).startsWith(`${root}/`)) return plain(file).slice(root.length + 1);
  }
  return undefined;
}

/** Whether a path is a folder or lies in it. A server tells administrators alone where its repositories lie: others get no folder. */
export function isIn(path: string, folder: string): boolean {
  const root = plain(folder);
  return root !== "" && (path === root || path.startsWith(`${root}/`));
}

export function plain(path: string): string {
  return path.replaceAll("\\", "/").replace(/\/+$/, "");
}
