"""Directives of the preprocessor: includes, macros with the calls in their bodies, and the branches of conditions.

Both branches of a condition are read (flag CONDITIONAL, unless it holds for certain); what does not hold on Linux is marked
INACTIVE, and CONFIGURED too where a build may decide otherwise.
"""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Call, Flag, Parameter, ScopeKind
from indexers.languages import parser_for
from indexers.languages.cfamily.condition_values import Truth
from indexers.languages.cfamily.conditions import Conditions
from indexers.languages.cfamily.expansions import Expansions
from indexers.languages.cfamily.macro_bodies import statements_of, value_of_body
from indexers.languages.cfamily.macros import alias_in, calls_in, derives_from, holds_code

_ALTERNATIVES = frozenset({"preproc_elif", "preproc_elifdef", "preproc_else"})

Judged = tuple[Truth, bool]
"""Whether a line is read, and whether that is an assumption about the configuration."""
_READ: Judged = (True, False)
_NOT_READ: Judged = (False, False)


class Preprocessing(Expansions):
    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.statements = parser_for("cpp" if is_cplusplus else "c")
        self.conditions = Conditions(is_cplusplus)
        self.region: Judged = _READ
        """Whether a compiler comes to the line at hand."""
        self.visits |= {
            "preproc_include": self._include,
            "preproc_def": self._macro,
            "preproc_function_def": self._macro,
            "preproc_if": self._condition,
            "preproc_ifdef": self._condition,
            "preproc_call": self._directive,
        }

    def _directive(self, node: Node, scope: int) -> str:
        words = [text_of(child) for child in node.named_children]
        if words[:1] == ["#undef"] and len(words) == 2:
            self.conditions.undefine(words[1].strip(), self.region[0], is_assumed=self.region[1])
        return "#?"

    def _include(self, node: Node, scope: int) -> str:
        path = node.named_children[0] if node.named_children else None
        if path is not None and path.type in ("string_literal", "system_lib_string"):
            self.builder.add_import(path, 0, text_of(path).strip('"'), flags=self._flags() & ~Flag.PRIVATE)
        return "#?"

    def _macro(self, node: Node, scope: int) -> str:
        name: Node | None = None
        listing: Node | None = None
        body: Node | None = None
        for child in node.named_children:
            kind = child.type
            if kind == "identifier":
                name = name or child
            elif kind == "preproc_params":
                listing = child
            elif kind == "preproc_arg":
                body = child
        if name is None:
            return "#?"
        builder, raw = self.builder, (body.text or b"") if body is not None else b""
        value = raw.decode("utf-8", "replace") if listing is None else ""
        self.conditions.define(text_of(name), value, self.region[0], is_assumed=self.region[1])
        parameters = (
            [Parameter(text_of(part)) for part in listing.named_children if part.type == "identifier"]
            if listing
            else []
        )
        if listing is not None and b"..." in (listing.text or b""):
            parameters.append(Parameter("", "", int(Flag.VARIADIC)))
        is_callable = listing is not None or holds_code(raw)
        definition = builder.define(
            name,
            node,
            "function" if is_callable else "variable",
            0,
            signature=self._signature(node, node.end_byte),
            docstring=self._documentation(),
            parameters=parameters,
            flags=Flag.MACRO | self._flags() | (Flag.DERIVES if self._derives(parameters, raw) else 0),
        )
        if listing is not None:
            self.define_macro(text_of(name), node)
        alias = alias_in(raw) if listing is None else ""
        if alias:
            builder.assign(name, 0, text_of(name), alias)
        elif body is not None and (b"(" in raw or b";" in raw):
            self._macro_calls(definition, body, raw)
        elif body is not None and parameters and parameters[-1].flags & Flag.VARIADIC:
            self._macro_chosen(definition, body, raw, parameters)
        return "#?"

    def _derives(self, parameters: list[Parameter], raw: bytes) -> bool:
        return self.is_cplusplus and len(parameters) > 1 and derives_from(raw, parameters[0].name)

    def _macro_calls(self, definition: int, body: Node, raw: bytes) -> None:
        """Record what a macro's body calls, in a scope of its own: resolution puts it where the macro is used."""
        builder = self.builder
        if self.is_cplusplus and self._walked_body(definition, body, raw):
            return
        opened = -1
        line, column = body.start_point[0] + 1, body.start_point[1] + 1
        for path, offset, count, arguments in calls_in(raw):
            if opened < 0:
                opened = builder.open_scope(ScopeKind.FUNCTION, 0, definition)
            breaks = raw.count(b"\n", 0, offset)
            at = offset - raw.rfind(b"\n", 0, offset) if breaks else column + offset
            flags = Flag.MACRO if count < 0 else Flag.NONE
            builder.facts.calls.append(Call(opened, path, max(count, 0), line + breaks, at, flags, arguments))

    def _macro_chosen(self, definition: int, body: Node, raw: bytes, parameters: list[Parameter]) -> None:
        """Record that a macro stands for one of its parameters: `IDX(a, b, NAME, ...) NAME`, which counts what it is given."""
        name = raw.strip().decode("utf-8", "replace")
        if any(parameter.name == name for parameter in parameters):
            opened = self.builder.open_scope(ScopeKind.FUNCTION, 0, definition)
            row, column = body.start_point
            self.builder.facts.calls.append(Call(opened, name, 0, row + 1, column + 1, Flag.MACRO))

    def _walked_body(self, definition: int, body: Node, raw: bytes) -> bool:
        """Read a body as statements, its locals and operators with it; False where it is none by itself: `a##b`, half a loop."""
        root = statements_of(raw, self.statements)
        if root is None:
            return False
        facts = self.builder.facts
        kept = len(facts.calls), len(facts.assignments), len(facts.references), len(facts.returns), len(facts.scopes)
        defined, owner = len(facts.definitions), facts.definitions[definition]
        opened = self.builder.open_scope(ScopeKind.FUNCTION, 0, definition)
        state = self.names, self.called, self.returns_scope, self.returned, self.conditional, self.pending, self.span
        self.names, self.called = {parameter.name: "" for parameter in owner.parameters}, set()
        self.returns_scope, self.returned, self.span = -1, "", None
        self.visit(root, opened)
        value = self._value(root, opened)
        self.names, self.called, self.returns_scope, self.returned, self.conditional, self.pending, self.span = state
        self.shadow = -1
        del facts.references[kept[2] :], facts.returns[kept[3] :]
        if len(facts.definitions) > defined:
            del (
                facts.definitions[defined:],
                facts.calls[kept[0] :],
                facts.assignments[kept[1] :],
                facts.scopes[kept[4] :],
            )
            owner.opens = -1
            return False
        if value:
            self.builder.returns(opened, value)
        row, column = body.start_point
        for call in facts.calls[kept[0] :]:
            call.column += column - 1 if call.line == 1 else 0
            call.line += row
        for assignment in facts.assignments[kept[1] :]:
            assignment.line += row
        return True

    def _value(self, root: Node, scope: int) -> str:
        """Return the path of what a body that has been visited comes to, empty where that is no object."""
        value = value_of_body(root)
        if value is None:
            return ""
        facts = self.builder.facts
        tables: tuple[list[Any], ...] = (
            facts.calls,
            facts.assignments,
            facts.references,
            facts.returns,
            facts.scopes,
            facts.definitions,
        )
        kept = [len(table) for table in tables]
        path = self.visit(value, scope)
        for table, length in zip(tables, kept, strict=True):
            del table[length:]
        return "" if path[:1] in ("", "#") else path

    def _condition(self, node: Node, scope: int) -> str:
        self._branch(node, scope, _NOT_READ)
        return "#?"

    def _branch(self, node: Node, scope: int, earlier: Judged) -> None:
        """Visit one branch of a condition, then the next. earlier: whether one of those before it is read."""
        children = node.named_children
        is_else = node.type == "preproc_else"
        head = None if is_else or not children else children[0]
        children = children if head is None else children[1:]
        following = next((child for child in reversed(children) if child.type in _ALTERNATIVES), None)
        children = [child for child in children if child is not following]
        condition = _condition_of(node, head) if head is not None else ""
        guard = _is_guard(head, children, scope)
        own = _READ if is_else or guard else self._judged(condition, has_alternative=_ends_otherwise(following))
        held = _first_that_holds(earlier, own)
        around, foreign, unset = self.region, held == _NOT_READ, held == (False, True)
        self.region = _both(around, self._entered(condition, held, is_default=guard and len(children) == 1))
        is_open = held != _READ
        is_off = held[0] is None and bool(condition) and self.conditions.unconfigured(condition) is False
        self.conditional += is_open
        self.elsewhere += foreign
        self.unset += unset
        self.optional += is_off
        if not (foreign and condition == "0"):
            self._each(children, scope)  # what stands under `#if 0` is no code anywhere
        self.optional -= is_off
        self.unset -= unset
        self.elsewhere -= foreign
        self.conditional -= is_open
        self.region = around
        if following is not None:
            self._branch(following, scope, _either(earlier, own))

    def _judged(self, condition: str, *, has_alternative: bool) -> Judged:
        """Return whether a branch's own condition holds: on Linux, where its C library is found, and, where another branch
        stands beside it, in a build that configures nothing."""
        truth = self.conditions.truth(condition)
        if truth is not None:
            return truth, False
        truth = self.conditions.found_out(condition)
        if truth is None and has_alternative:
            truth = self.conditions.unconfigured(condition)
        return truth, truth is not None

    def _entered(self, condition: str, held: Judged, *, is_default: bool) -> Judged:
        """Return whether the `#define` lines of a branch count for the conditions behind them."""
        if is_default:  # `#ifndef N`, `#define N 1`: somebody may have given another value
            return True, True
        if held[0] is None and condition:
            truth = self.conditions.unconfigured(condition)
            return truth, truth is not None
        return held


