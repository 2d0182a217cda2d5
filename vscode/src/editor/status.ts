// The status bar: whether the server answers, what is indexed here, and whether the index is of the commit that is checked out.
import * as vscode from "vscode";
import type { Session } from "../server/session";
import { headOf } from "./git";
import { healthOf } from "./health";

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("clew.health", vscode.StatusBarAlignment.Left, 10);
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly session: Session) {
    this.item.name = "Clew";
    this.item.command = "clew.health";
    this.subscriptions = [this.item, session.onDidChange(() => void this.show()), vscode.window.onDidChangeWindowState(({ focused }) => focused && void this.show())];
    void this.show();
    this.item.show();
  }

  private async show(): Promise<void> {
    const repository = this.session.repositoryHere();
    const head = repository && (await headOf(vscode.workspace.workspaceFolders?.[0]?.uri));
    const said = healthOf(this.session.state, repository, head, Date.now());
    this.item.text = said.text;
    this.item.tooltip = said.tooltip;
    this.item.backgroundColor = said.warns ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}
