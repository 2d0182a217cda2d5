"""The value of a preprocessor condition as a range of integers, where names may be known in part.

Source: ISO C 6.10.1 (conditional inclusion) and 6.6 (constant expressions). What is not known is the range of all integers, so
`__GNUC__ >= 4` can be answered without the number of the compiler.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import inf

Truth = bool | None
"""None: not known."""
Range = tuple[float, float]
"""The least and the greatest value, both of them whole numbers or infinite."""
ANY: Range = (-inf, inf)
MAX_WORDS = 200
MAX_NESTED = 30
"""Brackets, negations and choices of one condition that are read; bounds the recursion."""

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_WORD = re.compile(r"[A-Za-z_]\w*|\d[\w']*|'(?:\\.|[^'\\])+'|&&|\|\||[=!<>]=|<<|>>|\S")
_NUMBER = re.compile(r"(0x[0-9a-f]+|0b[01]+|\d+)[ulz]*", re.I)
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"|"}),
    frozenset({"^"}),
    frozenset({"&"}),
    frozenset({"==", "!="}),
    frozenset({"<", ">", "<=", ">="}),
    frozenset({"<<", ">>"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
"""Operators that bind tighter than `&&`, loosest first."""
_BESIDE_SWITCHES = frozenset({"!", "&&", "||", "(", ")", "?", ":"})


def truth_in(found: Range) -> Truth:
    """Return whether a value in the range is not 0; None when it may be either."""
    low, high = found
    if low > 0 or high < 0:
        return True
    return False if low == high == 0 else None


def range_of_truth(truth: Truth) -> Range:
    return (0, 1) if truth is None else (int(truth), int(truth))


def number_in(text: str) -> Range:
    """Return the value of an integer as it is written, `ANY` for every other text."""
    match = _NUMBER.fullmatch(text.strip().replace("'", ""))
    if match is None:
        return ANY
    digits = match.group(1).lower()
    is_octal = digits[:1] == "0" and digits.isdigit() and not set(digits) & set("89")
    value = int(digits, 8 if is_octal else 16 if digits[:2] == "0x" else 2 if digits[:2] == "0b" else 10)
    return value, value


def value_of(
    condition: str,
    defined: Callable[[str], Truth],
    value: Callable[[str], Range],
    switch: Callable[[str], Range] | None = None,
) -> Range:
    """Return what the expression of an `#if` comes to, `ANY` where it cannot be read.

    Args:
        defined: whether a macro of this name is defined. value: the value of a name outside of `defined`.
        switch: the value of a name that is neither compared nor counted with; `value` where it is not given.
    """
    words = _WORD.findall(_COMMENT.sub(" ", condition.replace("\\\r\n", " ").replace("\\\n", " ")))
    if not words or len(words) > MAX_WORDS or sum(word in "(!~?-+" for word in words) > MAX_NESTED:
        return ANY
    reader = _Reader(words, defined, value, switch or value)
    found = reader.choice()
    return found if reader.at == len(words) else ANY


class _Reader:
    """Recursive descent over words; depth is bounded by `MAX_NESTED`."""

    def __init__(
        self,
        words: Sequence[str],
        defined: Callable[[str], Truth],
        value: Callable[[str], Range],
        switch: Callable[[str], Range],
    ) -> None:
        self.words = words
        self.defined = defined
        self.value = value
        self.switch = switch
        self.at = 0

    def choice(self) -> Range:
        condition = self._any_of()
        if not self._take("?"):
            return condition
        one = self.choice()
        other = self.choice() if self._take(":") else ANY
        truth = truth_in(condition)
        return (min(one[0], other[0]), max(one[1], other[1])) if truth is None else one if truth else other

    def _any_of(self) -> Range:
        found = self._all_of()
        while self._take("||"):
            one, other = truth_in(found), truth_in(self._all_of())
            found = range_of_truth(True if one or other else None if None in (one, other) else False)
        return found

    def _all_of(self) -> Range:
        found = self._operation(0)
        while self._take("&&"):
            one, other = truth_in(found), truth_in(self._operation(0))
            found = range_of_truth(False if False in (one, other) else None if None in (one, other) else True)
        return found

    def _operation(self, level: int) -> Range:
        if level == len(_LEVELS):
            return self._operand()
        found = self._operation(level + 1)
        while self.at < len(self.words) and self.words[self.at] in _LEVELS[level]:
            operator = self._next()
            found = _combined(operator, found, self._operation(level + 1))
        return found

    def _operand(self) -> Range:
        word = self._next()
        if word == "!":
            truth = truth_in(self._operand())
            return range_of_truth(None if truth is None else not truth)
        if word == "-":
            low, high = self._operand()
            return -high, -low
        if word == "+":
            return self._operand()
        if word == "(":
            inner = self.choice()
            return inner if self._take(")") else ANY
        if word == "defined":
            bracket = self._take("(")
            truth = self.defined(self._next())
            if bracket:
                self._take(")")
            return range_of_truth(truth)
        if word[:1].isdigit():
            return number_in(word)
        if self._take("("):
            self._skip_brackets()
            return ANY
        if not word.isidentifier():
            return ANY
        around = {*self.words[max(self.at - 2, 0) : self.at - 1], *self.words[self.at : self.at + 1]}
        return self.switch(word) if around <= _BESIDE_SWITCHES else self.value(word)

    def _skip_brackets(self) -> None:
        depth = 1
        while depth and self.at < len(self.words):
            depth += {"(": 1, ")": -1}.get(self.words[self.at], 0)
            self.at += 1

    def _next(self) -> str:
        self.at += 1
        return self.words[self.at - 1] if self.at <= len(self.words) else ""

    def _take(self, word: str) -> bool:
        if self.at < len(self.words) and self.words[self.at] == word:
            self.at += 1
            return True
        return False


def _combined(operator: str, one: Range, other: Range) -> Range:
    (low, high), (least, most) = one, other
    if operator in ("==", "!="):
        same = False if high < least or most < low else True if low == high == least == most else None
        return range_of_truth(same if same is None or operator == "==" else not same)
    if operator in ("<", ">="):
        less = True if high < least else False if low >= most else None
        return range_of_truth(less if less is None or operator == "<" else not less)
    if operator in (">", "<="):
        more = True if low > most else False if high <= least else None
        return range_of_truth(more if more is None or operator == ">" else not more)
    if operator == "+":
        return low + least, high + most
    if operator == "-":
        return low - most, high - least
    if operator == "*" and low >= 0 and least >= 0 and inf not in (low, least):
        return low * least, inf if inf in (high, most) else high * most
    if low == high and least == most and least >= 0 and inf not in (abs(low), most):
        return _of_numbers(operator, int(low), int(least))
    return ANY


def _of_numbers(operator: str, one: int, other: int) -> Range:
    if operator in ("/", "%") and other and one >= 0:
        found = one // other if operator == "/" else one % other
    elif operator in ("<<", ">>") and other < 64:
        found = one << other if operator == "<<" else one >> other
    elif operator in ("&", "|", "^"):
        found = one & other if operator == "&" else one | other if operator == "|" else one ^ other
    else:
        return ANY
    return found, found
