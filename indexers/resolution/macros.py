"""Textual macros (C, C++): what does a use of one call once it is expanded?

A macro is no function: the compiler sees what its body says, with the names in it meant as they are where the macro is
used. So a use is a reference to the macro and a call of everything that the body calls, through further macros too.
Bodies are facts (calls in the scope that the macro opens, their arguments and pasted names with the macro's parameters in
them); nothing is expanded as text. Sources: ISO C 6.10.3 (replacement, `##`, rescanning), 6.10.3.5 (scope of a macro).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indexers.facts import Call, Flag
from indexers.resolution.evaluator import Evaluator
from indexers.resolution.values import BRANCHES, SYMBOL, kind_of, payload_of

_CONDITIONAL = int(Flag.CONDITIONAL)
_CONFIGURED = int(Flag.CONFIGURED)
_INACTIVE = int(Flag.INACTIVE)
_MACRO = int(Flag.MACRO)

MAX_NESTING = 12
"""Macros within macros that are followed."""
MAX_BODIES = 200
"""Macro bodies that one use may expand; macros that use each other twice grow without bounds."""
MAX_COUNTED = 64
"""Arguments of a macro that are counted."""
_REST = "__VA_ARGS__"
MAX_CALLS = 60
"""Calls that one use of a macro may expand to; generated tables have thousands."""

Expanded = tuple[tuple[int, ...], int, Call]
"""Values called, the weakest strategy on the way, and the call with its arguments filled in."""


class Macros:
    """Answers for one program, through its evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.program = evaluator.program
        self.symbols: set[int] = set()
        self._bodies: dict[int, list[Call]] = {}
        self._left = 0
        """Bodies that the use at hand may still expand."""
        for number in range(len(self.program.files)):
            self._take_in(number)

    def exchanged(self, number: int) -> None:
        """Take up the macros of a file whose facts were exchanged."""
        for symbol in range(self.program.symbol_base[number], self.program.end_of_symbols(number)):
            self.symbols.discard(symbol)
            self._bodies.pop(symbol, None)
        self._take_in(number)

    def _take_in(self, number: int) -> None:
        facts = self.program.files[number].facts
        opened: dict[int, int] = {}
        for index in self.program.in_order(number):
            definition = facts.definitions[index]
            if definition.flags & _MACRO:
                symbol = self.program.symbol(number, index)
                self.symbols.add(symbol)
                if definition.opens >= 0:
                    opened[definition.opens] = symbol
        if opened:
            for call in facts.calls:
                if call.scope in opened:
                    self._bodies.setdefault(opened[call.scope], []).append(call)

    def told_apart(self, values: tuple[int, ...], file: int, line: int) -> tuple[list[int], tuple[int, ...], int]:
        """Return the macros that a name means at a line of a file, the other values that stay possible, and the strategy that
        what they call is worth at least.

        The last definition above the line counts, together with those under conditions; where a macro is defined for
        certain, a function of its name is not called. Where a build decides between them, none of them is certain.
        """
        macros = [
            payload_of(value) for value in values if kind_of(value) == SYMBOL and payload_of(value) in self.symbols
        ]
        if not macros:
            return [], values, 0
        here = [symbol for symbol in macros if self.program.symbol_file[symbol] == file]
        above = [symbol for symbol in here if self._line(symbol) <= line]
        possible = above or [symbol for symbol in macros if symbol not in here] or here
        if above:
            above.sort(key=self._line)
            fixed = [
                place for place, symbol in enumerate(above) if not self._flags(symbol) & (_CONDITIONAL | _INACTIVE)
            ]
            possible = above[fixed[-1] :] if fixed else above
        chosen = [symbol for symbol in possible if not self._flags(symbol) & _INACTIVE]
        others = tuple(value for value in values if payload_of(value) not in self.symbols)
        if chosen and any(not self._flags(symbol) & _CONDITIONAL for symbol in chosen):
            others = ()
        away = _INACTIVE | _CONFIGURED if chosen else _INACTIVE
        kept = tuple(value for value in others if not self._flags(payload_of(value)) & away)
        if not chosen:
            # The macro is for other builds: the function is meant, where there is one.
            return ([], kept, self._least(possible)) if kept else (possible, others, BRANCHES if others else 0)
        left_out = [symbol for symbol in possible if symbol not in chosen]
        left_out += [payload_of(value) for value in others if value not in kept]
        return chosen, kept, BRANCHES if kept else self._least(left_out)

    def _least(self, left_out: Sequence[int]) -> int:
        """Return what a choice is worth that leaves these symbols out."""
        return BRANCHES if any(self._flags(symbol) & _CONFIGURED for symbol in left_out) else 0

    def is_body(self, source: int) -> bool:
        """Whether a call with this source stands in the body of a macro."""
        return source in self.symbols

    def holds_calls(self, symbol: int) -> bool:
        """Whether a symbol is a macro without parameters whose body calls something."""
        if symbol not in self._bodies:
            return False
        definition = self.program.definition(symbol)
        return definition is not None and not definition.parameters

    def expanded(self, scope: int, macro: int, line: int, arguments: Sequence[str]) -> list[Expanded]:
        """Return what a use of a macro in `scope` calls, at most `MAX_CALLS`."""
        found: list[Expanded] = []
        self._left = MAX_BODIES
        for each in self._expand(scope, macro, line, arguments, (macro,)):
            found.append(each)
            if len(found) == MAX_CALLS:
                break
        return found

    def _expand(
        self, scope: int, macro: int, line: int, arguments: Sequence[str], stack: tuple[int, ...]
    ) -> Iterator[Expanded]:
        calls = self._bodies.get(macro)
        if self.evaluator.recorder is not None:
            self.evaluator.recorder.note(("body", self.program.body_scope(macro)))
        definition = self.program.definition(macro)
        if not calls or definition is None or self._left <= 0:
            return
        self._left -= 1
        names = [parameter.name for parameter in definition.parameters]
        given = {name: arguments[place] if place < len(arguments) else "#?" for place, name in enumerate(names) if name}
        file, own = self.program.scope_file[scope], self.program.body_scope(macro)
        rest = arguments[len(names) - 1 :] if names and not names[-1] else ()
        chosen = ""
        for place, call in enumerate(calls):
            callee, passed = filled(call.callee, given), _passed(call, given, rest)
            if place + 1 < len(calls) and calls[place + 1].callee == f"{call.callee}()":
                chosen = self._chosen(scope, own, callee, line, passed)
                if chosen:
                    continue
            elif chosen:
                callee, chosen = chosen, ""
            if callee.startswith("#"):
                continue
            values, strategy = self.evaluator.callee(scope, callee)
            if not values:
                values, strategy = self.evaluator.callee(own, callee)
            inner, others, least = self.told_apart(values, file, line)
            if len(stack) < MAX_NESTING:
                variants = [
                    list(self._expand(scope, symbol, line, passed, (*stack, symbol)))
                    for symbol in inner
                    if symbol not in stack
                ]
                yield from _weighed(variants, max(strategy, least))
            if inner and not others and set(inner) <= set(stack):
                # Within its own expansion a macro's name is the function that it wraps.
                others = tuple(value for value in values if payload_of(value) not in self.symbols)
            if others and not call.flags & _MACRO:
                while passed and passed[-1] == "#?":
                    passed.pop()
                yield (
                    others,
                    max(strategy, least),
                    Call(call.scope, callee, call.argument_count, call.line, call.column, call.flags, passed),
                )

    def _chosen(self, scope: int, own: int, callee: str, line: int, arguments: Sequence[str]) -> str:
        """Return the argument that a macro with so many stands for (`IDX(__VA_ARGS__, JOIN_2, JOIN_1)`), empty for another macro."""
        values = self.evaluator.callee(scope, callee)[0] or self.evaluator.callee(own, callee)[0]
        found = self.told_apart(values, self.program.scope_file[scope], line)[0]
        if len(found) != 1:
            return ""
        if self.evaluator.recorder is not None:
            self.evaluator.recorder.note(("body", self.program.body_scope(found[0])))
        body, definition = self._bodies.get(found[0], ()), self.program.definition(found[0])
        if len(body) != 1 or not body[0].flags & _MACRO or definition is None:
            return ""
        named = (
            argument
            for each, argument in zip(definition.parameters, arguments, strict=False)
            if each.name == body[0].callee
        )
        return next(named, "")

    def _flags(self, symbol: int) -> int:
        definition = self.program.definition(symbol)
        return definition.flags if definition is not None else 0

    def _line(self, symbol: int) -> int:
        definition = self.program.definition(symbol)
        return definition.line if definition is not None else 0


