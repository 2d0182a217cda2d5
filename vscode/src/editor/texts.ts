// The text of a file as it was indexed, kept while the index is the same, and how the editor's text differs from it.
import * as vscode from "vscode";
import type { Session } from "../server/session";
import { movedLines, type Moved } from "./moved";

const PAGE = 2_000;
const LONGEST = 20_000;
const KEPT = 50;

export class Texts implements vscode.Disposable {
  private readonly texts = new Map<string, Promise<string[]>>();
  private readonly watching: vscode.Disposable;

  constructor(private readonly session: Session) {
    this.watching = session.onDidChange(() => this.texts.clear());
  }

  /** How a document has moved away from the index. */
  async moved(document: vscode.TextDocument, place: { repository: string; path: string }): Promise<Moved> {
    const name = `${place.repository}:${place.path}`;
    let text = this.texts.get(name);
    if (!text) {
      text = this.read(place);
      text.catch(() => this.texts.delete(name));
      this.texts.set(name, text);
      if (this.texts.size > KEPT) this.texts.delete(this.texts.keys().next().value!);
    }
    const now = document.getText().split(/\r?\n/);
    if (now.at(-1) === "") now.pop();
    return movedLines(await text, now);
  }

  private async read({ repository, path }: { repository: string; path: string }): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < LONGEST) {
      const found = await this.session.rest.lines({ repository, path, start: lines.length + 1, end: lines.length + PAGE }).catch((error: Error) => {
        if (lines.length) return undefined; // there was just as much as the pages held
        throw error;
      });
      const page = found?.text.split("\n") ?? [];
      lines.push(...page);
      if (page.length < PAGE) break;
    }
    return lines;
  }

  dispose(): void {
    this.watching.dispose();
  }
}
