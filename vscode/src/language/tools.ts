// Clew's tools for whatever model the editor's chat runs. They only read.
import * as vscode from "vscode";
import { signalOf, type Session } from "../server/session";
import { Problem } from "../server/rest";
import { askServer } from "./asking";
import { answerText, callersText, impactText, reviewText, searchText, symbolFoundText } from "./wording";

type Work<T> = (session: Session, input: T, signal: AbortSignal) => Promise<string>;

const WORK: { [name: string]: { says: (input: any) => string; work: Work<any> } } = {
  clew_search: {
    says: ({ query }) => `Searching for ${query}`,
    work: async (session, { query, kind = "function" }: { query: string; kind?: string }, signal) =>
      searchText(await session.rest.search(query, kind, session.repositoryHere()?.name ?? "", signal)),
  },
  clew_symbol: {
    says: ({ symbol }) => `Looking ${symbol} up`,
    work: async ({ rest }, { symbol }: { symbol: string }, signal) => symbolFoundText(await rest.symbol(symbol, signal)),
  },
  clew_callers: {
    says: ({ symbol }) => `Finding who calls ${symbol}`,
    work: async ({ rest }, { symbol, depth = 1 }: { symbol: string; depth?: number }, signal) => callersText(await rest.callers(symbol, depth, 100, signal)),
  },
  clew_impact: {
    says: ({ symbol }) => `Finding what a change of ${symbol} breaks`,
    work: async ({ rest }, { symbol }: { symbol: string }, signal) => impactText(await rest.impact(symbol, signal)),
  },
  clew_review: {
    says: ({ revisions }) => `Reviewing ${revisions || "what is not committed"}`,
    work: async (session, { revisions = "" }: { revisions?: string }, signal) => {
      const repository = session.repositoryHere();
      return repository ? reviewText(await session.rest.review(repository.name, revisions, signal)) : "No folder of this window is an indexed repository.";
    },
  },
  clew_ask: {
    says: ({ question }) => `Asking: ${question}`,
    work: async ({ rest }, { question }: { question: string }, signal) => answerText(await askServer(rest, { question }, signal, () => undefined)),
  },
};

export function tools(session: Session): vscode.Disposable {
  const registered = Object.entries(WORK).map(([name, { says, work }]) =>
    vscode.lm.registerTool<object>(name, {
      prepareInvocation: ({ input }) => ({ invocationMessage: says(input) }),
      async invoke({ input }, token) {
        try {
          return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(await work(session, input, signalOf(token)))]);
        } catch (error) {
          if (error instanceof Problem) throw new Error(`${error.message} ${error.nextStep}`.trim());
          throw error;
        }
      },
    }),
  );
  return vscode.Disposable.from(...registered);
}
