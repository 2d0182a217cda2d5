// One question put to the server, as the chat view, a language model request and a tool put it. No vscode here.
import { Problem } from "../../../web/src/api";
import type { Answer, AskedBack, Rest, Told } from "../server/rest";

export interface Asked {
  question: string;
  thread_id?: string;
  repositories?: string[];
  replies?: string[];
}

const SAID: Record<string, string> = {
  planner: "Reads the question",
  cost_optimizer: "Chooses the route",
  code_analyst: "Asks the code graph",
  doc_specialist: "Reads documents",
  writer: "Writes",
  quality_checker: "Checks every claim",
};

/** Asks, tells each step, and returns the answer or what was asked back. Raises Problem. */
export async function askServer(rest: Rest, asked: Asked, signal: AbortSignal, step: (said: string) => void): Promise<Answer | AskedBack> {
  let stream = "";
  const stop = () => stream && void rest.stop(stream).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    let last = "";
    for await (const told of rest.ask(asked, signal)) {
      if (told.name === "started") stream = told.data.stream_id;
      if (told.name === "final" || told.name === "asked_back") return told.data;
      if (told.name === "error") throw new Problem(told.data.status, told.data.code, told.data.detail, told.data.next_step);
      if (told.name === "stopped") throw new Problem(0, "stopped", "The run was stopped.", "Ask again.");
      const said = saidOf(told);
      if (said && said !== last) step((last = said));
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
  throw new Problem(0, "cut", "The connection broke.", "Ask again.");
}

export function isAskedBack(said: Answer | AskedBack): said is AskedBack {
  return "choices" in said;
}

function saidOf({ name, data }: Told): string | undefined {
  if (name === "node_started") return SAID[data.node];
  if (name === "evidence") return `${data.count} ${data.count === 1 ? "fact" : "facts"} from ${data.task}`;
  if (name === "queued") return `Place ${data.place} in the line before ${data.host}`;
  return undefined;
}

/** What a slash command of `@clew` asks, in plain words. */
export function worded(command: string | undefined, prompt: string): string {
  const said = prompt.trim();
  switch (command) {
    case "callers":
      return `Who calls ${said}?`;
    case "impact":
      return `What breaks if ${said} changes?`;
    case "where":
      return `Where is ${said}?`;
    case "explain":
      return `Explain ${said}`;
    case "review":
      return said ? `Review ${said}` : "Review my changes";
    default:
      return said;
  }
}

const CITED = /`((?:[\w.-]+:)?[^\s`:#]*[A-Za-z_][^\s`:#]*(?:#[^\s`:]*)?:\d+(?:[-–]\d+)?)`/g;

/** Cuts an answer at its citations, outside its code blocks: pieces of text, and between them what is cited. */
export function pieces(markdown: string): ({ text: string } | { citation: string })[] {
  const cut = markdown.split(/(^```[\s\S]*?^```\s*$)/m).flatMap((part) => {
    if (part.startsWith("```")) return [{ text: part }];
    return part.split(CITED).map((piece, number) => (number % 2 ? { citation: piece } : { text: piece }));
  });
  return cut.filter((piece) => !("text" in piece) || piece.text);
}