def _weighed(variants: list[list[Expanded]], least: int) -> Iterator[Expanded]:
    """Yield what the variants of one macro call; what not all of them call depends on the build."""
    called = [{values for values, _, _ in variant} for variant in variants]
    for variant in variants:
        for values, strategy, call in variant:
            how = least if all(values in each for each in called) else BRANCHES
            yield values, max(strategy, how), call


def counted(arguments: Sequence[str], count: int) -> list[str]:
    """Return arguments with those at the end that are not followed, `#?`, up to `MAX_COUNTED`."""
    return [*arguments, *["#?"] * (min(count, MAX_COUNTED) - len(arguments))]


def _passed(call: Call, given: dict[str, str], rest: Sequence[str]) -> list[str]:
    """Return what a call of a macro's body passes on; rest: what the macro was given for `...`."""
    passed: list[str] = []
    for argument in counted(call.arguments, call.argument_count):
        if argument == _REST:
            passed += rest
        else:
            passed.append(filled(argument, given))
    return passed


def filled(path: str, given: dict[str, str]) -> str:
    """Return an access path of a macro's body with its parameters replaced and `##` joined; `#?` when that fails."""
    if path.startswith("#") or not given:
        return path
    segments: list[str] = []
    for segment in path.split("."):
        if "##" in segment:
            pieces = [given.get(piece, piece) for piece in segment.split("##")]
            segment = "".join(pieces)
            if not segment.isidentifier():
                return "#?"
        else:
            segment = given.get(segment, segment)
            if segment.startswith("#"):
                return "#?"
        segments.append(segment)
    return ".".join(segments)
