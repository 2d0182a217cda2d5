// The name under a cursor, and where a line of the index is now in a text that has moved on.
import * as vscode from "vscode";
import type { Occurrence, WholeSymbol } from "../server/rest";
import type { Session } from "../server/session";
import type { Texts } from "./texts";

/** Languages whose code Clew resolves. */
export const LANGUAGES = ["python", "javascript", "javascriptreact", "typescript", "typescriptreact", "java", "go", "rust", "c", "cpp", "cuda-cpp"];
export const SELECTOR: vscode.DocumentSelector = LANGUAGES.map((language) => ({ language, scheme: "file" }));

export interface Word {
  name: string;
  range: vscode.Range;
}

export function wordAt(document: vscode.TextDocument, position: vscode.Position): Word | undefined {
  const range = document.getWordRangeAtPosition(position, /[\p{L}_$][\p{L}\p{N}_$]*/u);
  return range && { name: document.getText(range), range };
}

/** What a word of a document means; undefined where the file is of no indexed repository. */
export async function meaningOf(
  session: Session,
  texts: Texts,
  document: vscode.TextDocument,
  word: Word,
  signal?: AbortSignal,
): Promise<Occurrence | undefined> {
  const place = session.placeOf(document.uri);
  if (!place) return undefined;
  const line = (await texts.moved(document, place)).toIndexed(word.range.start.line + 1);
  return session.rest.occurrence(place.repository, place.path, line, word.name, signal);
}

/** The symbol that the cursor is on, or inside of; asks where several are meant. */
export async function symbolHere(session: Session, texts: Texts, editor: vscode.TextEditor): Promise<WholeSymbol | { id: string; qualified_name: string } | undefined> {
  const { document, selection } = editor;
  const word = wordAt(document, selection.active) ?? { name: "?", range: new vscode.Range(selection.active, selection.active) };
  const found = await meaningOf(session, texts, document, word);
  if (!found) return undefined;
  const symbols = found.meanings.flatMap((meaning) => meaning.symbol ?? []);
  if (symbols.length > 1) {
    const picked = await vscode.window.showQuickPick(
      symbols.map((symbol) => ({ label: symbol.qualified_name, description: `${symbol.path}:${symbol.line}`, symbol })),
      { title: `${word.name} may mean several things` },
    );
    return picked?.symbol;
  }
  return symbols[0] ?? found.enclosing ?? undefined;
}
