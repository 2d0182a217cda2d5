"""What a model proposes as a change, checked before anybody sees it: it applies, it parses, and what it calls exists.

The diff is made anew from the texts of now, so that it applies; it is shown or written to a file that the asker names, never
to a repository.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from guardrails.output import patch_faults
from indexers.content import read_source
from indexers.syntax import new_errors
from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope
from tools.patches import FileChange, PatchError, added_lines, applied, proposal_in, unified

MAX_FAULTS = 5
_CALL = re.compile(r"(?<![\w.:>@$])([A-Za-z_]\w*)\s*\(")
_DEFINED = re.compile(r"\b(?:def|func|fn|function|class|struct|interface|enum|trait|type|import|const|let|var|as|lambda)\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w*)|([A-Za-z_]\w*)\s*:?=[^=]")  # fmt: skip
_WORD = re.compile(r"[A-Za-z_]\w*")
_TEXTS = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`|#.*$|//.*$")
_KNOWN = frozenset(dir(builtins)) | frozenset(
    [
        *("if", "for", "while", "switch", "return", "catch", "elif", "else", "and", "or", "not", "in", "is", "with", "assert", "await"),
        *("yield", "match", "case", "defer", "go", "func", "function", "fn", "sizeof", "typeof", "instanceof", "new", "throw", "synchronized"),
        *("make", "len", "append", "cap", "panic", "recover", "copy", "delete", "close", "min", "max", "clear", "string", "byte", "rune"),
        *("int", "int32", "int64", "uint", "uint32", "uint64", "float64", "bool", "error", "Some", "None", "Ok", "Err", "Box", "Vec", "String"),
        *("require", "setTimeout", "setInterval", "clearTimeout", "parseInt", "parseFloat", "Promise", "Error", "Number", "Boolean", "Array"),
        *("Object", "Symbol", "Map", "Set", "Date", "RegExp", "super", "this", "self", "decltype", "static_cast", "alignof", "defined"),
        *("malloc", "free", "memcpy", "memset", "printf", "fprintf", "snprintf", "strlen", "strcmp", "assert"),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Patch:
    """A checked proposal. diff: empty when it did not hold; faults: why, fit for the one who is to mend it."""

    explanation: str
    diff: str
    paths: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def checked_patch(
    graph: CodeGraph, scope: Scope, repository: str, answer: str, evidence: str, known_urls: Collection[str] = ()
) -> Patch:
    """Return what a model's answer proposes for a repository. Raises StoreError.

    Args:
        evidence: all text that the model was given; a name that stands there is known.
        known_urls: addresses that the question or the evidence holds; what is added may hold no others.
    """
    root = next((Path(info.root) for info in graph.repositories(scope) if info.name == repository), None)
    if root is None:
        return Patch("", "", faults=(f"the repository {repository!r} is not indexed",))
    covered = graph.paths(scope, repository)

    def read(path: str) -> str | None:
        if path not in covered:
            if (root / path).exists() or (root / path).is_symlink():
                raise PatchError(f"{path!r} is not an indexed file")
            return None
        if not (root / path).resolve().is_relative_to(root.resolve()):
            raise PatchError(f"{path!r} is no path inside the repository")
        return _text(root / path)

    explanation = ""
    try:
        explanation, edits = proposal_in(answer)
        changes = applied(edits, read)
    except PatchError as exc:
        return Patch(explanation, "", faults=(f"the patch does not apply: {exc}",))
    diff = unified(changes)
    faults = [*_syntax_faults(changes), *_name_faults(graph, scope, changes, evidence), *patch_faults(diff, known_urls)]
    if faults:
        return Patch(explanation, "", faults=tuple(faults[:MAX_FAULTS]))
    return Patch(explanation, diff, tuple(change.path for change in changes))


def _text(path: Path) -> str:
    try:
        return read_source(path).decode("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise PatchError(f"{path.name!r} cannot be read: {type(exc).__name__}") from exc


def _syntax_faults(changes: Iterable[FileChange]) -> list[str]:
    faults = []
    for change in changes:
        before = change.before.encode() if change.before is not None else None
        after = change.after.encode()
        faults += [
            f"{change.path} would no longer parse at line {line}: {_line(change.after, line)!r}"
            for line in new_errors(change.path, before, after)[:2]
        ]
    return faults


def _name_faults(graph: CodeGraph, scope: Scope, changes: Sequence[FileChange], evidence: str) -> list[str]:
    """Return what the added lines call that nobody has: not the files, not the evidence, not the graph, not the patch itself."""
    added = "\n".join(_TEXTS.sub("", line) for change in changes for line in added_lines(change))
    known = _KNOWN | set(_WORD.findall(evidence))
    for change in changes:
        known |= set(_WORD.findall(change.before or ""))
    known |= {name for found in _DEFINED.findall(added) for name in found if name}
    known |= {name for line in added.split("\n") if re.match(r"\s*(?:from|import|use|#include)\b", line) for name in _WORD.findall(line)}  # fmt: skip
    called = dict.fromkeys(_CALL.findall(added))
    unknown = [name for name in called if name not in known and not graph.find(scope, name, limit=1)]
    return [f"{name!r} is called and exists neither in the code nor in the patch" for name in unknown]


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1].strip()[:80] if 0 < number <= len(lines) else ""
