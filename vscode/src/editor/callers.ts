// The tree of callers: who calls it, who calls those, and the tests that reach it.
import * as vscode from "vscode";
import type { Reached, Structural, SymbolRow } from "../server/rest";
import { sayFailure, type Session } from "../server/session";

type Row = { kind: "root"; found: Structural; what: "callers" | "tests" } | { kind: "caller"; row: Reached; above: readonly string[] } | { kind: "note"; text: string; icon: string };

const ICONS: Record<string, string> = { class: "symbol-class", interface: "symbol-interface", method: "symbol-method", function: "symbol-function", module: "symbol-file", variable: "symbol-variable" };

export class Callers implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly view: vscode.TreeView<Row>;
  private root: Row | undefined;

  constructor(private readonly session: Session) {
    this.view = vscode.window.createTreeView<Row>("clew.callers", { treeDataProvider: this, showCollapseAll: true });
  }

  /** Shows who calls a symbol, or which tests reach it. */
  async show(symbol: string, what: "callers" | "tests" = "callers"): Promise<void> {
    try {
      const found = await this.session.rest[what](symbol);
      if (!found.symbol) {
        void vscode.window.showInformationMessage(`Clew knows no symbol ${symbol}.`);
        return;
      }
      this.root = { kind: "root", found, what };
      this.changes.fire(undefined);
      await this.view.reveal(this.root, { expand: true, focus: false, select: false });
    } catch (error) {
      await sayFailure(error, () => this.show(symbol, what));
    }
  }

  clear(): void {
    this.root = undefined;
    this.changes.fire(undefined);
  }

  getParent(): undefined {
    return undefined;
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (!row) return this.root ? [this.root] : [];
    if (row.kind === "root") return rowsOf(row.found, row.what, [row.found.symbol!.id]);
    if (row.kind === "caller") {
      const found = await this.session.rest.callers(row.row.symbol.id);
      return rowsOf(found, "callers", [...row.above, row.row.symbol.id]);
    }
    return [];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    if (row.kind === "note") return Object.assign(new vscode.TreeItem(row.text), { iconPath: new vscode.ThemeIcon(row.icon), tooltip: row.text });
    const symbol = row.kind === "root" ? row.found.symbol! : row.row.symbol;
    const item = new vscode.TreeItem(shortName(symbol), vscode.TreeItemCollapsibleState.Collapsed);
    item.iconPath = new vscode.ThemeIcon(ICONS[symbol.kind] ?? "symbol-misc");
    const site = row.kind === "caller" ? row.row.site : null;
    const path = site?.path ?? symbol.path;
    const line = site?.line ?? symbol.line;
    item.description = row.kind === "root" ? (row.what === "callers" ? "called by" : "tested by") : `${path}:${line}${row.row.tier === "exact" ? "" : ` · ${row.row.tier}`}`;
    item.tooltip = `${symbol.qualified_name}\n${path}:${line}${row.kind === "caller" ? `\n${row.row.relation.toLowerCase()}, ${row.row.tier}${row.row.dispatched ? ", through an override" : ""}` : ""}`;
    if (row.kind === "root") item.collapsibleState = vscode.TreeItemCollapsibleState.Expanded;
    else if (row.above.includes(symbol.id)) item.collapsibleState = vscode.TreeItemCollapsibleState.None;
    item.command = { title: "Open", command: "clew.open", arguments: [{ repository: symbol.id.split(":")[0], path, start: line, end: line }] };
    return item;
  }

  dispose(): void {
    this.view.dispose();
    this.changes.dispose();
  }
}

function rowsOf(found: Structural, what: "callers" | "tests", above: readonly string[]): Row[] {
  const rows: Row[] = found.results.map((row) => ({ kind: "caller", row, above }));
  if (!rows.length && found.verdict === "none") rows.push({ kind: "note", text: what === "callers" ? "Nothing calls it" : "No test reaches it", icon: "circle-slash" });
  if (found.truncated || found.next_cursor) rows.push({ kind: "note", text: "There are more", icon: "ellipsis" });
  if (found.verdict === "unknown") {
    for (const { path, line, reason } of found.uncovered.slice(0, 5)) rows.push({ kind: "note", text: `Not seen: ${path}${line ? `:${line}` : ""} (${reason})`, icon: "question" });
  }
  return rows;
}

function shortName(symbol: SymbolRow): string {
  return symbol.qualified_name.split(".").slice(-2).join(".") || symbol.path;
}
