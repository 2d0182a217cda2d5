// The commands: most of them say in plain words what the sidebar is asked.
import * as vscode from "vscode";
import type { Drawing } from "./chat/drawing";
import type { ChatView } from "./chat/view";
import type { Callers } from "./editor/callers";
import { updateIndex } from "./editor/indexing";
import type { Place, Places } from "./editor/places";
import type { Texts } from "./editor/texts";
import { symbolHere } from "./editor/word";
import type { Reviewing } from "./review/reviewing";
import { isLocal } from "./server/http";
import type { LocalServer } from "./server/local";
import { sayFailure, signalOf, type Session } from "./server/session";

export interface Parts {
  session: Session;
  chat: ChatView;
  drawing: Drawing;
  callers: Callers;
  reviewing: Reviewing;
  places: Places;
  texts: Texts;
  local: LocalServer;
}

const MOST_FOUND = 12;
const LONGEST_TRACEBACK = 12_000;

export function commands(parts: Parts): vscode.Disposable {
  const { session, chat, drawing, callers, reviewing, places, local } = parts;
  const all: Record<string, (...values: any[]) => unknown> = {
    "clew.ask": (question?: string) => chat.converse(question),
    "clew.conversation.new": () => chat.converse(),
    "clew.conversation.open": () => openConversation(parts),
    "clew.explain": () => explain(parts),
    "clew.impact": () => withSymbol(parts, ({ qualified_name }) => chat.converse(`What breaks if ${qualified_name} changes?`)),
    "clew.impact.of": (symbol: string) => chat.converse(`What breaks if ${symbol} changes?`),
    "clew.draw": () => withSymbol(parts, ({ id }) => drawing.show(id, "near")),
    "clew.draw.impact": () => withSymbol(parts, ({ id }) => drawing.show(id, "impact")),
    "clew.callers.show": () => withSymbol(parts, ({ id }) => callers.show(id)),
    "clew.callers.of": (symbol: string) => callers.show(symbol),
    "clew.callers.clear": () => callers.clear(),
    "clew.tests": () => withSymbol(parts, ({ id }) => callers.show(id, "tests")),
    "clew.tests.of": (symbol: string) => callers.show(symbol, "tests"),
    "clew.review": () => reviewing.show("uncommitted"),
    "clew.review.staged": () => reviewing.show("staged"),
    "clew.review.last": () => reviewing.show("last"),
    "clew.review.clear": () => reviewing.clear(),
    "clew.find": () => find(parts),
    "clew.terminal": () => askTerminal(parts),
    "clew.open": (place: Place) => places.open(place),
    "clew.connect": () => session.check(),
    "clew.key.set": () => giveKey(session),
    "clew.key.forget": () => session.forgetKey(),
    "clew.server.start": () => local.start(),
    "clew.server.stop": () => local.stop(),
    "clew.index": () => index(parts),
    "clew.index.update": () => update(parts),
    "clew.health": () => health(parts),
    "clew.settings": () => vscode.commands.executeCommand("workbench.action.openSettings", "@ext:clew.clew"),
  };
  return vscode.Disposable.from(
    ...Object.entries(all).map(([name, run]) =>
      vscode.commands.registerCommand(name, async (...values: unknown[]) => {
        try {
          return await run(...values);
        } catch (error) {
          return sayFailure(error, () => vscode.commands.executeCommand(name, ...values));
        }
      }),
    ),
  );
}

async function withSymbol(
  { session, texts }: Parts,
  use: (symbol: { id: string; qualified_name: string }) => unknown,
): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return void vscode.window.showInformationMessage("Put the cursor on a name first.");
  if (session.state.kind !== "ready") await session.check();
  if (!session.placeOf(editor.document.uri)) return void vscode.window.showInformationMessage(notIndexed(session));
  const symbol = await symbolHere(session, texts, editor);
  if (symbol) await use(symbol);
  else void vscode.window.showInformationMessage("The index knows nothing of this name. Where the file is new, index the folder again.");
}

function notIndexed(session: Session): string {
  return session.state.kind === "ready" ? "This file belongs to no indexed repository." : "The server cannot be asked at the moment; Clew's status says why.";
}

async function explain({ session, texts, chat }: Parts): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const place = editor && session.placeOf(editor.document.uri);
  if (!editor || !place) return void vscode.window.showInformationMessage(notIndexed(session));
  const { selection } = editor;
  if (selection.isEmpty) {
    const symbol = await symbolHere(session, texts, editor);
    return chat.converse(symbol ? `Explain ${symbol.qualified_name}` : `Explain ${place.path}`);
  }
  const found = selection.isSingleLine ? await symbolHere(session, texts, editor) : undefined;
  const last = selection.end.character === 0 && !selection.isSingleLine ? selection.end.line : selection.end.line + 1;
  if (found) return chat.converse(`Explain ${found.qualified_name}`);
  const moved = await texts.moved(editor.document, place);
  await chat.converse(`Explain ${place.path}:${moved.toIndexed(selection.start.line + 1)}-${moved.toIndexed(last)}`);
}

