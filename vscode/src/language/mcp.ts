// Tells the editor of the server's MCP endpoint, so that its agents have Clew's tools without a file of settings.
import * as vscode from "vscode";
import { addressOf, mayCarryKey } from "../server/http";
import type { Session } from "../server/session";

export function mcpServers(session: Session): vscode.Disposable {
  const changes = new vscode.EventEmitter<void>();
  let was = "";
  const watching = session.onDidChange(({ kind }) => {
    const now = `${kind} ${session.address}`;
    if (now !== was) changes.fire();
    was = now;
  });
  const provider: vscode.McpServerDefinitionProvider<vscode.McpHttpServerDefinition> = {
    onDidChangeMcpServerDefinitions: changes.event,
    provideMcpServerDefinitions: () => (session.state.kind === "ready" ? [new vscode.McpHttpServerDefinition("Clew", vscode.Uri.parse(`${addressOf(session.address)}/mcp`))] : []),
    /** The key is added when the editor starts to talk to it, and stands in no file. */
    async resolveMcpServerDefinition(server) {
      const key = await session.key();
      if (key && mayCarryKey(addressOf(session.address))) server.headers = { ...server.headers, Authorization: `Bearer ${key}` };
      return server;
    },
  };
  return vscode.Disposable.from(changes, watching, vscode.lm.registerMcpServerDefinitionProvider("clew.mcp", provider));
}
