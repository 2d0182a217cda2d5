// The sidebar: the page's conversation, and what the editor's commands ask in it.
import * as vscode from "vscode";
import type { Places } from "../editor/places";
import type { Review } from "../server/rest";
import type { Session } from "../server/session";
import { isLocal } from "../server/http";
import { COMMANDS, type FromSidebar, type ToSidebar } from "./messages";
import type { Drawing } from "./drawing";
import { fill } from "./page";

export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[];
  private view: vscode.WebviewView | undefined;
  private loaded = false;
  private waiting: ToSidebar[] = [];

  constructor(
    private readonly root: vscode.Uri,
    private readonly session: Session,
    private readonly places: Places,
    private readonly drawing: Drawing,
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

  /** Shows a review above the conversation. left: files that were not sent, and why. */
  async review(review: Review, left: string[], what: string): Promise<void> {
    await vscode.commands.executeCommand("clew.chat.focus");
    this.post({ type: "review", review, left, what });
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    this.loaded = false;
    const filled = fill(view.webview, this.root, "webview", this.session, (message) => this.received(message));
    view.onDidDispose(() => {
      filled.dispose();
      this.view = undefined;
    });
  }

  private received(message: FromSidebar): void {
    switch (message.type) {
      case "ready":
        this.loaded = true;
        this.tellState();
        for (const one of this.waiting.splice(0)) this.post(one);
        break;
      case "open":
        void this.places.open(message.place).then(undefined, (error: Error) => vscode.window.showWarningMessage(error.message));
        break;
      case "show":
        this.drawing.show(message.symbol, message.view);
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

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}
