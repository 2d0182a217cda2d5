"""Changes of files as a unified diff: what a model proposes, applied strictly to the texts of now and written out anew.

A proposal is a list of edits (a stretch of a file that stands there once, and what shall stand in its place) or a unified diff,
whose line numbers models often miscount: its hunks are placed by their lines, which must stand in the file exactly once or at
the place that is named. What comes out has right numbers. Nothing is written to a repository here.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

MAX_EDITS = 40
MAX_BYTES = 200_000
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "explanation": {"type": "string"},
        "edits": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "find": {"type": "string"}, "replace": {"type": "string"}},
                "required": ["path", "find", "replace"],
            },
        },
    },
    "required": ["explanation", "edits"],
}
"""What a model is asked for: constrained JSON, so that a small one need not count lines."""

_FENCE = re.compile(r"```(?:diff|patch)?[ \t]*\n(.*?)(?:\n```|\Z)", re.DOTALL)
_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")


class PatchError(ValueError):
    """A proposal that cannot be a patch; the message says why, fit for the one who is to mend it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """`find` stands once in the file at `path`; `replace` takes its place. An empty `find` makes a new file. line: a hint, 0 for none."""

    path: str
    find: str
    replace: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class FileChange:
    """The text of a file before (None: a new file) and after."""

    path: str
    before: str | None
    after: str


def proposal_in(answer: str) -> tuple[str, list[Edit]]:
    """Return (explanation, edits) of a model's answer: JSON as SCHEMA says, else prose with a unified diff.

    Raises:
        PatchError: it is neither, or holds no edit.
    """
    if len(answer.encode("utf-8", "replace")) > MAX_BYTES:
        raise PatchError("the proposal is too large")
    content = _json_in(answer)
    if content is not None:
        edits = [_edit(one) for one in content.get("edits") or [] if isinstance(one, dict)]
        explanation = str(content.get("explanation") or "")
    else:
        fences = list(_FENCE.finditer(answer))
        diff = "\n".join(fence[1] for fence in fences) if fences else answer
        edits = edits_of_diff(diff)
        explanation = _FENCE.sub("", answer) if fences else ""
    if not edits:
        raise PatchError("it holds no edit")
    if len(edits) > MAX_EDITS:
        raise PatchError(f"it holds {len(edits)} edits, more than {MAX_EDITS}")
    return explanation.strip(), edits


def edits_of_diff(text: str) -> list[Edit]:
    """Return the hunks of a unified diff as edits; empty when it holds none."""
    edits: list[Edit] = []
    path, hint = "", 0
    removed: list[str] | None = None
    added: list[str] = []

    def close() -> None:
        nonlocal removed, added
        if removed is not None and (removed or added) and path:
            edits.append(Edit(path, "\n".join(removed), "\n".join(added), hint))
        removed, added = None, []

    for line in text.split("\n"):
        hunk = _HUNK.match(line)
        if line.startswith(("--- ", "diff --git ")):
            close()
        elif line.startswith("+++ "):
            path = line[4:].partition("\t")[0].strip().removeprefix("b/")
        elif hunk is not None or line.startswith("@@"):
            close()
            hint, removed, added = int(hunk[1]) if hunk else 0, [], []
        elif removed is not None and not line.startswith("\\"):
            body = line[1:]
            if line[:1] in (" ", "-") or (not line and removed is not None):
                removed.append(body)
            if line[:1] in (" ", "+") or not line:
                added.append(body)
    close()
    return [_trimmed(edit) for edit in edits]


def applied(edits: Iterable[Edit], read: Callable[[str], str | None]) -> list[FileChange]:
    """Return the files that the edits change, by path, applied one after the other.

    Args:
        read: gives the text of a file of the repository, None where there is none.

    Raises:
        PatchError: a path leads out of the repository, or lines are not there, or there more than once.
    """
    texts: dict[str, tuple[str | None, str]] = {}
    for edit in edits:
        path = _safe(edit.path)
        before, now = texts.get(path) or ((known := read(path)), known or "")
        if before is None and edit.find.strip():
            raise PatchError(f"there is no file {path!r}")
        texts[path] = before, _replaced(path, now, edit, is_new=before is None)
    changed = [FileChange(path, before, after) for path, (before, after) in sorted(texts.items()) if after != before]
    if not changed:
        raise PatchError("it changes nothing")
    return changed


