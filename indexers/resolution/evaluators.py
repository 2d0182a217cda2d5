"""Which evaluator a language needs: values with type arguments cost every question something, so only who has them pays."""

from __future__ import annotations

from indexers.resolution.evaluator import Evaluator
from indexers.resolution.program import Program
from indexers.resolution.type_arguments import TypeArguments


class GenericEvaluator(TypeArguments, Evaluator):
    """Answers questions about a program in which values have type arguments (Rust)."""


def evaluator_of(program: Program) -> Evaluator:
    return (GenericEvaluator if program.profile.has_impl_blocks else Evaluator)(program)
