"""How soon the web page shows something: the first load, and answers as they are painted, in Debian's Chromium over a running server.

    python -m benchmarks.web_page http://127.0.0.1:8674 "Who calls uv_close?" "What is libuv built with?"

Needs requirements/browser.lock and Chromium. Times are the page's own clock, from the question's submit to the frame after its answer.
"""

from __future__ import annotations

import shutil
import statistics
import sys

RUNS = 5
_LOADED = """() => {
    const first = performance.getEntriesByName('first-contentful-paint')[0].startTime;
    const files = [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')];
    return [first, files.filter(one => one.name.includes('/ui/')).reduce((sum, one) => sum + one.transferSize, 0)];
}"""
_ASKED = """async (question) => {
    const area = document.querySelector('textarea');
    area.value = question;
    area.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise(requestAnimationFrame);
    const start = performance.now();
    area.form.requestSubmit();
    while (!document.querySelector('.prose')) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""


def main(address: str, questions: list[str]) -> None:
    from playwright.sync_api import sync_playwright  # not installed with Clew

    print(
        "| question | answer painted, median ms | spread | first paint of the page, ms | bytes of the first load |\n|---|---|---|---|---|"
    )
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for question in questions:
            painted, first, loaded = [], [], []
            for _ in range(RUNS):
                page = browser.new_context().new_page()
                page.goto(f"{address}/ui/")
                page.wait_for_selector("h1")
                at, size = page.evaluate(_LOADED)
                painted.append(page.evaluate(_ASKED, question))
                first.append(at)
                loaded.append(size)
                page.context.close()
            spread = f"{min(painted):.0f} to {max(painted):.0f}"
            print(
                f"| {question} | {statistics.median(painted):.0f} | {spread} | {statistics.median(first):.0f} | {max(loaded):,} |"
            )
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
