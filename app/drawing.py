"""`make graph-picture`: draws the compiled graph into the documents that show it; a test fails when one of them is not the graph of now."""

from __future__ import annotations

import sys
from pathlib import Path

from graph.drawing import with_picture

DOCUMENTS = ("ARCHITECTURE.md", "docs/studio.md")


def main() -> int:
    """Write the picture into every document that shows it."""
    root = Path(__file__).parents[1]
    for name in DOCUMENTS:
        path = root / name
        path.write_text(with_picture(path.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
