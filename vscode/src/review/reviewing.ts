// "Review My Changes": the change of the opened folder goes to the server as a diff; findings stand at their lines and in the sidebar.
import * as vscode from "vscode";
import type { ChatView } from "../chat/view";
import { gitProgram } from "../editor/git";
import type { Places } from "../editor/places";
import type { Texts } from "../editor/texts";
import { isIn, isMissingRoute, plain as plainPath } from "../server/connection";
import { Problem, type Finding, type Repository, type Review } from "../server/rest";
import { signalOf, type Session } from "../server/session";
import { changeIn, gitIn, type Change, type Which } from "./diff";
import { findingsNow, plain, summary } from "./findings";

const SEVERITIES = { error: vscode.DiagnosticSeverity.Error, warning: vscode.DiagnosticSeverity.Warning, information: vscode.DiagnosticSeverity.Information };
const TITLES: Record<Which, string> = { uncommitted: "what is not committed", staged: "what is staged", last: "the last commit" };
const NOTHING: Record<Which, string> = { uncommitted: "Everything is committed", staged: "Nothing is staged", last: "The last commit changes nothing here" };

export class Reviewing implements vscode.Disposable {
  private readonly diagnostics = vscode.languages.createDiagnosticCollection("clew");
  private number = 0;

  constructor(
    private readonly session: Session,
    private readonly texts: Texts,
    private readonly places: Places,
    private readonly chat: ChatView,
  ) {}

  /** Reviews with progress that can be cancelled, and shows what was found. */
  async show(which: Which): Promise<void> {
    const repository = await this.repository();
    const found = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Clew reviews ${TITLES[which]}`, cancellable: true },
      async (progress, token) => {
        const said = await this.review(repository, which, signalOf(token), (message) => progress.report({ message }));
        return said && { ...said, review: { ...said.review, findings: await this.mark(said.review, repository) } };
      },
    );
    if (!found) return this.nothing(which);
    await this.chat.review(found.review, found.change.notes, TITLES[which]);
    void vscode.window.setStatusBarMessage(`Clew: ${summary(found.review)}`, 10_000);
  }

  /** Returns the review of a change, undefined where nothing has changed. */
  async review(
    repository: Repository,
    which: Which,
    signal: AbortSignal,
    report: (message: string) => void = () => undefined,
  ): Promise<{ review: Review; change: Change } | undefined> {
    const folder = this.folder(repository);
    report("asking git");
    const change = await changeIn(folder, which, gitIn(folder, gitProgram()), signal);
    if (!change.diff) return undefined;
    report(`${change.files} ${change.files === 1 ? "file" : "files"} at ${this.session.address}`);
    try {
      return { review: await this.session.rest.reviewDiff(repository.name, change.diff, change.base, signal), change };
    } catch (error) {
      if (!(error instanceof Problem && isMissingRoute(error))) throw error;
      throw new Problem(error.status, "old_server", "The server is older than this extension: it takes no changes to review.", "Update Clew where it runs.");
    }
  }

  /** The repository of this window. Raises Problem where there is none, or where git may not run. */
  async repository(): Promise<Repository> {
    if (!vscode.workspace.isTrusted) throw new Problem(0, "untrusted", "git is run in trusted workspaces only.", "Trust this workspace to have its changes reviewed.");
    if (this.session.state.kind !== "ready") await this.session.check();
    const { state } = this.session;
    if (state.kind !== "ready" && state.kind !== "asking") throw new Problem(state.kind === "unauthorised" ? 401 : 0, state.kind, state.message, state.nextStep);
    const repository = this.session.repositoryHere();
    if (!repository) throw new Problem(0, "not_indexed", "No folder of this window is an indexed repository.", "Index it, or name it in `clew.repository`.");
    return repository;
  }

  clear(): void {
    this.number++;
    this.diagnostics.clear();
  }

  /** Puts the findings at their lines, and returns them so. */
  private async mark(review: Review, repository: Repository): Promise<Finding[]> {
    this.clear();
    const number = this.number;
    const uris = new Map<string, Promise<vscode.Uri | undefined>>();
    const uriOf = (path: string) => {
      if (!uris.has(path)) uris.set(path, this.places.uriOf({ repository: repository.name, path, start: 1, end: 1 }));
      return uris.get(path)!;
    };
    const findings = await findingsNow(review, async (path, line) => {
      const uri = await uriOf(path);
      if (!uri) return line;
      try {
        const moved = await this.texts.moved(await vscode.workspace.openTextDocument(uri), { repository: repository.name, path });
        return moved.toNow(line) ?? line;
      } catch {
        return line; // a file that the index does not hold
      }
    });
    const byFile = new Map<string, [vscode.Uri, vscode.Diagnostic[]]>();
    for (const one of findings) {
      const uri = await uriOf(one.path);
      if (!uri) continue; // the sidebar tells it
      const [, rows] = byFile.get(uri.toString()) ?? [uri, []];
      rows.push(await diagnostic(one, uri, uriOf));
      byFile.set(uri.toString(), [uri, rows]);
    }
    if (number === this.number) this.diagnostics.set([...byFile.values()]);
    return findings;
  }

  private folder(repository: Repository): string {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const own = folders.find((one) => this.session.repositoryHere(one.uri) === repository)?.uri.fsPath ?? folders[0]!.uri.fsPath;
    return isIn(plainPath(own), repository.root) ? plainPath(repository.root) : own; // a folder inside it: paths count from its root
  }

  private async nothing(which: Which): Promise<void> {
    this.clear();
    const others = which === "last" ? [] : ["Review the last commit"];
    const chosen = await vscode.window.showInformationMessage(`There is nothing to review. ${NOTHING[which]}.`, ...others);
    if (chosen) await vscode.commands.executeCommand("clew.review.last");
  }

  dispose(): void {
    this.diagnostics.dispose();
  }
}

async function diagnostic(one: Finding, uri: vscode.Uri, uriOf: (path: string) => Promise<vscode.Uri | undefined>): Promise<vscode.Diagnostic> {
  const document = await vscode.workspace.openTextDocument(uri);
  const line = document.lineAt(Math.min(one.line, document.lineCount) - 1);
  const made = new vscode.Diagnostic(new vscode.Range(line.range.start.translate(0, line.firstNonWhitespaceCharacterIndex), line.range.end), plain(one.text), SEVERITIES[one.severity]);
  made.source = "Clew";
  made.code = one.kind.replaceAll("_", " ");
  const related: vscode.DiagnosticRelatedInformation[] = [];
  for (const cite of one.cites) {
    const uri = await uriOf(cite.path);
    if (uri) related.push(new vscode.DiagnosticRelatedInformation(new vscode.Location(uri, new vscode.Position(cite.line - 1, 0)), plain(cite.text)));
  }
  made.relatedInformation = related;
  return made;
}
