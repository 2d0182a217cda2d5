// A page in a webview: it may load its own script and style, and nothing else.
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Session } from "../server/session";
import type { FromSidebar, ToSidebar } from "./messages";
import { Relay } from "./relay";

/** Puts the page `name` of dist/ into a webview, makes its requests, and hands on what else it says. Returns what ends them. */
export function fill(webview: vscode.Webview, root: vscode.Uri, name: string, session: Session, received: (message: FromSidebar) => void): vscode.Disposable {
  const dist = vscode.Uri.joinPath(root, "dist");
  const relay = new Relay(session.rest.transport, (message: ToSidebar) => void webview.postMessage(message));
  webview.options = { enableScripts: true, localResourceRoots: [dist] };
  const listening = webview.onDidReceiveMessage((message: FromSidebar) => {
    if (message.type === "request") void relay.request(message);
    else if (message.type === "abort") relay.abort(message.id);
    else received(message);
  });
  const nonce = randomBytes(16).toString("base64");
  const from = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; base-uri 'none'; form-action 'none'`;
  webview.html = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width">
  <link rel="stylesheet" href="${from(`${name}.css`)}">
  <title>Clew</title>
</head>
<body><div id="app"></div><script nonce="${nonce}" src="${from(`${name}.js`)}"></script></body>
</html>`;
  return new vscode.Disposable(() => {
    listening.dispose();
    relay.close();
  });
}