def _ends_otherwise(branch: Node | None) -> bool:
    """Whether the branches from here on end with an `#else` that compiles: one of them is read whatever is configured."""
    while branch is not None and branch.type != "preproc_else":
        branch = branch.child_by_field_name("alternative")
    if branch is None:
        return False
    return not any(child.type == "preproc_call" and b"error" in (child.text or b"")[:20] for child in branch.children)


def _condition_of(node: Node, head: Node) -> str:
    if node.type not in ("preproc_ifdef", "preproc_elifdef"):
        return text_of(head)
    negation = "!" if (node.children[0].text or b"").endswith(b"ndef") else ""
    return f"{negation}defined({text_of(head)})"


def _is_guard(head: Node | None, children: list[Node], scope: int) -> bool:
    """Whether the name that is asked for is defined at once: the guard of a header, or the default of a setting."""
    if head is None or not children or children[0].type != "preproc_def" or scope != 0:
        return False
    return children[0].named_children[0].text == head.text


def _both(one: Judged, other: Judged) -> Judged:
    if one == _NOT_READ or other == _NOT_READ:
        return _NOT_READ
    if False in (one[0], other[0]):
        return False, True
    return (None, False) if None in (one[0], other[0]) else (True, one[1] or other[1])


def _either(one: Judged, other: Judged) -> Judged:
    found = _both(_negated(one), _negated(other))
    return _negated(found)


def _first_that_holds(earlier: Judged, own: Judged) -> Judged:
    return _both(_negated(earlier), own)


def _negated(one: Judged) -> Judged:
    return (None if one[0] is None else not one[0]), one[1]
