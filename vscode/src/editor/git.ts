// What is checked out, from the editor's own git extension where it is there.
import * as vscode from "vscode";

interface GitApi {
  git: { path: string };
  getRepository(uri: vscode.Uri): { state: { HEAD?: { commit?: string } } } | null;
}

function api(): GitApi | undefined {
  const extension = vscode.extensions.getExtension<{ getAPI(version: 1): GitApi }>("vscode.git");
  try {
    return extension?.isActive ? extension.exports.getAPI(1) : undefined;
  } catch {
    return undefined; // git is switched off
  }
}

/** The git that the editor found (`git.path` among it), else the one on the PATH. */
export function gitProgram(): string {
  return api()?.git.path || "git";
}

/** The commit of a folder, or undefined where git does not tell. */
export async function headOf(folder: vscode.Uri | undefined): Promise<string | undefined> {
  return folder && api()?.getRepository(folder)?.state.HEAD?.commit;
}
