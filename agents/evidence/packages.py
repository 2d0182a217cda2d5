"""The operations that answer about a package of the repository by its own name: what depends on it, and on what it depends."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from agents.evidence.facts import MAX_FACTS
from agents.evidence.outcomes import Result, plain_outcome
from agents.evidence.sight import Sight
from agents.state import Evidence
from indexers.manifests import same_package
from indexers.naming import symbol_id
from indexers.projects import Project, owner_of, projects_named, projects_of
from knowledge.evidence import Verdict
from knowledge.schema import Relation, RelationKind, Tier
from tools.meaning import CODE_KINDS, written_name
from tools.places import is_aside

_MAX_RELATIONS = 200_000


def package_asked(sight: Sight) -> Project | None:
    """Return the package that the task's name is of; None where code bears that name, or no package does.

    Of several of one name the one nearest to the root is meant, and none of tests and examples where another bears it.
    """
    name = written_name(sight.task["names"][0])
    if sight.graph.find(sight.scope, name, kinds=CODE_KINDS, limit=1):
        return None
    return min(projects_named(sight.graph, sight.scope, name), key=lambda one: is_aside(one.path), default=None)


def dependants(sight: Sight, project: Project) -> Result:
    """What declares a package in its manifest, then the files of other packages that import what lies in it, one line a file."""
    projects = _siblings(sight, project)
    declared: dict[tuple[str, str], Relation] = {}
    importing: dict[tuple[str, str], Relation] = {}
    kinds = (RelationKind.DEPENDS_ON, RelationKind.IMPORTS)
    for link in islice(sight.graph.iter_relations(sight.scope, kinds=kinds), _MAX_RELATIONS):
        key = link.source.repository, link.site.path
        if link.kind is RelationKind.DEPENDS_ON:
            if _is_of(link, project) or (link.external and same_package(link.external, project.name)):
                declared.setdefault(key, link)
        elif (
            link.target is not None
            and link.target.repository == project.repository
            and owner_of(link.target.path, projects) == project
            and not (link.source.repository == project.repository and owner_of(link.site.path, projects) == project)
        ):
            importing.setdefault(key, link)
    facts = _facts(sight, declared.values(), "declares", MAX_FACTS // 2)
    facts += _facts(sight, importing.values(), "imports", MAX_FACTS - len(facts))
    return _told(sight, project, facts, len(declared) + len(importing), "dependants")


def requirements(sight: Sight, project: Project) -> Result:
    """What a package declares that it depends on: packages of the same repository first."""
    source = symbol_id(project.repository, project.path, "")
    kinds = (RelationKind.DEPENDS_ON,)
    links = sight.graph.relations(sight.scope, [source], "out", kinds=kinds, tiers=tuple(Tier))
    ours = [link for link in links if link.target is not None]
    others = {link.external: link for link in links if link.target is None}
    facts = _facts(sight, ours, "declares", MAX_FACTS)
    facts += [
        sight.evidence("fact", sight.cite_site(one.source, one.site), tier=Tier.EXTERNAL.value, note=name or "")
        for name, one in list(others.items())[: MAX_FACTS - len(facts)]
    ]
    return _told(sight, project, facts, len(ours) + len(others), "requirements")


def _siblings(sight: Sight, project: Project) -> list[Project]:
    """Return the packages of the same repository and kind, which own the files below them."""
    info = next(one for one in sight.graph.repositories(sight.scope) if one.name == project.repository)
    every = projects_of(sight.graph, sight.scope, info.name, info.generation)
    return [one for one in every if one.ecosystem == project.ecosystem]


def _is_of(link: Relation, project: Project) -> bool:
    return (
        link.target is not None
        and (link.target.repository, link.target.path) == (project.repository, project.path)
        and link.source.path != project.path
    )


def _facts(sight: Sight, links: Iterable[Relation], note: str, most: int) -> list[Evidence]:
    ordered = sorted(links, key=lambda link: (is_aside(link.site.path) or link.source.is_test, link.site.path))
    return [
        sight.evidence(
            "relation",
            sight.cite_site(link.source, link.site),
            about=link.source,
            other=link.target,
            relation=link,
            hops=1,
            score=float(len(ordered)),
            note=note,
        )
        for link in ordered[:most]
    ]


def _told(sight: Sight, project: Project, facts: list[Evidence], total: int, operation: str) -> Result:
    manifest = sight.graph.symbols(sight.scope, [symbol_id(project.repository, project.path, "")])[0]
    shown = plain_outcome(sight, Verdict.FOUND if facts else Verdict.NONE, total=total)
    return facts, {**shown, "name": project.name, "operation": operation, "symbol": sight.row(manifest)}
