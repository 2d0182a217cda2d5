"""The operations that ask git: what changed a place, when, by whom and why; and what is risky in a change that is not merged yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from agents.evidence.facts import MAX_FACTS, definition_of, reached
from agents.evidence.outcomes import Result, outcome, plain_outcome
from agents.evidence.sight import Sight
from agents.records import counted
from agents.state import CitationRow, Evidence, Outcome
from configs.errors import InputError
from configs.triage import Seeking
from indexers.comparing import compare
from indexers.past import changes_of_lines, changes_of_path
from knowledge.changes import Effect, Past, PastChange
from knowledge.evidence import Verdict
from knowledge.schema import RepositoryInfo, Symbol, SymbolKind
from tools import structure
from tools.review import review as reviewed

SHORT_COMMIT = 10
_PACKAGE_FILES = ("/__init__.py", "/mod.rs", "/index.js", "/index.ts")
_REVISIONS = re.compile(
    r"(?<![\w./])(?P<both>[\w~^@/-][\w.~^@/-]*?\.{2,3}[\w~^@/-][\w.~^@/-]*|[0-9a-f]{7,40})(?![\w/])"
)
_OWN_LINES = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.VARIABLE})  # fmt: skip


def history(sight: Sight) -> Result:
    """What changed the lines of a symbol, a file, a folder or the repository, newest first.

    Raises:
        InputError: the repository has no history to ask.
    """
    names, limit = sight.task["names"], sight.release.limits.shown
    since = since_in(sight.task["query"], sight.release.seeking)
    if not names or names[0] in sight.repositories:
        return _whole(sight, limit, since)
    folder = folder_of(sight, names[0])
    if folder is not None:
        info, path = folder
        past = _lately(sight, info, path, limit, since)
        return facts_of(sight, info, past, None), {**plain_past(sight, past), "name": path}
    answer = structure.find_symbol(sight.graph, sight.scope, names[0])
    symbol = answer.symbol
    if symbol is None:
        return [definition_of(sight, row.symbol) for row in answer.results[:MAX_FACTS]], outcome(sight, answer)
    info = _info(sight, symbol.repository)
    if symbol.kind in _OWN_LINES:
        span = symbol.start_line, symbol.end_line
        past = changes_of_lines(Path(info.root), symbol.path, *span, revision=info.revision, limit=limit, since=since)
        if since and not past.changes:
            past = changes_of_lines(Path(info.root), symbol.path, *span, revision=info.revision, limit=limit)
            past = quiet(past, since)
    else:
        past = _lately(sight, info, symbol.path, limit, since)
    return facts_of(sight, info, past, symbol), {**plain_past(sight, past), "symbol": sight.row(symbol)}


def since_in(query: str, seeking: Seeking) -> str:
    """Return how far back a question looks, as git takes it; empty when it does not say."""
    found = seeking.compiled_since.search(query)
    if found is None:
        return ""
    if found["today"] or found["yesterday"]:
        return "1 day ago" if found["today"] else "2 days ago"
    count = (found["count"] or "1").strip()
    return f"{count} {found['unit'].lower()}{'' if count == '1' else 's'} ago"


def _whole(sight: Sight, limit: int, since: str) -> Result:
    facts: list[Evidence] = []
    faults: list[str] = []
    more = False
    wanted = sight.task["names"]
    known = [info for info in sight.graph.repositories(sight.scope) if not wanted or info.name in wanted][:3]
    for info in known:
        try:
            past = _lately(sight, info, "", max(limit // len(known), 1), since)
        except InputError as exc:
            faults.append(f"{info.name}: {exc.message}")
            continue
        facts += facts_of(sight, info, past, None)
        more |= past.more
    if not facts and faults:
        raise InputError("; ".join(faults))
    past = Past((), (), more)
    return facts, {**plain_past(sight, past), "total": len(facts), "verdict": _verdict(facts)}


def _lately(sight: Sight, info: RepositoryInfo, path: str, limit: int, since: str) -> Past:
    covered = sight.graph.paths(sight.scope, info.name).keys()
    past = changes_of_path(Path(info.root), path, limit=limit, since=since, covered=covered)
    if past.changes or not since:
        return past
    return quiet(changes_of_path(Path(info.root), path, limit=limit, covered=covered), since)


def quiet(past: Past, since: str) -> Past:
    """Return older changes with the note that there are none since then."""
    note = f"nothing has changed there since {since}: these are the newest changes before"
    return Past(past.changes, past.authors, past.more, (note, *past.notes))


def facts_of(sight: Sight, info: RepositoryInfo, past: Past, symbol: Symbol | None) -> list[Evidence]:
    """Return one fact a change; the first also says who made most of them, and what could not be told."""
    facts = []
    for change in past.changes:
        citation, place = _cited(sight, info, change, symbol)
        if citation is None:
            citation = sight.cite(info.name, "", 0, 0, None)
        facts.append(sight.evidence("commit", citation, about=symbol, note=f"{_told(change)}\t{place}"))
    if facts:
        who = ", ".join(f"{name} ({count})" for name, count in past.authors)
        facts[0]["note"] += f"\t{who}\t{'; '.join(past.notes)}"
    return facts


def _cited(
    sight: Sight, info: RepositoryInfo, change: PastChange, symbol: Symbol | None
) -> tuple[CitationRow | None, str]:
    """Return where a change stands now, and the words for it; the head of the symbol when nothing of it stands any more."""
    path = change.path or (symbol.path if symbol is not None else "")
    lines = sight.lines(info.name, path) if path else []
    if len(lines) <= 1 and not any(lines):
        return None, "in files that are not indexed"
    inside = symbol is None or symbol.start_line <= change.line <= symbol.end_line
    if 0 < change.line <= len(lines) and inside:
        name = symbol.qualified_name if symbol is not None and symbol.local_name else None
        return sight.cite(info.name, path, change.line, change.line, name), f"{counted(change.lines, 'line')} of it {'stands' if change.lines == 1 else 'stand'} now"  # fmt: skip
    if symbol is not None and symbol.local_name:
        return sight.cite_name(symbol), "none of its lines stand now"
    return sight.cite(info.name, path, 1, 1, None), "none of its lines stand now"


def _told(change: PastChange) -> str:
    day = datetime.fromtimestamp(change.time_s, UTC).date().isoformat()
    why = f" \u2014 {change.why}" if change.why else ""
    text = f"{day}, {change.author}: {change.subject}{why}"
    return f"`commit:{change.commit[:SHORT_COMMIT]}` " + " ".join(text.replace("`", "'").split())


def plain_past(sight: Sight, past: Past) -> Outcome:
    """Return what a past comes to that is no symbol's."""
    verdict = Verdict.FOUND if past.changes else Verdict.NONE
    shown = plain_outcome(
        sight, verdict, total=len(past.changes), message="" if past.changes else "; ".join(past.notes)
    )
    return {**shown, "truncated": past.more}


