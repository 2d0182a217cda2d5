"""`clew eval train-triage`: learns the intent classifier of a release from labelled wordings, and says what it is worth."""

from __future__ import annotations

from pathlib import Path

from app.errors import FOUND
from app.rendering.screen import Screen, counted, write_json
from app.triage_learning import learn, read_wordings
from configs.release import Releases


def run(
    wordings: tuple[str, ...],
    out: str | None,
    as_json: bool,
    store: str | None,  # noqa: ARG001  every command takes it
) -> int:
    """Return 0 once weights were learned; they are kept only where `out` says. The store is not touched."""
    suffixes = Releases().get("default").triage.file_suffixes
    learned = learn(read_wordings([Path(one) for one in wordings], suffixes))
    if out is not None:
        Path(out).write_bytes(learned.content)
    if as_json:
        figures = {
            "wordings": learned.wordings,
            "accuracy": learned.accuracy,
            "macro_f1": learned.macro_f1,
            "temperature": learned.temperature,
            "bytes": len(learned.content),
            "sha256": learned.sha256,
        }
        write_json(figures)
        return FOUND
    screen = Screen()
    screen.line(f"learned from {counted(learned.wordings, 'wording')}")
    screen.line(f"on authors left out: {learned.accuracy:.1%} right, macro-F1 {learned.macro_f1:.3f}")
    screen.line(f"classifier: {{file: {Path(out).name if out else 'FILE'}, sha256: {learned.sha256}}}")
    return FOUND
