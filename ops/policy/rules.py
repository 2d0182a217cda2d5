"""Cedar policies: those that Clew ships and the administrators' own, checked against a schema before they decide anything.

What no policy permits is forbidden, and a policy that fails while it is evaluated forbids: Cedar by itself would pass over it, also
over a `forbid`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import cedarpy

from configs.errors import ConfigError
from knowledge.principals import Principal, Right

SHIPPED: Final = Path(__file__).parents[2] / "configs" / "policies"
SYSTEM = {"type": "System", "id": "clew"}


@dataclass(frozen=True, slots=True)
class Decision:
    """policies: the names (`@id`, else their place in the file) of those that decided; errors: of those that could not."""

    allowed: bool
    policies: tuple[str, ...]
    errors: tuple[str, ...] = ()


class Rules:
    """Policies that were read at one time. version: changes with any letter of them."""

    def __init__(self, schema: str, texts: Sequence[tuple[str, str]]) -> None:
        """texts: (where it came from, policies). Raises ConfigError, naming the place."""
        self._schema = cedarpy.Schema.from_str(schema)
        for place, text in texts:
            _check(place, text, schema)
        whole = "\n".join(text for _, text in texts)
        self._policies = cedarpy.PolicySet.from_str(whole)
        self.version = hashlib.sha256(f"{schema}\0{whole}".encode()).hexdigest()

    @classmethod
    def read(cls, own: Path | None) -> Rules:
        """Return the shipped policies with those of the file `own`, if there is one. Raises ConfigError."""
        schema = (SHIPPED / "clew.cedarschema").read_text("utf-8")
        texts = [(path.name, path.read_text("utf-8")) for path in sorted(SHIPPED.glob("*.cedar"))]
        if own is not None:
            try:
                texts.append((str(own), own.read_text("utf-8")))
            except FileNotFoundError:
                pass
            except (OSError, UnicodeDecodeError) as exc:
                raise ConfigError(
                    f"the policies in {str(own)!r} cannot be read: {exc}", next_step="repair the file, or remove it"
                ) from exc
        return cls(schema, texts)

    def decide(
        self,
        principal: Principal,
        right: Right,
        repositories: Sequence[str],
        branches: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Decision]:
        """Return a decision a repository, in their order. branches: those that are known, by repository."""
        resources = [{"type": "Repository", "id": name} for name in repositories]
        entities = [
            {"uid": uid, "attrs": {"name": uid["id"]} | ({"branch": branch} if branch else {}), "parents": []}
            for uid in resources
            for branch in [branches.get(uid["id"], "")]
        ]
        return self._decided(principal, right, resources, entities)

    def decide_project(self, principal: Principal, project: str) -> Decision:
        """Return whether the principal may book its questions on a project."""
        uid = {"type": "Project", "id": project}
        return self._decided(principal, "book", [uid], [{"uid": uid, "attrs": {"name": project}, "parents": []}])[0]

    def decide_system(self, principal: Principal, right: Right = "admin") -> Decision:
        """Return whether the principal has a right that concerns the server as a whole."""
        return self._decided(principal, right, [SYSTEM], [{"uid": SYSTEM, "attrs": {}, "parents": []}])[0]

    def _decided(
        self,
        principal: Principal,
        right: Right | Literal["book"],
        resources: Sequence[dict[str, str]],
        entities: list[dict[str, Any]],
    ) -> list[Decision]:
        if principal.disabled:
            return [Decision(False, ("disabled",))] * len(resources)
        who = {"type": "Principal", "id": principal.id}
        groups = [{"type": "Team", "id": team} for team in sorted(set(principal.teams))]
        groups += [{"type": "Role", "id": role} for role in sorted(set(principal.roles))]
        known = [
            {"uid": who, "attrs": {"name": principal.name, "kind": principal.kind}, "parents": groups},
            *({"uid": group, "attrs": {}, "parents": []} for group in groups),
            *entities,
        ]
        action = {"type": "Action", "id": right}
        requests = [{"principal": who, "action": action, "resource": one, "context": {}} for one in resources]
        answers = cedarpy.is_authorized_batch(
            requests, self._policies, cedarpy.Entities.from_json_str(json.dumps(known)), self._schema
        )
        return [_decision(answer) for answer in answers]


def _decision(answer: cedarpy.AuthzResult) -> Decision:
    names, errors = answer.diagnostics.id_annotations_by_reason, tuple(answer.diagnostics.errors)
    return Decision(
        answer.allowed and not errors, tuple(names.get(one, one) for one in answer.diagnostics.reasons), errors
    )


def _check(place: str, text: str, schema: str) -> None:
    checked = cedarpy.validate_policies(text, schema)
    if not checked.validation_passed:
        names = checked.id_annotations_by_policy_id
        said = "; ".join(
            f"{names.get(one.policy_id, one.policy_id)}: {one.error}" if one.policy_id else one.error
            for one in checked.errors
        )
        raise ConfigError(
            f"the policies in {place!r} cannot be used: {said}",
            next_step="mend them, and look with `clew policy check`; docs/access.md shows the schema",
        )
