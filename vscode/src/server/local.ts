// A server on this machine, started when a person asks for it, and ended with the window. Indexing runs in a terminal, in sight.
import { spawn, type ChildProcess } from "node:child_process";
import * as vscode from "vscode";
import { addressOf, isLocal } from "./http";
import { Problem } from "./rest";
import type { Session } from "./session";

const START_MS = 60_000;

export class LocalServer implements vscode.Disposable {
  private readonly log = vscode.window.createOutputChannel("Clew Server");
  private process: ChildProcess | undefined;

  constructor(private readonly session: Session) {}

  /** Starts `clew serve` at the address of the settings, and waits until it answers. */
  async start(): Promise<void> {
    if ((await this.session.check()).kind === "ready") {
      void vscode.window.showInformationMessage(`A server answers at ${this.session.address} already.`);
      return;
    }
    const address = addressOf(this.session.address);
    if (!isLocal(address) || address.startsWith("https:")) {
      throw new Problem(0, "not_local", `${address} is not on this machine.`, "Set `clew.server.url` to http://127.0.0.1:8674 to start one here.");
    }
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: "Starting Clew's server", cancellable: true },
      (_progress, token) => this.run(address, token),
    );
  }

  private async run(address: string, token: vscode.CancellationToken): Promise<void> {
    await this.stop();
    const command = this.command;
    const port = new URL(address).port || "80";
    this.log.appendLine(`${command} serve --port ${port}`);
    const process = spawn(command, ["serve", "--port", port, "--json"], { stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    this.process = process;
    const said: string[] = [];
    process.stderr.on("data", (text: Buffer) => {
      said.push(text.toString());
      this.log.append(text.toString());
    });
    try {
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Problem(0, "slow_start", "The server did not start in a minute.", "See the output *Clew Server*.")), START_MS);
        token.onCancellationRequested(() => reject(new vscode.CancellationError()));
        process.stdout.once("data", (text: Buffer) => {
          this.log.append(text.toString());
          resolve();
        });
        process.once("error", (error: NodeJS.ErrnoException) =>
          reject(
            error.code === "ENOENT"
              ? new Problem(0, "no_program", `There is no program ${JSON.stringify(command)}.`, "Install Clew, or set `clew.server.command` to its path.")
              : error,
          ),
        );
        process.once("exit", (code) => reject(new Problem(0, "ended", `The server ended with ${code}: ${said.join("").trim().split("\n").at(-1) ?? ""}`, "See the output *Clew Server*.")));
        process.once("exit", () => clearTimeout(late));
        process.stdout.once("data", () => clearTimeout(late));
      });
    } catch (error) {
      await this.stop();
      throw error;
    }
    process.once("exit", () => void this.session.check());
    await this.session.check();
  }

  async stop(): Promise<void> {
    const process = this.process;
    this.process = undefined;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => process.once("exit", () => resolve()));
    process.kill("SIGTERM");
    await ended;
  }

  /** Indexes a folder in a terminal; looks again when it has ended. */
  index(folder: vscode.WorkspaceFolder): void {
    const terminal = vscode.window.createTerminal({ name: `Clew: index ${folder.name}`, cwd: folder.uri, shellPath: this.command, shellArgs: ["index", folder.uri.fsPath] });
    terminal.show(true);
    const watching = vscode.window.onDidCloseTerminal((closed) => {
      if (closed !== terminal) return;
      watching.dispose();
      void this.session.check();
    });
  }

  private get command(): string {
    return vscode.workspace.getConfiguration("clew").get("server.command", "") || "clew";
  }

  dispose(): void {
    void this.stop();
    this.log.dispose();
  }
}
