// The one connection of a window: address from the settings, key from the secret store, and how the server stands.
import * as vscode from "vscode";
import { failedBy, isIn, pathIn, repositoryOf, stateOf, type State } from "./connection";
import { addressOf, httpTransport } from "./http";
import { Problem, restOver, type Repository, type Rest } from "./rest";

const RETRY_MS = 15_000;
const REFRESH_MS = 5 * 60_000;

export class Session implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<State>();
  private readonly subscriptions: vscode.Disposable[];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private checking: Promise<State> | undefined;
  private current: State = { kind: "asking" };

  readonly onDidChange = this.changes.event;
  readonly rest: Rest;

  constructor(private readonly secrets: vscode.SecretStorage) {
    this.rest = restOver(
      httpTransport({
        url: () => this.address,
        key: () => this.key(),
        answered: (status) => this.heard(status),
      }),
    );
    this.subscriptions = [
      this.changes,
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("clew.server.url")) void this.check();
        else if (event.affectsConfiguration("clew.repository")) this.changes.fire(this.current);
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.changes.fire(this.current)),
      secrets.onDidChange(({ key }) => {
        if (key === this.secretName) void this.check();
      }),
    ];
  }

  get state(): State {
    return this.current;
  }

  get address(): string {
    return vscode.workspace.getConfiguration("clew").get("server.url", "");
  }

  get repositories(): readonly Repository[] {
    return this.current.kind === "ready" ? this.current.repositories : [];
  }

  /** A key belongs to one address, so that another one never sees it. */
  private get secretName(): string {
    return `clew.key ${this.address.trim().replace(/\/+$/, "")}`;
  }

  async key(): Promise<string | undefined> {
    return this.secrets.get(this.secretName);
  }

  async giveKey(key: string): Promise<void> {
    await this.secrets.store(this.secretName, key);
  }

  async forgetKey(): Promise<void> {
    await this.secrets.delete(this.secretName);
  }

  /** Asks the server how it stands; resolves with what it found. Asked twice at once, it asks once. */
  check(): Promise<State> {
    this.checking ??= this.look().finally(() => {
      this.checking = undefined;
    });
    return this.checking;
  }

  private async look(): Promise<State> {
    let found: State;
    try {
      addressOf(this.address);
      found = await stateOf(this.rest);
    } catch (error) {
      found = failedBy(error);
    }
    this.become(found);
    return found;
  }

  /** Any answer tells: a server that was lost, or that asks for a key now, is noticed at the next use. */
  private heard(status: number): void {
    if (this.checking || this.current.kind === "asking") return;
    const well = this.current.kind === "ready";
    if (well === (status === 0 || status === 401)) void this.check();
  }

  private become(state: State): void {
    this.current = state;
    void vscode.commands.executeCommand("setContext", "clew.connected", state.kind === "ready");
    void vscode.commands.executeCommand("setContext", "clew.indexed", state.kind === "ready" && this.repositoryHere() !== undefined);
    this.changes.fire(state);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.check(), state.kind === "unreachable" ? RETRY_MS : REFRESH_MS);
  }

  /** The repository of a file, or of the first folder that is one. */
  repositoryHere(uri?: vscode.Uri): Repository | undefined {
    const folders = uri ? [vscode.workspace.getWorkspaceFolder(uri)] : (vscode.workspace.workspaceFolders ?? []);
    for (const folder of folders) {
      const named = vscode.workspace.getConfiguration("clew", folder?.uri ?? uri).get("repository", "");
      const found = folder && repositoryOf(folder.uri.fsPath, this.repositories, named);
      if (found) return found;
    }
    const path = uri?.scheme === "file" ? uri.fsPath.replaceAll("\\", "/") : "";
    return path ? this.repositories.find((one) => isIn(path, one.root)) : undefined;
  }

  /** A file as the index names it, where it belongs to an indexed repository. */
  placeOf(uri: vscode.Uri): { repository: string; path: string } | undefined {
    const repository = this.repositoryHere(uri);
    const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? "";
    const path = repository && pathIn(repository, folder, uri.fsPath);
    return repository && path ? { repository: repository.name, path } : undefined;
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}

/** Says an error where a command failed, with what helps as a button. */
export async function sayFailure(error: unknown, again?: () => unknown): Promise<void> {
  if (error instanceof vscode.CancellationError || (error as Error)?.name === "AbortError") return;
  const problem = error instanceof Problem ? error : undefined;
  const said = problem ? [problem.message, problem.nextStep].filter(Boolean).join(" ") : `Clew: ${(error as Error).message}`;
  const actions: [string, () => unknown][] = [];
  if (problem?.status === 401) actions.push(["Give an API key", () => vscode.commands.executeCommand("clew.key.set")]);
  if (problem?.code === "unreachable" && vscode.workspace.isTrusted) {
    actions.push(["Start a local server", () => vscode.commands.executeCommand("clew.server.start")]);
  }
  if (again) actions.push(["Try again", again]);
  const chosen = await vscode.window.showWarningMessage(said, ...actions.map(([label]) => label));
  await actions.find(([label]) => label === chosen)?.[1]();
}

/** An AbortSignal that follows an editor's token. */
export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  else token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
