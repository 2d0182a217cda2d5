// The page's own way to the server: fetch, with the key of this tab.
import { clientOver } from "./api";

const KEY = "clew.key";

/** The API key of this tab, for servers that ask for one; it is gone with the tab. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value: string) => sessionStorage.setItem(KEY, value),
};

export const client = clientOver((path, init) => {
  const headers = new Headers(init.headers);
  if (key.get()) headers.set("Authorization", `Bearer ${key.get()}`);
  return fetch(`/api/v1${path}`, { ...init, headers });
});

/** Hands a text to the browser as a file to be saved. */
export function save(name: string, text: string, type = "text/markdown"): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name.replace(/[/\\:*?"<>|\n]+/g, "-") }).click();
  URL.revokeObjectURL(url);
}
