"""What the blocks of code in a document name: each is read by its language's pack, as source files are.

A name is followed through the imports and constructions of the document's blocks up to it (`app = Celery()`, then `app.task()`
is `Celery.task()`), no further. What the names mean in the project is decided by `relations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexers.documents.outline import CodeBlock
from indexers.facts import FileFacts
from indexers.languages import LANGUAGE_BY_SUFFIX, PACKS, extract

BLOCK_BYTES = 20_000
BLOCKS_READ = 500
"""A document's further blocks are text only."""

_NAMES = {
    "py": "python", "python3": "python", "pycon": "python", "ipython": "python", "ipython3": "python", "js": "javascript",
    "jsx": "javascript", "node": "javascript", "ts": "typescript", "golang": "go", "rs": "rust", "h": "c", "c++": "cpp", "cc": "cpp",
}  # fmt: skip
_PROMPT = re.compile(r"^(?:>>>|\.\.\.)(?: |$)")
_STEP = re.compile(r"\(\)|\[[^\]]*\]|\{[^}]*\}")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")

Named = tuple[str, int, int]
"""Dotted name, with `()` where it is called, line, column in the document (1-based)."""


def named_in(blocks: list[CodeBlock], default: str = "") -> Iterator[Named]:
    """Yield what the blocks call, import and build. default: the language of blocks that name none, if they parse as it."""
    aliases: dict[str, str] = {}
    for block in blocks[:BLOCKS_READ]:
        code = _without_prompts(block.text)
        language = _language(block.language) or ("python" if code != block.text else "")
        certain = bool(language)
        language = language or (default if not block.language else "")
        if not language or not code.strip() or len(code) > BLOCK_BYTES:
            continue
        facts = _facts(language, code)
        if facts is None or (not certain and facts.issues):
            continue
        shift = block.indent + (4 if code != block.text else 0)
        for name, line, column in _names(facts, aliases):
            yield name, block.line + line - 1, column + shift


def _language(written: str) -> str:
    name = written.strip().lower()
    if name in PACKS:
        return name
    return _NAMES.get(name) or LANGUAGE_BY_SUFFIX.get(f".{name}", "")


def _without_prompts(text: str) -> str:
    """Return the input of an interactive session; what it printed is left out, its lines stay."""
    lines = text.split("\n")
    if not any(line.startswith(">>> ") for line in lines):
        return text
    return "\n".join(_PROMPT.sub("", line) if _PROMPT.match(line) else "" for line in lines)


def _facts(language: str, code: str) -> FileFacts | None:
    try:
        return extract(language, code.encode("utf-8", "replace"))
    except RecursionError:
        return None


def _names(facts: FileFacts, aliases: dict[str, str]) -> Iterator[Named]:
    """Yield what one block names; `aliases` (name -> what it stands for) is brought up to date."""
    for one in facts.imports:
        whole = ".".join(part for part in (one.module.replace("/", ".").lstrip("."), one.name) if part and part != "*")
        if one.alias and whole:
            aliases[one.alias] = whole if one.name or one.alias != one.module.partition(".")[0] else one.alias
        if one.name and one.name != "*" and _NAME.fullmatch(whole):
            yield whole, one.line, one.column
    own = {definition.name for definition in facts.definitions}
    for assignment in facts.assignments:
        value = assignment.value
        if value.endswith("()") and "." not in assignment.target:
            aliases[assignment.target] = _followed(value.removesuffix("()"), aliases)
    for call in facts.calls:
        name = _followed(call.callee, aliases)
        if name and name.partition(".")[0] not in own:
            yield f"{name}()", call.line, call.column


def _followed(path: str, aliases: dict[str, str]) -> str:
    """Return the path as a dotted name, its first part replaced by what it stands for; empty when it cannot be."""
    plain = _STEP.sub("", path)
    if not _NAME.fullmatch(plain):
        return ""
    head, dot, rest = plain.partition(".")
    return aliases.get(head, head) + dot + rest
