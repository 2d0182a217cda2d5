// Cited places, opened: in the file of the workspace where there is one, else as the server holds the lines.
import * as vscode from "vscode";
import type { Session } from "../server/session";

export interface Place {
  repository?: string;
  path: string;
  start: number;
  end: number;
}

const SCHEME = "clew-lines";
const SHOWN_FOR_MS = 4_000;

/** Opens places, and shows lines that lie in no file here. */
export class Places implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly mark = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor("editor.findMatchHighlightBackground"),
    overviewRulerColor: new vscode.ThemeColor("editorOverviewRuler.findMatchForeground"),
  });
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  private fading: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: Session) {}

  async open(place: Place, column: vscode.ViewColumn = vscode.ViewColumn.Active): Promise<void> {
    const uri = (await this.uriOf(place)) ?? remote(place);
    const document = await vscode.workspace.openTextDocument(uri);
    const last = document.lineCount - 1;
    const start = Math.min(Math.max(place.start - 1, 0), last);
    const end = Math.min(Math.max(place.end - 1, start), last);
    const range = new vscode.Range(start, 0, end, document.lineAt(end).text.length);
    const editor = await vscode.window.showTextDocument(document, {
      selection: new vscode.Range(start, 0, start, 0),
      viewColumn: column,
      preview: true,
    });
    editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    this.show(editor, range);
  }

  /** The file of a place on this machine, where it is there. */
  async uriOf(place: Place): Promise<vscode.Uri | undefined> {
    const candidates: vscode.Uri[] = [];
    const known = this.session.repositories.filter((one) => !place.repository || one.name === place.repository);
    const here = this.session.repositoryHere();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const belongs = this.session.repositoryHere(folder.uri);
      if (!belongs || known.includes(belongs)) candidates.push(vscode.Uri.joinPath(folder.uri, ...safe(place.path)));
    }
    known.sort((a, b) => Number(b === here) - Number(a === here));
    for (const one of known.filter(({ root }) => root)) candidates.push(vscode.Uri.joinPath(vscode.Uri.file(one.root), ...safe(place.path)));
    for (const uri of candidates) {
      const found = await vscode.workspace.fs.stat(uri).then((stat) => stat.type & vscode.FileType.File, () => 0);
      if (found) return uri;
    }
    return undefined;
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const repository = new URLSearchParams(uri.query).get("repository") || undefined;
    const found = await this.session.rest.lines({ repository, path: uri.path.slice(1), start: 1, end: 2_000 });
    return found.text;
  }

  private show(editor: vscode.TextEditor, range: vscode.Range): void {
    clearTimeout(this.fading);
    editor.setDecorations(this.mark, [range]);
    this.fading = setTimeout(() => editor.setDecorations(this.mark, []), SHOWN_FOR_MS);
  }

  dispose(): void {
    clearTimeout(this.fading);
    this.mark.dispose();
    this.registration.dispose();
  }
}

function remote(place: Place): vscode.Uri {
  const query = place.repository ? new URLSearchParams({ repository: place.repository }).toString() : "";
  return vscode.Uri.from({ scheme: SCHEME, path: `/${place.path}`, query });
}

/** A path of the index stays below its root, whatever a server says. */
function safe(path: string): string[] {
  return path.split("/").filter((part) => part && part !== "." && part !== "..");
}
