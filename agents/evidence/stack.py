"""The stack of a repository: its project files, read from the working tree, told by the rules; and the facts that answers make of it."""

from __future__ import annotations

from pathlib import Path

from agents.evidence.sight import Sight
from agents.state import Evidence
from indexers.manifests import ManifestError, is_manifest, read_manifest
from indexers.project_files import project_files
from tools.stack import Declared, StackPart, is_telling, stack_of


def stack_at(root: Path) -> tuple[StackPart, ...]:
    """Return what the project at `root` is built with; empty where there is no such folder."""
    if not root.is_dir():
        return ()
    texts = project_files(root, lambda path: is_telling(path) or is_manifest(path))
    declared: list[Declared] = []
    for path, text in texts.items():
        try:
            manifest = read_manifest(path, text)
        except ManifestError:
            continue
        if manifest is not None:
            declared += [(one.name, path, one.line, one.group) for one in manifest.dependencies]
    return stack_of(texts, declared)


def stack_facts(sight: Sight, repository: str, roles: frozenset[str]) -> list[Evidence]:
    """Return one fact a part of these roles, at the line that shows it; without a place where that file is not indexed."""
    root = next((info.root for info in sight.graph.repositories(sight.scope) if info.name == repository), "")
    facts = []
    for part in stack_at(Path(root)) if root else ():
        if part.role not in roles:
            continue
        known = part.line <= len(sight.lines(repository, part.path)) and any(sight.lines(repository, part.path))
        citation = sight.cite(repository, part.path if known else "", *(part.line if known else 0,) * 2, None)
        note = "\t".join((part.role, part.name, f"{part.path}:{part.line}", part.advice))
        facts.append(sight.evidence("stack", citation, note=note))
    return facts
