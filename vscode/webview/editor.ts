// What both pages have of the editor: messages to the extension, and a door made of them.
import { clientOver } from "../../web/src/api";
import type { Door } from "../../web/src/door";
import type { FromSidebar, ToSidebar } from "../src/chat/messages";
import { relayedTransport, type Port } from "./relayed";

declare function acquireVsCodeApi(): { postMessage(message: FromSidebar): void };

const editor = acquireVsCodeApi();

export const port: Port = {
  post: (message) => editor.postMessage(message),
  listen: (listener) => addEventListener("message", (event: MessageEvent<ToSidebar>) => listener(event.data)),
};

export const door: Door = {
  client: clientOver(relayedTransport(port)),
  open: ({ repository, path, start, end }) => port.post({ type: "open", place: { repository, path, start, end } }),
  show: (symbol, view) => port.post({ type: "show", symbol, view }),
};