/** Places as one types, and the question itself as the last choice. */
async function find({ session, places, chat }: Parts): Promise<void> {
  type Item = vscode.QuickPickItem & { place?: Place; question?: string };
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = "Find where";
  picker.placeholder = "What is handled, such as “retry after a lost connection”";
  picker.matchOnDescription = picker.matchOnDetail = true;
  let asking: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async (words: string) => {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (!words.trim()) {
      picker.items = [];
      return;
    }
    picker.busy = true;
    const ask: Item = { label: "$(comment-discussion) Ask Clew", detail: `Where is ${words}?`, question: `Where is ${words}?`, alwaysShow: true };
    try {
      const rows = await session.rest.search(words, "function", session.repositoryHere()?.name ?? "", signal, MOST_FOUND);
      picker.items = [
        ...rows.map((row) => ({
          label: row.symbol?.split("#").at(-1) || row.path.split("/").at(-1)!,
          description: `${row.path}:${row.start_line}`,
          detail: row.why,
          alwaysShow: true,
          place: { repository: row.repository, path: row.path, start: row.start_line, end: row.end_line },
        })),
        ask,
      ];
    } catch (error) {
      if (!signal.aborted) picker.items = [{ label: `$(warning) ${(error as Error).message}`, alwaysShow: true }, ask];
    } finally {
      if (!signal.aborted) picker.busy = false;
    }
  };
  picker.onDidChangeValue((words) => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(words), 150);
  });
  picker.onDidAccept(() => {
    const [item] = picker.selectedItems;
    picker.hide();
    if (item?.place) void places.open(item.place);
    else if (item?.question) void chat.converse(item.question);
  });
  picker.onDidHide(() => {
    clearTimeout(timer);
    asking?.abort();
    picker.dispose();
  });
  picker.show();
}

/** The selection of a terminal has no interface of its own: it goes through the clipboard, which gets back what it held. */
async function askTerminal({ chat }: Parts): Promise<void> {
  const before = await vscode.env.clipboard.readText();
  await vscode.env.clipboard.writeText("");
  await vscode.commands.executeCommand("workbench.action.terminal.copySelection");
  const selected = (await vscode.env.clipboard.readText()).trim();
  await vscode.env.clipboard.writeText(before);
  if (!selected) return void vscode.window.showInformationMessage("Select the traceback or the error in the terminal first.");
  await chat.converse(`Why does this happen?\n\n${selected.slice(-LONGEST_TRACEBACK)}`);
}

async function openConversation({ session, chat }: Parts): Promise<void> {
  const threads = await session.rest.threads();
  const picked = await vscode.window.showQuickPick(
    threads.map((thread) => ({
      label: thread.title || thread.id,
      description: `${new Date(thread.updated_at * 1_000).toLocaleString()} · ${thread.turns} ${thread.turns === 1 ? "turn" : "turns"}`,
      id: thread.id,
    })),
    { title: "Conversations", placeHolder: threads.length ? "Which one?" : "None yet" },
  );
  if (picked) await chat.converse(undefined, picked.id);
}

async function giveKey(session: Session): Promise<void> {
  const key = await vscode.window.showInputBox({
    title: `API key for ${session.address}`,
    prompt: "Kept in the editor's secret storage, for this address alone.",
    password: true,
    ignoreFocusOut: true,
  });
  if (key?.trim()) await session.giveKey(key.trim());
}

async function index({ local }: Parts): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const folder = folders.length > 1 ? await vscode.window.showWorkspaceFolderPick() : folders[0];
  if (!folder) return void vscode.window.showInformationMessage("Open a folder first.");
  local.index(folder);
}

async function update({ session }: Parts): Promise<void> {
  const repository = session.repositoryHere();
  if (!repository) return void vscode.window.showInformationMessage(notIndexed(session));
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Indexing ${repository.name}`, cancellable: true },
    (progress, token) => updateIndex(session.rest, repository.name, signalOf(token), (message) => progress.report({ message })),
  );
  await session.check();
}

async function health({ session }: Parts): Promise<void> {
  const { state } = session;
  const repository = session.repositoryHere();
  const items: (vscode.QuickPickItem & { command?: string })[] = [];
  if (state.kind === "ready") {
    for (const one of state.repositories) {
      items.push({
        label: `${one === repository ? "$(check)" : "$(repo)"} ${one.name}`,
        description: `${one.files.toLocaleString("en")} files, ${one.symbols.toLocaleString("en")} symbols`,
        detail: `indexed ${new Date(one.indexed_at).toLocaleString()} at ${one.revision.slice(0, 21)}`,
      });
    }
  } else if (state.kind !== "asking") items.push({ label: `$(warning) ${state.message}`, detail: state.nextStep });
  items.push({ label: "", kind: vscode.QuickPickItemKind.Separator });
  items.push({ label: "$(refresh) Connect again", description: session.address, command: "clew.connect" });
  if (state.kind === "unauthorised") items.push({ label: "$(key) Give an API key", command: "clew.key.set" });
  if (state.kind === "unreachable" && vscode.workspace.isTrusted) items.push({ label: "$(play) Start a local server", command: "clew.server.start" });
  if (repository) items.push({ label: `$(sync) Update the index of ${repository.name}`, command: "clew.index.update" });
  if (vscode.workspace.isTrusted && isLocal(session.address)) items.push({ label: "$(database) Index this folder", command: "clew.index" });
  items.push({ label: "$(gear) Settings", command: "clew.settings" });
  const picked = await vscode.window.showQuickPick(items, { title: "Clew" });
  if (picked?.command) await vscode.commands.executeCommand(picked.command);
}
