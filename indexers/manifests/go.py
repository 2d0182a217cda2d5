"""Go: `go.mod`. Source: the Go Modules Reference, "go.mod files": directives a line, or a block in parentheses."""

from __future__ import annotations

from collections.abc import Iterator

from indexers.manifests.model import Collector, Manifest, ManifestError


def read_mod(text: str) -> Manifest:
    found = Collector(text)
    for directive, words, comment in _directives(text):
        if directive == "module" and words:
            found.manifest.name = words[0].strip('"`')
        elif directive == "require" and len(words) >= 2:
            found.add(words[0].strip('"`'), words[1], "indirect" if "indirect" in comment.split() else "runtime")
    return found.manifest


def _directives(text: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield (directive, its words, the comment of the line)."""
    block = ""
    for number, line in enumerate(text.splitlines(), 1):
        code, _, comment = line.partition("//")
        words = code.split()
        if not words:
            continue
        if block:
            if words == [")"]:
                block = ""
            else:
                yield block, words, comment
        elif words[-1] == "(" and len(words) == 2:
            block = words[0]
        elif words[0] == ")":
            raise ManifestError(f"line {number}: a block ends that was never opened")
        else:
            yield words[0], words[1:], comment
    if block:
        raise ManifestError(f"the block of {block!r} is not closed")
