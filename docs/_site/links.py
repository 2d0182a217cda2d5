"""Links of the tree become links of the site: what lies beside docs/ has a page there too, and what has none stays words."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

PAGES = {
    "README.md": "overview.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/RESULTS.md": "results.md",
    "docs/adr": "adr/index.md",
}
"""Documents outside of docs/, and the folder of decisions -> their pages."""
EDITOR = "vscode/media/"
"""Where the pictures of the editor lie, which its extension carries; the site has them below pictures/."""
_COLOURS = re.compile(r"^\s*classDef .*fill:#.*\n", re.M)
_LINK_OR_CODE = re.compile(
    r"(?P<code>^ *(`{3,}).*?^ *\2 *$|`[^`\n]*`(?!\]))|\[(?P<words>[^\[\]]*)\]\((?P<target>[^)\s:]+)\)", re.M | re.S
)


def linked(text: str, source: str) -> str:
    """Return a document of the tree with its links as the site has them; code is left alone, but for colours of drawings, which the site has its own for."""
    at = PurePosixPath(source).parent
    here = PurePosixPath(page_of(source) or source).parent

    def turned(found: re.Match[str]) -> str:
        if found["code"]:
            return _COLOURS.sub("", found[0])
        if found["target"].startswith("#"):
            return found[0]
        target, _, anchor = found["target"].partition("#")
        page = page_of(Path(os.path.normpath(at / target)).as_posix())
        if page is None:
            return found["words"]
        relative = os.path.relpath(page, here).replace(os.sep, "/")
        return f"[{found['words']}]({relative}{'#' + anchor if anchor else ''})"

    return _LINK_OR_CODE.sub(turned, text)


def page_of(place: str) -> str | None:
    """Return where the site has a file of the tree, None where it has not."""
    if place.startswith(EDITOR):
        return f"pictures/vscode-{place.rpartition('/')[2]}"
    return PAGES.get(place) or (place.removeprefix("docs/") if place.startswith("docs/") else None)
