// Composes the extension. It talks to one server, the one of `clew.server.url`, and tells nobody else anything.
import * as vscode from "vscode";
import { Drawing } from "./chat/drawing";
import { ChatView } from "./chat/view";
import { commands } from "./commands";
import { Callers } from "./editor/callers";
import { hovers } from "./editor/hover";
import { Lenses } from "./editor/lenses";
import { Places } from "./editor/places";
import { Status } from "./editor/status";
import { Texts } from "./editor/texts";
import { mcpServers } from "./language/mcp";
import { modelProvider } from "./language/model";
import { participant } from "./language/participant";
import { tools } from "./language/tools";
import { Reviewing } from "./review/reviewing";
import { LocalServer } from "./server/local";
import { Session } from "./server/session";

export function activate(context: vscode.ExtensionContext): void {
  const session = new Session(context.secrets);
  const texts = new Texts(session);
  const places = new Places(session);
  const drawing = new Drawing(context.extensionUri, session, places);
  const chat = new ChatView(context.extensionUri, session, places, drawing);
  const callers = new Callers(session);
  const reviewing = new Reviewing(session, texts, places, chat);
  const local = new LocalServer(session);
  context.subscriptions.push(
    session,
    texts,
    places,
    drawing,
    chat,
    callers,
    reviewing,
    local,
    new Status(session),
    new Lenses(session, texts),
    hovers(session, texts),
    commands({ session, chat, drawing, callers, reviewing, places, texts, local }),
    modelProvider(session),
    participant(session, places, reviewing, vscode.Uri.joinPath(context.extensionUri, "media", "activity.svg")),
    tools(session, reviewing),
    mcpServers(session),
  );
  void session.check();
}
