"""Symbols, relations and documents as stored, whatever the backend.

Terms are SCIP's: a *symbol* is a definition, an *occurrence* one use of it, a *relation* a typed link between two
symbols. Lines and columns are 1-based; a column counts UTF-8 bytes. A span is inclusive on both ends.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from enum import StrEnum

_TEXT_COMPRESSION = 1


class SymbolKind(StrEnum):
    REPOSITORY = "repository"
    SERVICE = "service"
    PACKAGE = "package"
    MODULE = "module"
    CLASS = "class"
    INTERFACE = "interface"
    FUNCTION = "function"
    METHOD = "method"
    VARIABLE = "variable"
    ENDPOINT = "endpoint"
    TABLE = "table"
    DOCUMENT = "document"
    SECTION = "section"


class RelationKind(StrEnum):
    CONTAINS = "CONTAINS"
    IMPORTS = "IMPORTS"
    CALLS = "CALLS"
    INHERITS = "INHERITS"
    IMPLEMENTS = "IMPLEMENTS"
    OVERRIDES = "OVERRIDES"
    REFERENCES = "REFERENCES"
    HANDLES = "HANDLES"
    REQUESTS = "REQUESTS"
    READS = "READS"
    WRITES = "WRITES"
    DEPENDS_ON = "DEPENDS_ON"
    TESTS = "TESTS"
    DOCUMENTS = "DOCUMENTS"


RELATION_VERBS = {
    RelationKind.CONTAINS: "contains",
    RelationKind.IMPORTS: "imports",
    RelationKind.CALLS: "calls",
    RelationKind.INHERITS: "inherits from",
    RelationKind.IMPLEMENTS: "implements",
    RelationKind.OVERRIDES: "overrides",
    RelationKind.REFERENCES: "refers to",
    RelationKind.HANDLES: "handles",
    RelationKind.REQUESTS: "requests",
    RelationKind.READS: "reads",
    RelationKind.WRITES: "writes",
    RelationKind.DEPENDS_ON: "depends on",
    RelationKind.TESTS: "tests",
    RelationKind.DOCUMENTS: "documents",
}
"""How a relation is said, between its source and its target."""


class Tier(StrEnum):
    """How far a relation may be trusted.

    exact: resolved by scope, import or declared type. inferred: through assignments, constructors or return values.
    ambiguous: by name alone, or several candidates, all of them kept. external: the target is outside the project.
    """

    EXACT = "exact"
    INFERRED = "inferred"
    AMBIGUOUS = "ambiguous"
    EXTERNAL = "external"


class Strategy(StrEnum):
    """The rule that made a relation, strongest first; a chain of steps is worth its weakest one.

    compiler: a SCIP index alone says so. confirmed: it says what our resolver says. disputed: our resolver says so, and
    the SCIP index says something else about the same site. implicit: the language makes the call without its being written
    (an operator, a property that is read); tier and confidence are those of what it is called on.
    """

    CONFIRMED = "confirmed"
    COMPILER = "compiler"
    SYNTAX = "syntax"
    SCOPE = "scope"
    PACKAGE = "package"
    IMPORT = "import"
    MEMBER = "member"
    INHERITANCE = "inheritance"
    ANNOTATION = "annotation"
    CONSTRUCTOR = "constructor"
    ATTRIBUTE_TYPE = "attribute_type"
    RETURN_TYPE = "return_type"
    ASSIGNMENT = "assignment"
    DECORATOR = "decorator"
    CONTAINER = "container"
    PARAMETER = "parameter"
    BRANCHES = "branches"
    UNIQUE_NAME = "unique_name"
    NAME = "name"
    DISPUTED = "disputed"
    IMPLICIT = "implicit"


_STRATEGIES: dict[Strategy, tuple[Tier, float]] = {
    Strategy.CONFIRMED: (Tier.EXACT, 1.0),
    Strategy.COMPILER: (Tier.EXACT, 0.99),
    Strategy.SYNTAX: (Tier.EXACT, 1.0),
    Strategy.SCOPE: (Tier.EXACT, 0.99),
    Strategy.PACKAGE: (Tier.EXACT, 0.99),
    Strategy.IMPORT: (Tier.EXACT, 0.98),
    Strategy.MEMBER: (Tier.EXACT, 0.97),
    Strategy.INHERITANCE: (Tier.EXACT, 0.95),
    Strategy.ANNOTATION: (Tier.EXACT, 0.95),
    Strategy.CONSTRUCTOR: (Tier.INFERRED, 0.95),
    Strategy.ATTRIBUTE_TYPE: (Tier.INFERRED, 0.9),
    Strategy.RETURN_TYPE: (Tier.INFERRED, 0.88),
    Strategy.ASSIGNMENT: (Tier.INFERRED, 0.85),
    Strategy.DECORATOR: (Tier.INFERRED, 0.85),
    Strategy.CONTAINER: (Tier.INFERRED, 0.82),
    Strategy.PARAMETER: (Tier.INFERRED, 0.8),
    Strategy.BRANCHES: (Tier.INFERRED, 0.8),
    Strategy.UNIQUE_NAME: (Tier.AMBIGUOUS, 0.5),
    Strategy.NAME: (Tier.AMBIGUOUS, 0.2),
    Strategy.DISPUTED: (Tier.AMBIGUOUS, 0.1),
    Strategy.IMPLICIT: (Tier.INFERRED, 0.8),
}

STRATEGY_TIER: dict[Strategy, Tier] = {strategy: tier for strategy, (tier, _) in _STRATEGIES.items()}
"""Tier of a relation whose target is inside the project, by the strategy that made it."""

STRATEGY_CONFIDENCE: dict[Strategy, float] = {strategy: prior for strategy, (_, prior) in _STRATEGIES.items()}
"""Prior that a relation of this strategy is right, 0..1; replaced by measured precision where a benchmark has it."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition. `line` and `column` are those of its name; `start_line..end_line` cover the whole definition.

    id: `repository:path#local.name`, with `~2`, `~3` for further definitions of the same name in the file.
    local_name: the name within its file (`Task.apply_async`), empty for the file's own module symbol.
    """

    id: str
    repository: str
    kind: SymbolKind
    name: str
    local_name: str
    qualified_name: str
    path: str
    line: int
    column: int
    start_line: int
    end_line: int
    language: str
    signature: str = ""
    docstring: str = ""
    is_test: bool = False
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """Where a relation is written."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed link. Exactly one of `target` and `external` is set; `external` is a dotted name such as `os.path.join`."""

    kind: RelationKind
    tier: Tier
    strategy: Strategy
    confidence: float
    source: Symbol
    target: Symbol | None
    external: str | None
    site: Site


