"""Names of definitions within their file, and the symbol ids made of them. Deterministic: the same facts, the same ids."""

from __future__ import annotations

from indexers.facts import FileFacts


def local_names(facts: FileFacts) -> list[str]:
    """Return one unique dotted name a definition, in order: `Task.apply_async`, a repeated one as `Task.run~2`.

    A method written outside its type is named by its receiver (`Bucket.Put`, `engine::Db` gives `engine.Db.open`).
    """
    opened_by = [scope.definition for scope in facts.scopes]
    parents = [scope.parent for scope in facts.scopes]
    names: list[str] = []
    used: dict[str, int] = {}
    for definition in facts.definitions:
        prefix = _prefix(definition.scope, opened_by, parents, names)
        if definition.receiver:
            receiver = definition.receiver.partition("[")[0].replace("::", ".")
            prefix = f"{prefix}.{receiver}" if prefix else receiver
        name = definition.name.replace("#", " ").replace("~", "-") or "<anonymous>"
        full = f"{prefix}.{name}" if prefix else name
        count = used.get(full, 0) + 1
        used[full] = count
        names.append(full if count == 1 else f"{full}~{count}")
    return names


def _prefix(scope: int, opened_by: list[int], parents: list[int], names: list[str]) -> str:
    while scope >= 0:
        if opened_by[scope] >= 0:
            return names[opened_by[scope]]
        scope = parents[scope]
    return ""


def symbol_id(repository: str, path: str, local_name: str) -> str:
    """Return `repository:path#local.name`; the file's module symbol has an empty local name."""
    return f"{repository}:{path}#{local_name}"
