// A panel that draws what is near a symbol, or what a change of it breaks: the page's own views.
import * as vscode from "vscode";
import type { Places } from "../editor/places";
import { lastName } from "../editor/lines";
import type { Session } from "../server/session";
import type { ToSidebar } from "./messages";
import { fill } from "./page";

export type View = "near" | "impact";

export class Drawing implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private shown: Extract<ToSidebar, { type: "drawing" }> | undefined;

  constructor(
    private readonly root: vscode.Uri,
    private readonly session: Session,
    private readonly places: Places,
  ) {}

  show(symbol: string, view: View): void {
    this.shown = { type: "drawing", symbol, view };
    this.panel ??= this.open();
    this.panel.title = `${view === "near" ? "Near" : "Breaks with"} ${lastName(symbol)}`;
    this.panel.reveal(this.panel.viewColumn, true);
    void this.panel.webview.postMessage(this.shown);
  }

  private open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel("clew.drawing", "Clew", { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true }, { retainContextWhenHidden: true });
    panel.iconPath = vscode.Uri.joinPath(this.root, "media", "icon.png");
    const filled = fill(panel.webview, this.root, "drawing", this.session, (message) => {
      if (message.type === "ready" && this.shown) void panel.webview.postMessage(this.shown);
      else if (message.type === "show") this.show(message.symbol, message.view);
      else if (message.type === "open") {
        void this.places.open(message.place, vscode.ViewColumn.One).then(undefined, (error: Error) => vscode.window.showWarningMessage(error.message));
      }
    });
    panel.onDidDispose(() => {
      filled.dispose();
      this.panel = undefined;
    });
    return panel;
  }

  dispose(): void {
    this.panel?.dispose();
  }
}
