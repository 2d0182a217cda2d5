"""Values, outcomes and strategies: the vocabulary of the evaluator.

A *value* is an int: its kind in the low three bits, a payload above. An *outcome* is a pair of the values an
expression may have (sorted, at most `MAX_VALUES`) and the weakest strategy on the way there; no values: unknown.
"""

from __future__ import annotations

from knowledge.schema import Strategy

MAX_VALUES = 24
"""Values that an expression may have; with more it is unknown. A table of functions has about as many."""

ORDER = list(Strategy)
SCOPE = ORDER.index(Strategy.SCOPE)
PACKAGE = ORDER.index(Strategy.PACKAGE)
IMPORT = ORDER.index(Strategy.IMPORT)
MEMBER = ORDER.index(Strategy.MEMBER)
INHERITANCE = ORDER.index(Strategy.INHERITANCE)
ANNOTATION = ORDER.index(Strategy.ANNOTATION)
CONSTRUCTOR = ORDER.index(Strategy.CONSTRUCTOR)
ATTRIBUTE_TYPE = ORDER.index(Strategy.ATTRIBUTE_TYPE)
RETURN_TYPE = ORDER.index(Strategy.RETURN_TYPE)
ASSIGNMENT = ORDER.index(Strategy.ASSIGNMENT)
DECORATED = ORDER.index(Strategy.DECORATOR)
CONTAINED = ORDER.index(Strategy.CONTAINER)
PARAMETER = ORDER.index(Strategy.PARAMETER)
BRANCHES = ORDER.index(Strategy.BRANCHES)
UNIQUE_NAME = ORDER.index(Strategy.UNIQUE_NAME)
NAME = ORDER.index(Strategy.NAME)

SYMBOL, INSTANCE, NAMESPACE, EXTERNAL, SUPER, TYPED, FUNCTION, CONTAINER = range(8)
"""FUNCTION: a function by the scope of its body: one in place, or one as its decorators are given it."""

Outcome = tuple[tuple[int, ...], int]
UNKNOWN: Outcome = ((), SCOPE)


def kind_of(value: int) -> int:
    return value & 7


def payload_of(value: int) -> int:
    return value >> 3
