"""Directives of the preprocessor: includes, macros with the calls in their bodies, and the branches of conditions.

Both branches of a condition are read (flag CONDITIONAL); what does not hold on Linux is marked INACTIVE.
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Call, Flag, Parameter, ScopeKind
from indexers.languages import parser_for
from indexers.languages.cfamily.conditions import Truth, is_defined, off_unless_configured, truth_of
from indexers.languages.cfamily.expansions import Expansions
from indexers.languages.cfamily.macro_bodies import statements_of
from indexers.languages.cfamily.macros import alias_in, calls_in, derives_from, holds_code

_ALTERNATIVES = frozenset({"preproc_elif", "preproc_elifdef", "preproc_else"})


class Preprocessing(Expansions):
    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.statements = parser_for("cpp" if is_cplusplus else "c")
        self.visits |= {
            "preproc_include": self._include,
            "preproc_def": self._macro,
            "preproc_function_def": self._macro,
            "preproc_if": self._condition,
            "preproc_ifdef": self._condition,
        }

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
            self.define_macro(text_of(name), node, raw)
        alias = alias_in(raw) if listing is None else ""
        if alias:
            builder.assign(name, 0, text_of(name), alias)
        elif body is not None and (b"(" in raw or b";" in raw):
            self._macro_calls(definition, body, raw)
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
        row, column = body.start_point
        for call in facts.calls[kept[0] :]:
            call.column += column - 1 if call.line == 1 else 0
            call.line += row
        for assignment in facts.assignments[kept[1] :]:
            assignment.line += row
        return True

    def _condition(self, node: Node, scope: int) -> str:
        self._branch(node, scope, False, True)
        return "#?"

    def _branch(self, node: Node, scope: int, taken: bool, untaken: bool) -> None:
        """Visit one branch of a condition, then the next.

        Args:
            taken: an earlier branch holds for certain on Linux. untaken: none of the earlier ones can hold.
        """
        truth, children = self._judged(node)
        if truth is not False and taken:
            truth = False
        elif node.type == "preproc_else" and untaken:
            truth = True
        following = children.pop() if children and children[-1].type in _ALTERNATIVES else None
        head = node.child_by_field_name("condition") or node.child_by_field_name("name")
        guard = head is not None and bool(children) and children[0].type == "preproc_def" and scope == 0
        guard = guard and head is not None and children[0].named_children[0].text == head.text
        foreign = truth is False
        self.conditional += not guard
        self.elsewhere += foreign
        if not (foreign and head is not None and head.text == b"0"):
            self._each(children, scope)  # what stands under `#if 0` is no code anywhere
        self.elsewhere -= foreign
        if following is not None:
            self._branch(following, scope, taken or truth is True, untaken and truth is False)
        self.conditional -= not guard

    def _judged(self, node: Node) -> tuple[Truth, list[Node]]:
        """Return whether a branch's own condition holds on Linux, and what it encloses."""
        children = node.named_children
        kind = node.type
        if kind == "preproc_else":
            return None, children
        if not children:
            return None, children
        text = text_of(children[0])
        if kind in ("preproc_ifdef", "preproc_elifdef"):
            known = is_defined(text, self.is_cplusplus)
            if known is None and _has_alternative(node):
                known = off_unless_configured(text)
            negative = (node.children[0].text or b"").endswith(b"ndef")
            return (not known if negative and known is not None else known), children[1:]
        known = truth_of(text, self.is_cplusplus)
        if known is None and _has_alternative(node):
            known = off_unless_configured(text)
        return known, children[1:]


def _has_alternative(node: Node) -> bool:
    children = node.named_children
    return bool(children) and children[-1].type in _ALTERNATIVES