def unified(changes: Sequence[FileChange]) -> str:
    """Return the changes as a diff that `git apply` takes."""
    parts: list[str] = []
    for change in changes:
        before, after = _lines(change.before or ""), _lines(change.after)
        new = ["new file mode 100644\n"] if change.before is None else []
        source = "/dev/null" if change.before is None else f"a/{change.path}"
        body = difflib.unified_diff(before, after, source, f"b/{change.path}", n=3)
        parts += [f"diff --git a/{change.path} b/{change.path}\n", *new]
        for line in body:
            parts.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(parts)


def added_lines(change: FileChange) -> list[str]:
    """Return the lines that a change brings in."""
    matcher = difflib.SequenceMatcher(None, _lines(change.before or ""), _lines(change.after), autojunk=False)
    after = _lines(change.after)
    return [line for tag, _, _, first, past in matcher.get_opcodes() if tag != "equal" for line in after[first:past]]


def _replaced(path: str, text: str, edit: Edit, *, is_new: bool) -> str:
    if is_new:
        return edit.replace if edit.replace.endswith("\n") else edit.replace + "\n"
    if not edit.find.strip():
        raise PatchError(f"an edit of {path!r} does not say which lines it replaces")
    places = _places(text, edit.find)
    if not places:
        raise PatchError(f"these lines are not in {path!r}: {_shown(edit.find)}")
    if len(places) > 1:
        near = [at for at in places if edit.line and text.count("\n", 0, at) + 1 == edit.line]
        if len(near) != 1:
            raise PatchError(
                f"these lines stand {len(places)} times in {path!r}, quote more of them: {_shown(edit.find)}"
            )
        places = near
    at = places[0]
    return text[:at] + edit.replace + text[at + len(edit.find) :]


def _places(text: str, find: str) -> list[int]:
    """Return where `find` stands as whole lines, else where it stands at all."""
    found = []
    at = text.find(find)
    while at >= 0:
        found.append(at)
        at = text.find(find, at + 1)
    whole = [
        one
        for one in found
        if (one == 0 or text[one - 1] == "\n") and text[one + len(find) : one + len(find) + 1] in ("", "\n")
    ]
    return whole or found


def _safe(path: str) -> str:
    parts = PurePosixPath(path.strip()).parts
    if not parts or path.startswith(("/", "\\")) or ".." in parts or ":" in path or ".git" in parts or "\n" in path:
        raise PatchError(f"{path!r} is no path inside the repository")
    return "/".join(parts)


def _trimmed(edit: Edit) -> Edit:
    """Return a hunk without the empty line that the end of its text left behind, where both sides have it."""
    if edit.find.endswith("\n") and edit.replace.endswith("\n"):
        return Edit(edit.path, edit.find[:-1], edit.replace[:-1], edit.line)
    return edit


def _edit(row: dict[str, Any]) -> Edit:
    values = [row.get(name) for name in ("path", "find", "replace")]
    if not all(isinstance(value, str) for value in values):
        raise PatchError("an edit lacks its path, find or replace")
    path, find, replace = (str(value) for value in values)
    if find.endswith("\n") and replace.endswith("\n"):
        find, replace = find[:-1], replace[:-1]
    return Edit(path, find, replace)


def _json_in(answer: str) -> dict[str, Any] | None:
    start = answer.find("{")
    if start < 0 or _FENCE.search(answer[:start] or "") or answer.lstrip().startswith(("diff ", "--- ")):
        return None
    try:
        content, _ = json.JSONDecoder(strict=False).raw_decode(answer, start)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and "edits" in content else None


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True) if "\r" not in text else re.findall(r"[^\n]*\n|[^\n]+", text)


def _shown(text: str) -> str:
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return repr(first if len(first) <= 80 else first[:79] + "\u2026")
