"""`make openapi`: describes the routes of `clew serve` in `docs/openapi.json`; a test fails when that is not the description of now."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from app.rest.server import create_app
from configs.settings import Settings

DOCUMENT = "docs/openapi.json"


def description() -> str:
    """Return what should stand there. No store is opened: routes are described, not called."""
    composition: Any = SimpleNamespace(settings=Settings(), background=nullcontext, sharing=None)
    return json.dumps(create_app(cast(Any, composition)).openapi(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write it."""
    (Path(__file__).parents[1] / DOCUMENT).write_text(description(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
