"""Trees of mixed languages of a given size, put together from checkouts at hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexers.discovery import discover
from indexers.languages import PACKS

COMMENT = {"python": "#"}
"""How a line comment begins, where it is not `//`."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder with `files` source files of `lines` lines altogether."""

    root: Path
    files: int
    lines: int


def count(root: Path) -> Tree:
    """Return the size of what Clew would index of source code below `root`."""
    files = [file for file in discover(root).files if file.language in PACKS]
    return Tree(root, len(files), sum(file.absolute.read_bytes().count(b"\n") for file in files))


def assemble(sources: Sequence[Path], root: Path, lines: int) -> Tree:
    """Copy source files into the new folder `root` until it has `lines` lines.

    Whole files are taken, folder by folder of each source in turn, so that every size holds the same mixture of
    languages. When the sources are used up they are taken again below another name, each file with a line that no other
    copy has: the facts of equal contents are made once, and that would be no measure.

    Raises:
        ValueError: the sources hold no source file.
    """
    root.mkdir(parents=True)
    files = total = 0
    repetition = 0
    while total < lines:
        before = total
        for source, path, absolute, language in _in_turn(sources):
            target = root / f"{source.name}{repetition or ''}" / path
            content = absolute.read_bytes()
            if repetition:
                content += f"\n{COMMENT.get(language, '//')} copy {repetition}\n".encode()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            files, total = files + 1, total + content.count(b"\n")
            if total >= lines:
                break
        if total == before:
            raise ValueError(f"no source file in {[str(source) for source in sources]}; give other folders")
        repetition += 1
    return Tree(root, files, total)


def _in_turn(sources: Sequence[Path]) -> Iterator[tuple[Path, str, Path, str]]:
    """Yield (source, path, absolute path, language), one file of each source after the other."""
    walks = [(source, iter([file for file in discover(source).files if file.language in PACKS])) for source in sources]
    while walks:
        for entry in list(walks):
            source, files = entry
            file = next(files, None)
            if file is None:
                walks.remove(entry)
            else:
                yield source, file.path, file.absolute, file.language
