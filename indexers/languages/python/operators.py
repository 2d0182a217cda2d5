"""The methods that Python's operators call, by the language reference, chapter 3.3."""

from __future__ import annotations

_ARITHMETIC = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
}
BINARY = {sign: f"__{name}__" for sign, name in _ARITHMETIC.items()}
REFLECTED = {sign: f"__r{name}__" for sign, name in _ARITHMETIC.items()}
"""Of the right operand, where the left one is a literal."""
AUGMENTED = {f"{sign}=": f"__i{name}__" for sign, name in _ARITHMETIC.items()}
UNARY = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
COMPARISON = {"==": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
MEMBERSHIP = frozenset({"in", "not in"})
"""Asked of the right operand: `__contains__`."""
