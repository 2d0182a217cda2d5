"""The JSON shapes of the contract, as plain dictionaries: written by the command line, reused by the REST server.

Stable: a field is added, never renamed. docs/cli.md describes them; tests hold them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from knowledge.budgets import MEASURES
from knowledge.evidence import Span, Uncovered
from knowledge.schema import FileIssue, Relation, RepositoryInfo, Site, Symbol

if TYPE_CHECKING:
    from app.staleness import Staleness
    from indexers.pipeline import IndexReport
    from knowledge.budgets import Limit, Measure, Standing
    from knowledge.changes import ChangedFile
    from knowledge.jobs import Job
    from knowledge.principals import ApiKey, Principal
    from knowledge.sources import Credential, Schedule, Source, Webhook
    from knowledge.threads import Thread, Turn
    from ops.policy.rules import Decision
    from tools.answers import (
        CycleAnswer,
        DeadCodeAnswer,
        HierarchyAnswer,
        HotspotAnswer,
        ImpactAnswer,
        PathAnswer,
        Reached,
        StructuralAnswer,
        UntestedAnswer,
    )
    from tools.neighbourhood import Neighbourhood
    from tools.occurrences import Occurrence
    from tools.review import Review
    from tools.search import SearchResult

Shape = dict[str, Any]
FIRST = 20
"""Paths that a summary names."""


def repository_shape(info: RepositoryInfo) -> Shape:
    """A row of `repos`."""
    return {
        "name": info.name,
        "root": info.root,
        "revision": info.revision,
        "generation": info.generation,
        "indexed_at": info.indexed_at,
        "files": info.file_count,
        "lines": info.line_count,
        "symbols": info.symbol_count,
        "relations": info.relation_count,
    }


def health_shape(info: RepositoryInfo, issues: Sequence[FileIssue], moved: Staleness) -> Shape:
    """How well a repository is covered, and how far its folder has moved on."""
    missing = [issue for issue in issues if not issue.covered]
    paths = [*moved.changed, *moved.added, *moved.deleted]
    return {
        "name": info.name,
        "languages": info.languages,
        "files": info.file_count,
        "not_covered": {
            "counts": dict(sorted(Counter(issue.reason for issue in missing).items())),
            "first": [{"path": one.path, "line": one.line, "reason": one.reason} for one in missing[:FIRST]],
        },
        "tiers": info.tiers,
        "unresolved": info.unresolved_count,
        "staleness": {
            "state": moved.state,
            "changed": len(moved.changed),
            "added": len(moved.added),
            "deleted": len(moved.deleted),
            "first": paths[:FIRST],
        },
        "notes": list(info.notes),
    }


def key_shape(key: ApiKey, now: float) -> Shape:
    """What is kept of an API key, but for its hash."""
    shape = {name: value for name, value in asdict(key).items() if name != "digest"}
    return {**shape, "rights": list(key.rights), "state": key_state(key, now)}


def key_state(key: ApiKey, now: float) -> str:
    """Return live, expired or revoked."""
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.is_live(now) else "expired"


def principal_shape(principal: Principal) -> Shape:
    return {**asdict(principal), "teams": list(principal.teams), "roles": list(principal.roles)}


def decision_shape(decision: Decision) -> Shape:
    """Whether something is granted, and which policies said so."""
    return {"allowed": decision.allowed, "policies": list(decision.policies), "errors": list(decision.errors)}


def account_shape(standing: Standing, limit: Limit) -> Shape:
    """How an account of a budget stands: tokens as they are, money in dollars."""
    return {
        "scope": standing.account.scope,
        "name": standing.account.name,
        "calls": standing.calls,
        "limit": limit_shape(limit),
        "used": {measure: _of_measure(measure, standing.used.of(measure)) for measure in MEASURES},
        "reserved": {measure: _of_measure(measure, standing.reserved.of(measure)) for measure in MEASURES},
    }


def limit_shape(limit: Limit) -> Shape:
    limits = {measure: limit.of(measure) for measure in MEASURES}
    return {measure: None if value is None else _of_measure(measure, value) for measure, value in limits.items()}


def _of_measure(measure: Measure, value: int) -> int | float:
    return value if measure == "tokens" else value / 1e6


def thread_shape(thread: Thread) -> Shape:
    """A row of `threads list`."""
    return {
        "id": thread.id,
        "title": thread.title,
        "created_at": thread.created_at,
        "updated_at": thread.updated_at,
        "turns": thread.turns,
        "repositories": list(thread.repositories),
    }


def whole_thread_shape(thread: Thread, turns: list[Turn]) -> Shape:
    """threads show"""
    rows = [turn.to_json() for turn in turns]
    for row in rows:
        del row["repositories"]
    return {**thread_shape(thread), "turns": rows}


def index_report_shape(report: IndexReport) -> Shape:
    """index: what a run brought."""
    repository = report.repository
    return {
        "repository": repository.name,
        "root": repository.root,
        "revision": repository.revision,
        "generation": repository.generation,
        "files": {"indexed": report.indexed, "cached": report.cached, "skipped": report.skipped},
        "rewritten": report.rewritten,
        "lines": repository.line_count,
        "languages": repository.languages,
        "symbols": repository.symbol_count,
        "relations": repository.relation_count,
        "unresolved": repository.unresolved_count,
        "tiers": repository.tiers,
        "redactions": report.redactions,
        "issues": [asdict(issue) for issue in report.issues],
        "notes": list(repository.notes),
        "wall_s": round(report.wall_s, 3),
        "stages_s": {stage: round(seconds, 3) for stage, seconds in report.stages_s.items()},
    }


def source_shape(source: Source) -> Shape:
    """A cloned repository; times are seconds since 1970, None for never."""
    return {
        "repository": source.repository,
        "url": source.url,
        "branch": source.branch or source.fetched_branch or None,
        "follows_default": not source.branch,
        "credential": source.credential or None,
        "depth": source.depth,
        "blobless": source.blobless,
        "created_at": source.created_at,
        "fetched_at": source.fetched_at or None,
        "commit": source.commit or None,
        "present": source.present,
    }


def credential_shape(credential: Credential) -> Shape:
    """A credential without its secret."""
    return {
        "name": credential.name,
        "kind": credential.kind,
        "host": credential.host,
        "username": credential.username,
        "created_at": credential.created_at,
        "rotated_at": credential.rotated_at or None,
    }


def webhook_shape(webhook: Webhook, repository: str) -> Shape:
    """A webhook without its secret. path: where its host sends to, behind the address of the server."""
    return {
        "id": webhook.id,
        "repository": repository,
        "provider": webhook.provider,
        "path": f"/hooks/{webhook.provider}/{webhook.id}",
        "created_at": webhook.created_at,
        "heard_at": webhook.heard_at or None,
        "previous_until": webhook.previous_until or None,
    }


def schedule_shape(schedule: Schedule) -> Shape:
    """When a repository is brought up to date."""
    return {
        "repository": schedule.repository,
        "expression": schedule.expression,
        "next_at": schedule.next_at,
        "last_at": schedule.last_at or None,
    }


def job_shape(job: Job) -> Shape:
    """An index job: what was asked for, how far it is, how it ended."""
    return {
        "id": job.id,
        "state": job.state.value,
        "root": job.order.root,
        "repository": job.order.repository,
        "force": job.order.force,
        "documents_only": job.order.documents_only,
        "cloned": job.order.source is not None,
        "created_at": job.created_at,
        "started_at": job.started_at or None,
        "ended_at": job.ended_at or None,
        "progress": asdict(job.progress),
        "report": job.report,
        "error": job.error,
        "repeats": job.repeats,
        "attempt": job.attempt,
        "retry_at": job.retry_at or None,
    }


def symbol_shape(symbol: Symbol) -> Shape:
    return {
        "id": symbol.id,
        "kind": symbol.kind.value,
        "qualified_name": symbol.qualified_name,
        "repository": symbol.repository,
        "path": symbol.path,
        "line": symbol.line,
    }


def full_symbol_shape(symbol: Symbol) -> Shape:
    """A row of `export symbols`."""
    return {
        **symbol_shape(symbol),
        "name": symbol.name,
        "column": symbol.column,
        "start_line": symbol.start_line,
        "end_line": symbol.end_line,
        "language": symbol.language,
        "signature": symbol.signature,
        "docstring": symbol.docstring,
        "is_test": symbol.is_test,
        "parent_id": symbol.parent_id,
    }


def outline_shape(repository: str, path: str, symbols: list[Symbol]) -> Shape:
    return {"repository": repository, "path": path, "symbols": [symbol_shape(symbol) for symbol in symbols]}


def occurrence_shape(path: str, line: int, name: str, found: Occurrence) -> Shape:
    """What a name at a line of a file means; `relation` is null where it is the definition itself."""
    return {
        "repository": found.repository,
        "path": path,
        "line": line,
        "name": name,
        "enclosing": symbol_shape(found.enclosing) if found.enclosing else None,
        "meanings": [
            {
                "symbol": full_symbol_shape(one.symbol) if one.symbol else None,
                "external": one.external,
                "relation": one.relation.value if one.relation else None,
                "tier": one.tier.value,
                "site": site_shape(one.site),
            }
            for one in found.meanings
        ],
    }


def span_shape(span: Span) -> Shape:
    return {
        "repository": span.repository,
        "path": span.path,
        "start_line": span.start_line,
        "end_line": span.end_line,
        "text": span.text,
        "revision": span.revision,
        "stale": span.stale,
    }


def site_shape(site: Site) -> Shape:
    return {"path": site.path, "line": site.line, "column": site.column}


def relation_shape(relation: Relation) -> Shape:
    """A row of `export relations`."""
    target = symbol_shape(relation.target) if relation.target else {"external": relation.external}
    return {
        "kind": relation.kind.value,
        "tier": relation.tier.value,
        "strategy": relation.strategy.value,
        "confidence": relation.confidence,
        "source": symbol_shape(relation.source),
        "target": target,
        "site": site_shape(relation.site),
    }


def uncovered_shape(uncovered: Uncovered) -> Shape:
    return {"path": uncovered.path, "line": uncovered.line, "reason": uncovered.reason}


def reached_shape(row: Reached) -> Shape:
    return {
        "symbol": symbol_shape(row.symbol),
        "site": site_shape(row.site) if row.site else None,
        "tier": row.tier.value,
        "depth": row.depth,
        "relation": row.relation.value,
        "dispatched": row.dispatched,
    }


def structural_shape(answer: StructuralAnswer) -> Shape:
    """symbol, callers, callees."""
    return {
        "symbol": symbol_shape(answer.symbol) if answer.symbol else None,
        "verdict": answer.verdict.value,
        "results": [reached_shape(row) for row in answer.results],
        "candidates": [symbol_shape(symbol) for symbol in answer.candidates],
        "uncovered": [uncovered_shape(place) for place in answer.uncovered],
        "truncated": answer.truncated,
    }


def impact_shape(answer: ImpactAnswer) -> Shape:
    """impact: as structural_shape; every result says whether it will or may break, and through which symbol; tests stand apart once more."""
    shape = structural_shape(answer.uses)
    for row, result in zip(answer.uses.results, shape["results"], strict=True):
        result["effect"] = "test" if row.symbol.is_test else "will" if row.certain else "may"
        result["via"] = row.via or None
    tests = [reached_shape(row) for row in answer.tests]
    return {**shape, "tests": tests, "entry_points": [symbol_shape(symbol) for symbol in answer.entry_points]}


def hierarchy_shape(answer: HierarchyAnswer) -> Shape:
    above = structural_shape(answer.ancestors)
    below = structural_shape(answer.descendants)
    return {
        "symbol": above["symbol"],
        "verdict": answer.verdict.value,
        "ancestors": above["results"],
        "descendants": below["results"],
        "candidates": above["candidates"],
        "uncovered": list({repr(place): place for place in (*above["uncovered"], *below["uncovered"])}.values()),
        "truncated": above["truncated"] or below["truncated"],
    }


def hotspots_shape(answer: HotspotAnswer) -> Shape:
    rows = [{"symbol": symbol_shape(one.symbol), "rank": one.rank, "users": one.users} for one in answer.hotspots]
    return {"results": rows, "truncated": answer.truncated}


def cycles_shape(answer: CycleAnswer) -> Shape:
    rows = [
        {
            "modules": [symbol_shape(module) for module in cycle.modules],
            "way": [relation_shape(link) for link in cycle.way],
        }
        for cycle in answer.cycles
    ]
    return {"results": rows, "truncated": answer.truncated}


def dead_code_shape(answer: DeadCodeAnswer) -> Shape:
    rows = [
        {"symbol": symbol_shape(one.symbol), "mentions": one.mentions, "only_tests": one.only_tests}
        for one in answer.candidates
    ]
    places = [uncovered_shape(place) for place in answer.uncovered]
    return {"results": rows, "uncovered": places, "truncated": answer.truncated}


def untested_shape(answer: UntestedAnswer) -> Shape:
    rows = [{"symbol": symbol_shape(one.symbol), "users": one.users} for one in answer.functions]
    return {"results": rows, "total": answer.total, "any_test": answer.any_test}


def review_shape(repository: str, found: Review) -> Shape:
    """review: what changed, what that reaches, and why it is risky."""
    from tools.findings import findings_of  # start-up time

    comparison = found.comparison
    return {
        "repository": repository,
        "base": comparison.base,
        "target": comparison.target,
        "risk": found.risk.value,
        "reasons": [{"points": reason.points, "text": reason.text} for reason in found.reasons],
        "findings": [asdict(finding) for finding in findings_of(found)],
        "files": [_changed_file_shape(found, file) for file in comparison.files],
        "will_break": [reached_shape(row) for row in found.will_break],
        "may_break": [reached_shape(row) for row in found.may_break],
        "tests": [reached_shape(row) for row in found.tests],
        "untested": [symbol_shape(symbol) for symbol in found.untested],
        "entry_points": [symbol_shape(symbol) for symbol in found.entry_points],
        "unresolved": [uncovered_shape(place) for place in found.loose],
        "uncovered": [uncovered_shape(place) for place in found.uncovered],
        "stale": list(found.stale),
        "notes": list(comparison.notes),
        "truncated": found.truncated,
    }


def _changed_file_shape(found: Review, file: ChangedFile) -> Shape:
    past = found.comparison.past.get(file.old_path or file.path)
    return {
        "path": file.path,
        "old_path": file.old_path or None,
        "status": file.status,
        "added_lines": file.added_lines,
        "removed_lines": file.removed_lines,
        "owners": list(past.owners) if past else [],
        "authors": [{"name": name, "commits": commits} for name, commits in past.authors] if past else [],
        "commits": past.commits if past else 0,
        "fixes": past.fixes if past else 0,
        "symbols": [
            {
                "local_name": symbol.local_name,
                "kind": symbol.kind.value,
                "effect": symbol.effect.value,
                "line": symbol.line,
                "signature_before": symbol.signature[0],
                "signature_after": symbol.signature[1],
                "id": known.id if (known := found.symbols.get((symbol.path, symbol.local_name))) else None,
            }
            for symbol in file.symbols
        ],
    }


def path_shape(answer: PathAnswer) -> Shape:
    return {
        "source": symbol_shape(answer.source) if answer.source else None,
        "target": symbol_shape(answer.target) if answer.target else None,
        "verdict": answer.verdict.value,
        "relations": [relation_shape(relation) for relation in answer.relations],
        "candidates": [symbol_shape(symbol) for symbol in answer.candidates],
        "uncovered": [uncovered_shape(place) for place in answer.uncovered],
    }


def neighbourhood_shape(found: Neighbourhood) -> Shape:
    """A symbol with what is near it, as a graph to draw: relations name their ends by id; an external end by its name alone."""
    return {
        "symbol": symbol_shape(found.symbol) if found.symbol else None,
        "verdict": found.verdict.value,
        "candidates": [symbol_shape(symbol) for symbol in found.candidates],
        "nodes": [
            {**symbol_shape(node.symbol), "depth": node.depth, "is_test": node.symbol.is_test} for node in found.nodes
        ],
        "edges": [
            {
                "kind": edge.kind.value,
                "tier": edge.tier.value,
                "strategy": edge.strategy.value,
                "confidence": edge.confidence,
                "source": edge.source.id,
                "target": edge.target.id if edge.target else None,
                "external": edge.external,
                "site": site_shape(edge.site),
            }
            for edge in found.edges
        ],
        "truncated": found.truncated,
    }


def search_shape(query: str, results: list[SearchResult]) -> Shape:
    return {"query": query, "results": [_result_shape(result) for result in results]}


def _result_shape(result: SearchResult) -> Shape:
    return {
        "repository": result.repository,
        "path": result.path,
        "start_line": result.start_line,
        "end_line": result.end_line,
        "symbol": result.symbol,
        "kind": result.kind,
        "score": round(result.score, 6),
        "why": result.why,
    }
