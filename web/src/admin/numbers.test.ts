import { describe, expect, it } from "vitest";
import { ceiling } from "./charts";
import { count, daysAgo, daysBetween, dollars, percent, time } from "./numbers";

it.each([[0, 1], [0.3, 0.5], [1, 1], [1.01, 2], [2.2, 2.5], [37, 50], [51, 100], [0.0021, 0.0025]])("the axis of %d ends at %d", (value, end) => {
  expect(ceiling(value)).toBeCloseTo(end);
});

it("numbers are said as people read them", () => {
  expect([count(7), count(2.5), count(1_234), count(1_234_567)]).toEqual(["7", "2.5", "1,234", "1.2M"]);
  expect([dollars(0), dollars(0.00123), dollars(1_234.5)]).toEqual(["$0", "$0.0012", "$1,234.50"]);
  expect([time(12.4), time(1_234), time(61_000)]).toEqual(["12 ms", "1.2 s", "61 s"]);
  expect(percent(0.876)).toBe("88 %");
});

describe("days", () => {
  it("are all there, also over the end of a month", () => expect(daysBetween("2026-02-27", "2026-03-01")).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]));
  it("are counted back in UTC", () => expect(daysAgo(1, Date.UTC(2026, 2, 1))).toBe("2026-02-28"));
});
