// `@clew` in the editor's own chat: the same questions, with citations as links.
import * as vscode from "vscode";
import { label, placeOf } from "../../../web/src/places";
import type { Places } from "../editor/places";
import { Problem, type Answer, type AskedBack } from "../server/rest";
import { signalOf, type Session } from "../server/session";
import type { Reviewing } from "../review/reviewing";
import { summary } from "../review/findings";
import { askServer, isAskedBack, pieces, worded, type Asked } from "./asking";

interface Kept {
  thread?: string;
  runId?: string;
  followUps?: string[];
  /** A question that was asked back, and what one may choose. */
  back?: { asked: Asked; choices: AskedBack["choices"] };
}

const MOST_FINDINGS = 30;
const LONGEST_SELECTION = 4_000;

export function participant(session: Session, places: Places, reviewing: Reviewing, icon: vscode.Uri): vscode.Disposable {
  const made = vscode.chat.createChatParticipant("clew.participant", async (request, context, stream, token): Promise<vscode.ChatResult> => {
    const before = keptOf(context);
    if (request.command === "review" && !request.prompt.trim()) {
      try {
        await reviewTo(stream, reviewing, signalOf(token), places);
      } catch (error) {
        if (!token.isCancellationRequested) return failure(error, stream, before);
      }
      return { metadata: before };
    }
    const choice = before.back?.choices.find((one) => one.value === request.prompt.trim() || one.label === request.prompt.trim());
    const repository = session.repositoryHere()?.name;
    const asked: Asked =
      before.back && choice
        ? { ...before.back.asked, replies: [...(before.back.asked.replies ?? []), choice.value] }
        : {
            question: worded(request.command, await withReferences(request)),
            thread_id: before.thread ?? freshThread(),
            repositories: repository ? [repository] : undefined,
          };
    if (!asked.question) {
      stream.markdown("Ask about your code: who calls something, what a change breaks, where something is handled.");
      return {};
    }
    try {
      const said = await askServer(session.rest, asked, signalOf(token), (step) => stream.progress(step));
      const kept: Kept = { thread: asked.thread_id };
      if (isAskedBack(said)) {
        stream.markdown(`${said.question}\n\n`);
        kept.back = { asked, choices: said.choices };
      } else {
        await answerTo(stream, said, places);
        kept.runId = said.run_id;
        kept.followUps = said.follow_ups;
      }
      return { metadata: kept };
    } catch (error) {
      if (token.isCancellationRequested) return { metadata: before };
      return failure(error, stream, before);
    }
  });
  made.iconPath = icon;
  made.followupProvider = {
    provideFollowups: (result) => {
      const kept = (result.metadata ?? {}) as Kept;
      if (kept.back) return kept.back.choices.map(({ value, label, place }) => ({ prompt: value, label: place ? `${label} (${place})` : label }));
      return (kept.followUps ?? []).map((prompt) => ({ prompt, label: prompt.replaceAll("`", "") }));
    },
  };
  const feedback = made.onDidReceiveFeedback(({ result, kind }) => {
    const run = ((result.metadata ?? {}) as Kept).runId;
    const value = kind === vscode.ChatResultFeedbackKind.Helpful ? 1 : -1;
    if (run) void session.rest.say(run, { signal: "thumb", value }).catch(() => undefined);
  });
  return vscode.Disposable.from(made, feedback);
}

/** What is not committed here, reviewed: the server gets the diff. */
async function reviewTo(stream: vscode.ChatResponseStream, reviewing: Reviewing, signal: AbortSignal, places: Places): Promise<void> {
  const repository = await reviewing.repository();
  const found = await reviewing.review(repository, "uncommitted", signal, (step) => stream.progress(step));
  if (!found) return stream.markdown("Nothing is uncommitted here.");
  const { review, change } = found;
  stream.markdown(`**${summary(review)}**\n\n${review.reasons.map(({ text }) => `- ${text}\n`).join("")}\n`);
  for (const { severity, path, line, text, cites } of review.findings.slice(0, MOST_FINDINGS)) {
    stream.markdown(`\n- *${severity}* `);
    for (const place of [{ path, line, text }, ...cites]) {
      const uri = await places.uriOf({ repository: repository.name, path: place.path, start: place.line, end: place.line });
      if (place.path !== path || place.line !== line) stream.markdown("; see ");
      if (uri) stream.anchor(new vscode.Location(uri, new vscode.Position(place.line - 1, 0)), `${place.path}:${place.line}`);
      else stream.markdown(`\`${place.path}:${place.line}\``);
      if (place.text === text) stream.markdown(` ${text}`);
    }
  }
  for (const note of [...review.notes, ...change.notes]) stream.markdown(`\n\n*${note}*`);
  stream.button({ command: "clew.review", title: "Show them at their lines" });
}

async function answerTo(stream: vscode.ChatResponseStream, answer: Answer, places: Places): Promise<void> {
  const uris = new Map<string, vscode.Uri>();
  for (const { repository, path } of answer.citations) {
    const uri = uris.has(path) ? undefined : await places.uriOf({ repository, path, start: 1, end: 1 });
    if (uri) uris.set(path, uri);
  }
  for (const piece of pieces(answer.answer)) {
    const place = "citation" in piece && placeOf(piece.citation);
    const uri = place && uris.get(place.path);
    if (place && uri) stream.anchor(new vscode.Location(uri, new vscode.Range(place.start - 1, 0, place.end - 1, 0)), label(place));
    else stream.markdown("text" in piece ? piece.text : `\`${piece.citation}\``);
  }
  if (answer.patch) stream.markdown(`\n\n\`\`\`diff\n${answer.patch}\n\`\`\`\n`);
  const verified = answer.claims.filter((claim) => claim.status === "verified").length;
  const checked = answer.claims.length ? ` · ${verified} of ${answer.claims.length} claims verified` : "";
  stream.markdown(`\n\n*${answer.verdict}${checked} · ${answer.model ?? answer.level}*\n`);
}

function failure(error: unknown, stream: vscode.ChatResponseStream, before: Kept): vscode.ChatResult {
  const problem = error instanceof Problem ? error : new Problem(0, "fault", (error as Error).message, "");
  stream.markdown(`**${problem.message}** ${problem.nextStep}\n`);
  if (problem.status === 401) stream.button({ command: "clew.key.set", title: "Give an API key" });
  if (problem.status === 0) stream.button({ command: "clew.connect", title: "Connect again" });
  return { metadata: before };
}

/** The selection and the files that the person attached, as far as a question can hold them. */
async function withReferences(request: vscode.ChatRequest): Promise<string> {
  const said: string[] = [];
  for (const { value } of request.references) {
    if (value instanceof vscode.Location) {
      const document = await vscode.workspace.openTextDocument(value.uri);
      const { start, end } = value.range;
      said.push(`${vscode.workspace.asRelativePath(value.uri, false)}:${start.line + 1}-${end.line + 1}`);
      if (!request.prompt.trim()) said.push(document.getText(value.range).slice(0, LONGEST_SELECTION));
    } else if (value instanceof vscode.Uri) said.push(vscode.workspace.asRelativePath(value, false));
    else if (typeof value === "string") said.push(value.slice(0, LONGEST_SELECTION));
  }
  return [request.prompt.trim(), ...said].filter(Boolean).join("\n");
}

function keptOf(context: vscode.ChatContext): Kept {
  for (const turn of [...context.history].reverse()) {
    if (turn instanceof vscode.ChatResponseTurn && turn.participant === "clew.participant") return (turn.result.metadata ?? {}) as Kept;
  }
  return {};
}

function freshThread(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
