// What a review found, as an editor shows it: at the line where it is now. No vscode here: units run it in plain Node.
import type { Cited, Finding, Review } from "../server/rest";

/** Says where a line of the index is now; itself where the file cannot be compared. */
export type ToNow = (path: string, line: number) => Promise<number>;

/** Returns the findings at the lines of now. */
export async function findingsNow(review: Review, toNow: ToNow): Promise<Finding[]> {
  const now = async <T extends Cited>(one: T): Promise<T> => ({ ...one, indexed: false, line: Math.max(1, one.indexed ? await toNow(one.path, one.line) : one.line) });
  return Promise.all(review.findings.map(async (one) => ({ ...(await now(one)), cites: await Promise.all(one.cites.map(now)) })));
}

/** A line that sums the review up. */
export function summary(review: Review): string {
  const count = (severity: Finding["severity"]) => review.findings.filter((one) => one.severity === severity).length;
  const errors = count("error");
  const warnings = count("warning");
  const said = [
    errors ? `${errors} ${errors === 1 ? "place" : "places"} will break or must follow` : "",
    warnings ? `${warnings} ${warnings === 1 ? "warning" : "warnings"}` : "",
    review.tests.length ? `${review.tests.length} ${review.tests.length === 1 ? "test" : "tests"} to run` : "",
  ].filter(Boolean);
  return `Risk ${review.risk}: ${said.join(", ") || "nothing was found"}.`;
}

/** Diagnostics show no marks of code. */
export function plain(text: string): string {
  return text.replaceAll("`", "");
}
