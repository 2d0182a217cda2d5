// Runs inside the editor's extension host, beside Clew: calls what other extensions and the editor call, and writes what came back.
// Tests only: it does nothing where CLEW_COMPANION does not name a folder. A file `NAME.request.json` is answered by `NAME.reply.json`.
const { readdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const vscode = require("vscode");

const POLL_MS = 100;

/** What may be asked: each returns plain data. */
const questions = {
  async extension() {
    const one = vscode.extensions.getExtension("clew.clew");
    const commands = await vscode.commands.getCommands(true);
    return { active: one.isActive, commands: commands.filter((name) => name.startsWith("clew.")).sort(), tools: vscode.lm.tools.map((tool) => tool.name).filter((name) => name.startsWith("clew_")).sort() };
  },

  async hover({ path, line, column }) {
    const found = await vscode.commands.executeCommand("vscode.executeHoverProvider", uriOf(path), new vscode.Position(line - 1, column - 1));
    return found.flatMap((hover) => hover.contents.map((one) => (typeof one === "string" ? one : one.value)));
  },

  async lenses({ path }) {
    await vscode.workspace.openTextDocument(uriOf(path));
    const found = await vscode.commands.executeCommand("vscode.executeCodeLensProvider", uriOf(path), 100);
    return found.map((lens) => ({ line: lens.range.start.line + 1, title: lens.command?.title, command: lens.command?.command, arguments: lens.command?.arguments }));
  },

  async models() {
    const models = await vscode.lm.selectChatModels({ vendor: "clew" });
    return models.map(({ id, name, vendor, family, maxInputTokens }) => ({ id, name, vendor, family, maxInputTokens }));
  },

  async model({ question }) {
    const [model] = await vscode.lm.selectChatModels({ vendor: "clew" });
    const response = await model.sendRequest([vscode.LanguageModelChatMessage.User(question)], {});
    let text = "";
    for await (const part of response.text) text += part;
    return { text, tokens: await model.countTokens(question) };
  },

  async tool({ name, input }) {
    const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
    return result.content.map((part) => part.value).join("");
  },

  async command({ name, values = [] }) {
    const returned = await vscode.commands.executeCommand(name, ...values);
    return returned === undefined ? null : JSON.parse(JSON.stringify(returned));
  },

  /** For commands that end only when a person has chosen. */
  async begin({ name, values = [] }) {
    void vscode.commands.executeCommand(name, ...values);
    return true;
  },

  async problems() {
    return vscode.languages.getDiagnostics().flatMap(([uri, found]) =>
      found.filter((one) => one.source === "Clew").map((one) => ({
        path: vscode.workspace.asRelativePath(uri),
        line: one.range.start.line + 1,
        severity: vscode.DiagnosticSeverity[one.severity],
        text: one.message,
        cites: (one.relatedInformation ?? []).map(({ location, message }) => ({ path: vscode.workspace.asRelativePath(location.uri), line: location.range.start.line + 1, text: message })),
      })),
    );
  },

  async place() {
    const editor = vscode.window.activeTextEditor;
    return editor ? { path: vscode.workspace.asRelativePath(editor.document.uri), scheme: editor.document.uri.scheme, line: editor.selection.active.line + 1, text: editor.document.getText() } : null;
  },

  async show({ path, line, column, toLine = line, toColumn = column }) {
    const editor = await vscode.window.showTextDocument(uriOf(path));
    editor.selection = new vscode.Selection(line - 1, column - 1, toLine - 1, toColumn - 1);
    return true;
  },

  async edit({ path, line, text }) {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uriOf(path), new vscode.Position(line - 1, 0), text);
    return vscode.workspace.applyEdit(edit);
  },

  async configure({ name, value }) {
    await vscode.workspace.getConfiguration().update(name, value, vscode.ConfigurationTarget.Global);
    return true;
  },

  async configured({ name }) {
    return vscode.workspace.getConfiguration().inspect(name);
  },

  async clipboard({ text }) {
    if (text !== undefined) await vscode.env.clipboard.writeText(text);
    return vscode.env.clipboard.readText();
  },
};

function uriOf(path) {
  return vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, path);
}

async function answer(folder, file) {
  const { what, ...input } = JSON.parse(readFileSync(join(folder, file), "utf8"));
  let reply;
  try {
    reply = { value: await questions[what](input) };
  } catch (error) {
    reply = { error: String(error.message ?? error) };
  }
  const name = file.replace(/\.taken\.json$/, "");
  writeFileSync(join(folder, `${name}.part`), JSON.stringify(reply));
  renameSync(join(folder, `${name}.part`), join(folder, `${name}.reply.json`));
}

exports.activate = (context) => {
  const folder = process.env.CLEW_COMPANION;
  if (!folder) return;
  const timer = setInterval(() => {
    for (const file of readdirSync(folder)) {
      if (!file.endsWith(".request.json")) continue;
      const taken = file.replace(/\.request\.json$/, ".taken.json");
      renameSync(join(folder, file), join(folder, taken));
      void answer(folder, taken);
    }
  }, POLL_MS);
  context.subscriptions.push({ dispose: () => clearInterval(timer) });
  writeFileSync(join(folder, "ready"), "");
};
