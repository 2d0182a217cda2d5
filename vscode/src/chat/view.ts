// The sidebar: the page's conversation in a webview that may load its own script and style, and nothing else.
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Places } from "../editor/places";
import type { Session } from "../server/session";
import { isLocal } from "../server/http";
import { COMMANDS, type FromSidebar, type ToSidebar } from "./messages";
import { Relay } from "./relay";

export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[];
  private view: vscode.WebviewView | undefined;
  private loaded = false;
  private waiting: ToSidebar[] = [];

  constructor(
    private readonly root: vscode.Uri,
    private readonly session: Session,
    private readonly places: Places,
  ) {
    this.subscriptions = [
      vscode.window.registerWebviewViewProvider("clew.chat", this, { webviewOptions: { retainContextWhenHidden: true } }),
      session.onDidChange(() => this.tellState()),
    ];
  }

  /** Begins a conversation with a question, asked at once; without one, an empty conversation or the one of `thread`. */
  async converse(question?: string, thread?: string): Promise<void> {
    await vscode.commands.executeCommand("clew.chat.focus");
    this.post({ type: "conversation", question, thread });
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    this.loaded = false;
    const relay = new Relay(this.session.rest.transport, (message) => void view.webview.postMessage(message));
    view.webview.options = { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(this.root, "dist")] };
    view.webview.onDidReceiveMessage((message: FromSidebar) => this.received(message, relay));
    view.onDidDispose(() => {
      relay.close();
      this.view = undefined;
    });
    view.webview.html = this.html(view.webview);
  }

  private received(message: FromSidebar, relay: Relay): void {
    switch (message.type) {
      case "ready":
        this.loaded = true;
        this.tellState();
        for (const one of this.waiting.splice(0)) this.post(one);
        break;
      case "request":
        void relay.request(message);
        break;
      case "abort":
        relay.abort(message.id);
        break;
      case "open":
        void this.places.open(message.place).then(undefined, (error: Error) => vscode.window.showWarningMessage(error.message));
        break;
      case "show":
        void vscode.commands.executeCommand(message.view === "impact" ? "clew.impact.of" : "clew.callers.of", message.symbol);
        break;
      case "run":
        if (COMMANDS.includes(message.command)) void vscode.commands.executeCommand(message.command);
        break;
    }
  }

  private tellState(): void {
    this.post({
      type: "state",
      state: this.session.state,
      repository: this.session.repositoryHere()?.name ?? "",
      address: this.session.address,
      mayStart: vscode.workspace.isTrusted && isLocal(this.session.address),
    });
  }

  private post(message: ToSidebar): void {
    if (this.view && this.loaded) void this.view.webview.postMessage(message);
    else if (message.type !== "state") this.waiting = [message];
  }

  private html(webview: vscode.Webview): string {
    const nonce = randomBytes(16).toString("base64");
    const from = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(this.root, "dist", name)).toString();
    const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; base-uri 'none'; form-action 'none'`;
    return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width">
  <link rel="stylesheet" href="${from("webview.css")}">
  <title>Clew</title>
</head>
<body><div id="app"></div><script nonce="${nonce}" src="${from("webview.js")}"></script></body>
</html>`;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}
