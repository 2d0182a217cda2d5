"""Which evaluator a language needs: values with type arguments cost every question something, so only who has them pays."""

from __future__ import annotations

from indexers.resolution.evaluator import Evaluator
from indexers.resolution.program import Program
from indexers.resolution.type_arguments import TypeArguments
from indexers.resolution.values import Outcome

MATCHED = ".::"
"""Between the value that a pattern is matched against and what it takes out: `x.::Shape::Circle#0`."""


class GenericEvaluator(TypeArguments, Evaluator):
    """Answers questions about a program in which values have type arguments (Rust)."""

    def _plain_path(self, scope: int, path: str) -> Outcome:
        value, mark, content = path.rpartition(MATCHED)
        if not mark:
            return super()._plain_path(scope, path)
        found = self.taken_out(self.path(scope, value), content.rpartition("::")[2])
        return found if found[0] else self.path(scope, content.replace("::", "."))


def evaluator_of(program: Program) -> Evaluator:
    return (GenericEvaluator if program.profile.has_impl_blocks else Evaluator)(program)
