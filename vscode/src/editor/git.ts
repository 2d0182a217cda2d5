// What is checked out, from the editor's own git extension where it is there.
import * as vscode from "vscode";

interface GitApi {
  getRepository(uri: vscode.Uri): { state: { HEAD?: { commit?: string } } } | null;
}

/** The commit of a folder, or undefined where git does not tell. */
export async function headOf(folder: vscode.Uri | undefined): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<{ getAPI(version: 1): GitApi }>("vscode.git");
  if (!folder || !extension?.isActive) return undefined;
  try {
    return extension.exports.getAPI(1).getRepository(folder)?.state.HEAD?.commit;
  } catch {
    return undefined; // git is switched off
  }
}
