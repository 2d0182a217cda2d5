"""The JSON shapes of what the code graph answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.shapes import Shape
from app.shapes.symbols import reached_shape, relation_shape, site_shape, symbol_shape, uncovered_shape

if TYPE_CHECKING:
    from tools.answers import (
        CycleAnswer,
        DeadCodeAnswer,
        HierarchyAnswer,
        HotspotAnswer,
        ImpactAnswer,
        PathAnswer,
        StructuralAnswer,
        UntestedAnswer,
    )
    from tools.neighbourhood import Neighbourhood


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