@dataclass(frozen=True, slots=True)
class UnresolvedSite:
    """A call that names nothing we could resolve; kept so that `unknown` can be said."""

    source: Symbol
    callee: str
    site: Site


@dataclass(frozen=True, slots=True)
class FileIssue:
    """Why a file, or a part of it, is not covered. line 0: the whole file.

    reason: one of `binary`, `damaged`, `generated`, `vendored`, `too_large`, `long_line`, `encoding`, `syntax`, `unreadable`,
    `unsupported`, `outside`, `symlink`, `crashed`. `covered` is true when the rest of the file is indexed.
    """

    path: str
    reason: str
    detail: str = ""
    line: int = 0
    covered: bool = False

    @property
    def file_count(self) -> int:
        """How many files it stands for: those of a language that is not read share one issue (`*.rb`, "11 files of Ruby")."""
        number = self.detail.partition(" ")[0]
        return int(number) if self.path.startswith("*.") and number.isdecimal() else 1


def pack_text(text: bytes) -> bytes:
    """Return a file's text as it is cached and stored: packed once, in the worker that read it."""
    return zlib.compress(text, _TEXT_COMPRESSION)


def unpack_text(packed: bytes) -> bytes:
    """Return what was packed. Raises ValueError when that is damaged."""
    try:
        return zlib.decompress(packed)
    except zlib.error as exc:
        raise ValueError(str(exc)) from exc


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as indexed. packed_text: redacted, as `pack_text` gives it; content_hash: of the original bytes (xxh3-128, hex)."""

    path: str
    language: str
    content_hash: str
    byte_count: int
    line_count: int
    packed_text: bytes
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class RepositoryInfo:
    """An indexed repository. `revision` is a commit id or `worktree:<content hash>`; generation grows by one an index."""

    name: str
    root: str
    revision: str
    generation: int
    indexed_at: str
    file_count: int = 0
    line_count: int = 0
    symbol_count: int = 0
    relation_count: int = 0
    unresolved_count: int = 0
    languages: dict[str, int] = field(default_factory=dict)
    tiers: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
