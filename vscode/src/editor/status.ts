// The status bar: whether the server answers, what is indexed here and how well, and whether the code has moved on since.
import * as vscode from "vscode";
import type { Session } from "../server/session";
import { headOf } from "./git";
import { healthOf } from "./health";

const PAUSE_MS = 30_000;

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("clew.health", vscode.StatusBarAlignment.Left, 10);
  private readonly subscriptions: vscode.Disposable[];
  private shown = 0;

  constructor(private readonly session: Session) {
    this.item.name = "Clew";
    this.item.command = "clew.health";
    this.subscriptions = [
      this.item,
      session.onDidChange(() => void this.show()),
      vscode.window.onDidChangeWindowState(({ focused }) => focused && this.later()),
      vscode.workspace.onDidSaveTextDocument(() => this.later()),
    ];
    void this.show();
    this.item.show();
  }

  /** The server compares files with its index: not at every save. */
  private later(): void {
    if (Date.now() - this.shown > PAUSE_MS) void this.show();
  }

  private async show(): Promise<void> {
    this.shown = Date.now();
    const { session } = this;
    const repository = session.repositoryHere();
    const head = repository && (await headOf(vscode.workspace.workspaceFolders?.[0]?.uri));
    const health = repository && (await session.rest.health(repository.name).catch(() => undefined));
    const said = healthOf(session.state, { repository, health, head }, Date.now());
    this.item.text = said.text;
    this.item.tooltip = said.tooltip;
    this.item.backgroundColor = said.warns ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}
