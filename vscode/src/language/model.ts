// Clew as a language model of the editor's chat, so that `@clew` answers where no other provider is installed.
import * as vscode from "vscode";
import { askServer, isAskedBack } from "./asking";
import { signalOf, type Session } from "../server/session";

const WINDOW_TOKENS = 32_000;
const CHARACTERS_A_TOKEN = 4;

export function modelProvider(session: Session): vscode.Disposable {
  const changes = new vscode.EventEmitter<void>();
  const provider: vscode.LanguageModelChatProvider = {
    onDidChangeLanguageModelChatInformation: changes.event,
    provideLanguageModelChatInformation: () => [
      {
        id: "clew",
        name: "Clew",
        family: "clew",
        version: "1",
        tooltip: "Answers from the index of your code, through your own Clew server",
        maxInputTokens: WINDOW_TOKENS,
        maxOutputTokens: WINDOW_TOKENS,
        capabilities: {},
      },
    ],
    async provideLanguageModelChatResponse(_model, messages, _options, progress, token) {
      const asked = questionOf(messages);
      const repository = session.repositoryHere()?.name;
      const said = await askServer(session.rest, { question: asked, repositories: repository ? [repository] : undefined }, signalOf(token), () => undefined);
      progress.report(new vscode.LanguageModelTextPart(isAskedBack(said) ? backText(said) : said.answer));
    },
    provideTokenCount: async (_model, text) =>
      Math.ceil((typeof text === "string" ? text : textOf(text)).length / CHARACTERS_A_TOKEN),
  };
  return vscode.Disposable.from(changes, vscode.lm.registerLanguageModelChatProvider("clew", provider));
}

function backText(back: { question: string; choices: { label: string; place: string }[] }): string {
  return [back.question, ...back.choices.map(({ label, place }) => `- \`${label}\` ${place}`)].join("\n");
}

/** The last words of the person: what stands before them is the editor's own wrapping, which no code graph answers to. */
function questionOf(messages: readonly vscode.LanguageModelChatRequestMessage[]): string {
  const last = [...messages].reverse().find((one) => one.role === vscode.LanguageModelChatMessageRole.User && textOf(one).trim());
  return last ? textOf(last).trim() : "";
}

function textOf(message: vscode.LanguageModelChatRequestMessage): string {
  return message.content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : "")).join("");
}
