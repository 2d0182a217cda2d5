// Clew's tools for whatever model the editor's chat runs. They only read.
import * as vscode from "vscode";
import type { Reviewing } from "../review/reviewing";
import { signalOf, type Session } from "../server/session";
import { Problem } from "../server/rest";
import { askServer } from "./asking";
import { answerText, callersText, impactText, reviewText, searchText, symbolFoundText } from "./wording";

type Work<T> = (session: Session, input: T, signal: AbortSignal, reviewing: Reviewing) => Promise<string>;

const MOST_FOUND = 12;

const WORK: { [name: string]: { says: (input: any) => string; work: Work<any> } } = {
  clew_search: {
    says: ({ query }) => `Searching for ${query}`,
    work: async (session, { query, kind = "function" }: { query: string; kind?: string }, signal) =>
      searchText(await session.rest.search(query, kind, session.repositoryHere()?.name ?? "", signal, MOST_FOUND)),
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
    work: async (session, { revisions = "" }: { revisions?: string }, signal, reviewing) => {
      const repository = await reviewing.repository();
      if (revisions) return reviewText(await session.rest.review(repository.name, revisions, signal));
      const found = await reviewing.review(repository, "uncommitted", signal);
      return found ? reviewText(found.review, found.change.notes) : "Nothing is uncommitted in this workspace.";
    },
  },
  clew_ask: {
    says: ({ question }) => `Asking: ${question}`,
    work: async ({ rest }, { question }: { question: string }, signal) => answerText(await askServer(rest, { question }, signal, () => undefined)),
  },
};

export function tools(session: Session, reviewing: Reviewing): vscode.Disposable {
  const registered = Object.entries(WORK).map(([name, { says, work }]) =>
    vscode.lm.registerTool<object>(name, {
      prepareInvocation: ({ input }) => ({ invocationMessage: says(input) }),
      async invoke({ input }, token) {
        try {
          return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(await work(session, input, signalOf(token), reviewing))]);
        } catch (error) {
          if (error instanceof Problem) throw new Error(`${error.message} ${error.nextStep}`.trim());
          throw error;
        }
      },
    }),
  );
  return vscode.Disposable.from(...registered);
}
