// Pieces of the Markdown that hovers are made of. No vscode here: units run it in plain Node.

/** A link that runs a command of the extension. */
export function command(name: string, ...values: unknown[]): string {
  const escaped = encodeURIComponent(JSON.stringify(values)).replace(/[()]/g, (one) => (one === "(" ? "%28" : "%29"));
  return `command:${name}?${escaped}`;
}

/** Text of a repository as Markdown that says just that: no link, no image, no markup. `appendText` would forbid to break its lines. */
export function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!<>|~$&]/g, "\\$&").replace(/\s+/g, " ");
}

export function tierSign(tier: string): string {
  return { exact: "$(pass)", inferred: "$(circle-large-outline)", ambiguous: "$(question)", external: "$(link-external)" }[tier] ?? "$(question)";
}

export function tierText(tier: string): string {
  return `${tierSign(tier)} ${tier}`;
}
