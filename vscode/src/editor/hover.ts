// Hovers: what a name is, who calls it, and how sure that is.
import * as vscode from "vscode";
import { counted, type Meaning, type Structural } from "../server/rest";
import { signalOf, type Session } from "../server/session";
import { command, plain, tierSign, tierText } from "./markdown";
import type { Texts } from "./texts";
import { SELECTOR, meaningOf, wordAt } from "./word";

const SHOWN_CALLERS = 5;
const SHOWN_MEANINGS = 4;
const COMMANDS = ["clew.open", "clew.callers.of", "clew.impact.of"];

export function hovers(session: Session, texts: Texts): vscode.Disposable {
  return vscode.languages.registerHoverProvider(SELECTOR, {
    async provideHover(document, position, token) {
      const settings = vscode.workspace.getConfiguration("clew", document.uri);
      const word = wordAt(document, position);
      if (!settings.get("hover.enabled", true) || !word) return undefined;
      if (session.state.kind === "asking") await session.check();
      const signal = signalOf(token);
      try {
        const found = await meaningOf(session, texts, document, word, signal);
        if (!found?.meanings.length) return undefined;
        const [first] = found.meanings;
        const callers = found.meanings.length === 1 && first?.symbol ? await session.rest.callers(first.symbol.id, 1, 50, signal) : undefined;
        return new vscode.Hover(hoverText(found.meanings, callers, found.repository), word.range);
      } catch {
        return undefined; // a hover that cannot be had is none; the status bar says what is wrong with the server
      }
    },
  });
}

/** Text of repositories stands in code blocks or is escaped: it is data. */
export function hoverText(meanings: readonly Meaning[], callers: Structural | undefined, repository: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString("", true);
  text.isTrusted = { enabledCommands: COMMANDS };
  if (meanings.length > 1) text.appendMarkdown(`$(question) **${meanings.length} candidates** \n\n`);
  for (const meaning of meanings.slice(0, SHOWN_MEANINGS)) {
    const symbol = meaning.symbol;
    if (!symbol) {
      text.appendMarkdown(`$(link-external) ${plain(meaning.external ?? "")} · outside the project\n\n`);
      continue;
    }
    text.appendCodeblock(symbol.signature || symbol.qualified_name, symbol.language);
    const target = command("clew.open", { repository: symbol.repository, path: symbol.path, start: symbol.line, end: symbol.line });
    const how = meaning.relation ? tierText(meaning.tier) : "defined here";
    text.appendMarkdown(`${symbol.kind} [${plain(`${symbol.path}:${symbol.line}`)}](${target}) · ${how}\n\n`);
    const summary = symbol.docstring.split(/\n\s*\n/)[0]?.trim();
    if (summary && meanings.length === 1) text.appendMarkdown(`${plain(summary.slice(0, 400))}\n\n`);
  }
  const symbol = meanings[0]?.symbol;
  if (callers && symbol) {
    text.appendMarkdown("---\n\n");
    const rows = callers.results.slice(0, SHOWN_CALLERS);
    if (!rows.length) text.appendMarkdown(callers.verdict === "none" ? "Nothing calls it.\n\n" : "No caller found; not everything could be seen.\n\n");
    else text.appendMarkdown(`**Called from ${counted(callers)} ${callers.results.length === 1 ? "place" : "places"}**\n\n`);
    for (const row of rows) {
      const line = row.site?.line ?? row.symbol.line;
      const path = row.site?.path ?? row.symbol.path;
      const target = command("clew.open", { repository, path, start: line, end: line });
      text.appendMarkdown(`- ${tierSign(row.tier)} [${plain(row.symbol.qualified_name)}](${target}) ${plain(`${path}:${line}`)}\n`);
    }
    text.appendMarkdown(`\n[All callers](${command("clew.callers.of", symbol.id)}) · [What breaks?](${command("clew.impact.of", symbol.qualified_name)})`);
  }
  return text;
}