def _verdict(facts: Sequence[Evidence]) -> str:
    return (Verdict.FOUND if facts else Verdict.NONE).value


def folder_of(sight: Sight, name: str) -> tuple[RepositoryInfo, str] | None:
    """Return the folder that a name is: written as one, or the file that stands for its package."""
    found = sight.graph.symbols(sight.scope, [name])
    path = name.strip("/")
    if (
        found
        and found[0].kind in (SymbolKind.MODULE, SymbolKind.PACKAGE)
        and f"/{found[0].path}".endswith(_PACKAGE_FILES)
    ):
        path = found[0].path.rpartition("/")[0]
    elif found or ":" in name:
        return None
    for info in sight.graph.repositories(sight.scope):
        if path and any(known.startswith(path + "/") for known in sight.graph.paths(sight.scope, info.name)):
            return info, path
    return None


def _info(sight: Sight, repository: str) -> RepositoryInfo:
    return next(info for info in sight.graph.repositories(sight.scope) if info.name == repository)


def review(sight: Sight) -> Result:
    """What a change puts at risk: the one that the question names, else the working tree's.

    Raises:
        InputError: several repositories could be meant, no history, or a revision that git does not know.
    """
    granted = sight.graph.repositories(sight.scope)
    if len(granted) != 1:
        raise InputError(f"a review is of one repository, and {counted(len(granted), 'repository')} could be meant")
    info = granted[0]
    comparison = compare(Path(info.root), revisions_in(sight.task["query"], sight.release.seeking))
    found = reviewed(sight.graph, sight.scope, info.name, comparison, limit=sight.release.limits.results)
    files = comparison.files
    added, removed = sum(file.added_lines for file in files), sum(file.removed_lines for file in files)
    head = f"{comparison.base}\t{comparison.target}\t{len(files)}\t{added}\t{removed}\t{found.risk.value}"
    if not files:
        return [], plain_outcome(sight, Verdict.NONE, total=0)
    facts = [sight.evidence("review", sight.cite(info.name, "", 0, 0, None), note=head)]
    facts += [sight.evidence("reason", sight.cite(info.name, "", 0, 0, None), note=one.text) for one in found.reasons]
    for change in (one for file in files for one in file.symbols):
        known = found.symbols.get((change.path, change.local_name))
        if known is not None and change.effect is not Effect.REMOVED:
            effect = "moved" if change.twin is not None else change.effect.value
            facts.append(definition_of(sight, known, note=f"changed\t{effect}"))
    facts += reached(sight, found.will_break[:MAX_FACTS], "in", "will", None)
    facts += reached(sight, found.may_break[:MAX_FACTS], "in", "may", None)
    facts += [definition_of(sight, symbol, note="untested") for symbol in found.untested]
    facts += [definition_of(sight, row.symbol, note="test") for row in found.tests[:MAX_FACTS]]
    for path, past in comparison.past.items():
        who = " ".join(past.owners) or ", ".join(name for name, _ in past.authors)
        if who and sight.lines(info.name, path) != [""]:
            facts.append(sight.evidence("owner", sight.cite(info.name, path, 1, 1, None), note=f"{path}\t{who}"))
    shown = plain_outcome(sight, Verdict.FOUND, total=len(found.will_break) + len(found.may_break))
    places = [f"{p.path}:{p.line} {p.reason}" if p.line else f"{p.path} {p.reason}" for p in found.loose]
    return facts, {**shown, "uncovered": places, "truncated": found.truncated, "message": "; ".join(comparison.notes)}


def revisions_in(query: str, seeking: Seeking) -> str:
    """Return the revisions that a question names, as `compare` takes them: `A..B`, one commit as `C~1..C`, or a base."""
    found = _REVISIONS.search(query)
    if found is not None and ".." in found["both"]:
        return found["both"]
    if found is not None:
        return f"{found['both']}~1..{found['both']}"
    against = seeking.compiled_against.search(query)
    return against["base"] if against is not None else ""
