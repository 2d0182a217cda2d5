// Above each definition: how many places call it, and how many tests reach it. Counted only for what is on the screen.
import * as vscode from "vscode";
import { counted, type SymbolRow } from "../server/rest";
import { signalOf, type Session } from "../server/session";
import { lastName, settled } from "./lines";
import type { Texts } from "./texts";
import { SELECTOR } from "./word";

const KINDS = new Set(["function", "method", "class", "interface"]);

class Counted extends vscode.CodeLens {
  constructor(
    range: vscode.Range,
    readonly symbol: SymbolRow,
    readonly what: "callers" | "tests",
  ) {
    super(range);
  }
}

export class Lenses implements vscode.CodeLensProvider<Counted>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changes.event;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly session: Session,
    private readonly texts: Texts,
  ) {
    this.subscriptions = [
      this.changes,
      vscode.languages.registerCodeLensProvider(SELECTOR, this),
      session.onDidChange(() => this.changes.fire()),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("clew.codeLens") && this.changes.fire()),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<Counted[]> {
    const place = this.session.placeOf(document.uri);
    if (!place || !vscode.workspace.getConfiguration("clew", document.uri).get("codeLens.enabled", true)) return [];
    try {
      const { symbols } = await this.session.rest.outline(place.repository, place.path);
      const moved = await this.texts.moved(document, place);
      const line = (number: number) => (number < document.lineCount ? document.lineAt(number).text : undefined);
      return symbols
        .filter((symbol) => KINDS.has(symbol.kind))
        .flatMap((symbol) => {
          const at = settled(line, moved.toNow(symbol.line) ?? symbol.line, lastName(symbol.qualified_name));
          if (at === undefined) return [];
          const range = new vscode.Range(at, 0, at, 0);
          const row = { ...symbol, path: place.path };
          return [new Counted(range, row, "callers"), new Counted(range, row, "tests")];
        });
    } catch {
      return []; // the status bar says what is wrong with the server
    }
  }

  async resolveCodeLens(lens: Counted, token: vscode.CancellationToken): Promise<Counted> {
    const { symbol, what } = lens;
    try {
      const signal = signalOf(token);
      const found = await (what === "callers" ? this.session.rest.callers(symbol.id, 1, 100, signal) : this.session.rest.tests(symbol.id, 200, signal));
      const noun = what === "callers" ? "caller" : "test";
      const number = found.results.length;
      const said = number ? `${counted(found)} ${number === 1 ? noun : `${noun}s`}` : found.verdict === "none" ? `no ${noun}s` : `no ${noun} found`;
      lens.command = { title: said, tooltip: tooltip(found.verdict), command: what === "callers" ? "clew.callers.of" : "clew.tests.of", arguments: [symbol.id] };
    } catch {
      lens.command = { title: `${what}: ?`, tooltip: "The server did not answer", command: "clew.connect" };
    }
    return lens;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}

function tooltip(verdict: string): string {
  return verdict === "unknown" ? "Not everything could be seen: there may be more" : "As Clew's index has them";
}
