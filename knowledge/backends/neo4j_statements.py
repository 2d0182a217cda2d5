"""The statements that create rows: each takes `$rows`, lists of values in the order of `neo4j_schema`, and `$load`."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.backends.neo4j_schema import (
    FILE_PROPERTIES,
    ISSUE_PROPERTIES,
    NAME_PROPERTIES,
    RELATION_PROPERTIES,
    SYMBOL_PROPERTIES,
    UNRESOLVED,
    UNRESOLVED_PROPERTIES,
)
from knowledge.schema import RelationKind


def _properties(names: Sequence[str], first: int = 0) -> str:
    return ", ".join(f"{name}: v[{place}]" for place, name in enumerate(names, first))


def _node(label: str, names: Sequence[str]) -> str:
    return f"UNWIND $rows AS v CREATE (:{label} {{load: $load, {_properties(names)}}})"


def _link(kind: str, target: str, names: Sequence[str]) -> str:
    """A row begins with the row numbers of source and target."""
    return (
        f"UNWIND $rows AS v MATCH (a:Symbol {{row: v[0]}}) MATCH (b:{target} {{row: v[1]}})"
        f" CREATE (a)-[:{kind} {{{_properties(names, 2)}}}]->(b)"
    )


CREATE_SYMBOLS = _node("Symbol", SYMBOL_PROPERTIES)
CREATE_FILES = _node("File", FILE_PROPERTIES)
CREATE_EXTERNALS = _node("External", NAME_PROPERTIES)
CREATE_UNRESOLVED_NAMES = _node("UnresolvedName", NAME_PROPERTIES)
CREATE_ISSUES = _node("Issue", ISSUE_PROPERTIES)
CREATE_UNRESOLVED = _link(UNRESOLVED, "UnresolvedName", UNRESOLVED_PROPERTIES)
CREATE_RELATIONS = {kind: _link(kind.value, "Symbol", RELATION_PROPERTIES) for kind in RelationKind}
CREATE_EXTERNAL_RELATIONS = {kind: _link(kind.value, "External", RELATION_PROPERTIES) for kind in RelationKind}

SET_SYMBOLS = (
    "UNWIND $rows AS v MATCH (s:Symbol {row: v[0]}) SET s = {load: $load, " + _properties(SYMBOL_PROPERTIES) + "}"
)


def as_step(statement: str) -> str:
    """Return the statement as one step of a load: it runs once, whoever asks for it again, and returns its row count.

    `$step` steps must have been made; the load then remembers one more, and the digest of all that was written so far.
    The load is locked before its steps are read, so that of two who write the same step one does.
    """
    return (
        "MATCH (l:Load {id: $load}) SET l.locked = true WITH l WHERE l.state = 'loading' AND l.step = $step"
        " SET l.step = $step + 1, l.digest = $digest, l.symbol_steps = $symbol_steps, l.symbols_digest = $symbols_digest"
        f" WITH l {statement} RETURN count(*)"
    )
