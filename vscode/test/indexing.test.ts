import { describe, expect, test } from "vitest";
import type { Job } from "../../web/src/shapes";
import { progressText, updateIndex } from "../src/editor/indexing";
import { restOver } from "../src/server/rest";

const job = (state: Job["state"], more: Partial<Job> = {}): Job => ({
  id: "1".repeat(32),
  state,
  root: "/code/shop",
  repository: "shop",
  progress: { stage: "extract", done: 1200, total: 3400, rate_per_s: 100, remaining_s: 21.5, note: "" },
  error: null,
  created_at: 0,
  started_at: null,
  ended_at: null,
  retry_at: null,
  ...more,
});

function updating(states: Job[], signal = new AbortController().signal) {
  const sent: string[] = [];
  const said: string[] = [];
  const rest = restOver(async (path, init) => {
    sent.push(`${init.method ?? "GET"} ${path}`);
    if (path.endsWith("/events")) return new Response(states.map((one, id) => `event: job\nid: ${id}\ndata: ${JSON.stringify(one)}\n\n`).join(""));
    return new Response(JSON.stringify(job("queued")));
  });
  return { sent, said, done: updateIndex(rest, "shop", signal, (one) => said.push(one)) };
}

describe("an index run", () => {
  test("is followed to its end", async () => {
    const { sent, said, done } = updating([job("queued"), job("running"), job("finished")]);
    await done;
    expect(said).toEqual(["waits for another run", "extract 1,200 of 3,400, 22 s left"]);
    expect(sent).toEqual(["POST /jobs", `GET /jobs/${"1".repeat(32)}/events`]);
  });
  test("that failed is said with what helps", async () => {
    await expect(updating([job("failed", { error: { message: "No such folder.", next_step: "Look." } })]).done).rejects.toMatchObject({ message: "No such folder.", nextStep: "Look." });
    await expect(updating([job("interrupted")]).done).rejects.toMatchObject({ message: "The index run is interrupted." });
  });
  test("that is given up is cancelled on the server", async () => {
    const stopping = new AbortController();
    stopping.abort();
    const { sent, done } = updating([job("cancelled")], stopping.signal);
    await done;
    expect(sent).toContain(`POST /jobs/${"1".repeat(32)}/cancel`);
  });
  test("says what it knows", () => expect(progressText(job("running", { progress: { stage: "", done: 0, total: 0, rate_per_s: null, remaining_s: null, note: "" } }))).toBe("begins"));
});
