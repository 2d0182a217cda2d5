"""Builds the documents into a site that asks nobody for anything: its scripts, its pictures and its search come along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from links import EDITOR, PAGES, linked, page_of  # mkdocs finds the neighbours of a hook
from mkdocs.structure.files import File, Files
from parts import FOLDER, PARTS

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "adr"
ASSETS = {
    "assets/clew.svg": ROOT / "web" / "public" / "clew.svg",
    "assets/clew.css": Path(__file__).parent / "clew.css",
    **{f"assets/{name}": FOLDER / name for name in PARTS},
    **{str(page_of(path.relative_to(ROOT).as_posix())): path for path in (ROOT / EDITOR).rglob("*.png")},
}
"""Place in the site -> where it lies."""


def on_config(config: Any) -> Any:
    """List every decision below the last heading."""
    config.nav[-1] = {"Decisions": ["adr/index.md", *[f"adr/{record.name}" for record in _records()]]}
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add what lies outside of docs/."""
    for source, page in PAGES.items():
        document = ROOT / source
        text = _listed() if document.is_dir() else linked(document.read_text("utf-8"), source)
        files.append(File.generated(config, page, content=text))
    for place, path in ASSETS.items():
        files.append(File.generated(config, place, content=path.read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:  # noqa: ARG001 - called by keyword
    """Turn the links of a document; those from outside of docs/ were turned when they came in. The first page has no margins."""
    uri = page.file.src_uri
    if uri == "index.md":
        page.meta["hide"] = ["navigation", "toc"]
    return markdown if uri in PAGES.values() else linked(markdown, f"docs/{uri}")


def on_post_page(output: str, page: Any, config: Any) -> str:  # noqa: ARG001 - called by keyword
    """Load Mermaid, which is large, on pages that have something to draw, before the theme would look for it elsewhere."""
    if 'class="mermaid"' not in output:
        return output
    up = "../" * page.url.count("/")
    head, bundle, rest = output.rpartition('<script src="')
    return f'{head}<script src="{up}assets/mermaid.min.js"></script>\n{bundle}{rest}'


def _records() -> list[Path]:
    return sorted(DECISIONS.glob("*.md"))


def _listed() -> str:
    rows = [
        f"- [{record.read_text('utf-8').splitlines()[0].removeprefix('# ')}]({record.name})" for record in _records()
    ]
    return "\n".join(
        ["# Decisions", "", "Choices that were costly, each with what it was weighed against.", "", *rows, ""]
    )
