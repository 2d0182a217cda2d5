"""Calls of Python: arguments, what well-known functions make of theirs, functions in place."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages.python.containers import Containers
from indexers.languages.python.types import type_expression

MIN_BEGINNING = 3
"""A name that is put together may mean anything where less of its beginning is written."""
_COPIES = {"list": "#list", "tuple": "#tuple", "set": "#set", "frozenset": "#set", "sorted": "#list"}
"""Builtins that give a new container with the elements of their argument."""
_SAME_KIND = frozenset({"copy.copy", "copy.deepcopy", "deepcopy"})
"""What gives back an object like its argument."""
_ITERATORS = frozenset({"iter", "reversed"})
ADDERS = frozenset({"append", "appendleft", "add"})
"""Methods that put their argument into a container."""
JOINERS = frozenset({"extend", "update", "extendleft"})
"""Methods that put the elements of their argument into a container."""


class Calls(Containers):
    """The part of the walk that reads calls. Names are reported as read; `_forget_locals` takes back those of a function."""

    def _call(self, node: Node, scope: int) -> str:
        children = node.named_children
        function = children[0]
        callee = self._path(function, scope)
        if len(children) < 2:
            self.builder.call(last_name(function), scope, callee, 0)
            return callee + "()"
        given = children[1]
        at = last_name(function) if function.type != "call" else given  # `f()(x)`: the first call has the name
        if given.type == "generator_expression":
            arguments = [self._expression(given, scope)]
        else:
            arguments = [self._argument(each, scope) for each in given.named_children if each.type != "comment"]
        self.fresh.clear()
        count = len(arguments)
        made = self._made(callee, arguments, scope) if arguments else ""
        if callee == "getattr" and count > 1:
            made = self._attribute_by_name(given, arguments, scope)
        elif callee == "type" and count == 3 and arguments[1].startswith("#tuple@"):
            made = arguments[1] + "[*]"  # a class made at run time is what its bases are
        self.builder.call(at, scope, callee, count, arguments=arguments)
        if "." in callee:
            self._put_into(node, scope, callee, arguments)
        return made or callee + "()"

    def _argument(self, node: Node, scope: int) -> str:
        """Return an argument as `Call.arguments` has it."""
        kind = node.type
        if kind == "keyword_argument":
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            return (
                f"{text_of(name)}={self._expression(value, scope)}" if name is not None and value is not None else "#?"
            )
        if kind in ("list_splat", "dictionary_splat"):
            stars = "*" if kind == "list_splat" else "**"
            return stars + self._first_child(node, scope)
        return self._expression(node, scope)

    def _keyword_argument(self, node: Node, scope: int) -> str:
        self._argument(node, scope)
        return "#?"

    def _made(self, callee: str, arguments: list[str], scope: int) -> str:
        """Return what a well-known function makes of its arguments, empty for any other call."""
        first = arguments[0]
        if callee == "super" and len(arguments) == 2 and first.replace(".", "").isidentifier():
            return f"{first}.super()"
        if first[0] == "*" or first.startswith(("#str", "#num", "#?")):
            return ""
        if callee in _SAME_KIND:
            return first
        if callee == "type" and len(arguments) == 1:
            return first + ".__class__"
        if callee.endswith(".__new__") and not first.startswith("#"):
            return first + "()"
        if callee == "next":
            return first + "[*]"
        if callee in _COPIES:
            return self.builder.contain(_COPIES[callee], scope, ["*" + first])
        if callee in _ITERATORS:
            return self.builder.contain("#iterator", scope, ["*" + first])
        if callee == "enumerate":
            pair = self.builder.contain("#tuple", scope, ["#num", first + "[*]"])
            return self.builder.contain("#iterator", scope, ["=" + pair])
        if callee == "zip":
            row = self.builder.contain("#tuple", scope, [each + "[*]" for each in arguments if each[0] != "*"])
            return self.builder.contain("#iterator", scope, ["=" + row])
        return ""

    def _attribute_by_name(self, given: Node, arguments: list[str], scope: int) -> str:
        """Return what `getattr` gives where the name, or how it begins, is written; empty for any other."""
        holder = arguments[0]
        if holder[0] in "#*" or "=" in holder:
            return ""
        beginning, is_whole = self._text(given.named_children[1])
        if not beginning.isidentifier() or (not is_whole and len(beginning.strip("_")) < MIN_BEGINNING):
            return ""
        path = f"{holder}.{beginning}" if is_whole else f"{holder}.{beginning}…"
        default = arguments[2] if len(arguments) > 2 else "#?"
        if default[0] == "#" and "@" not in default:
            return path
        return self.builder.contain("#tuple", scope, [path, default]) + "[]"

    def _text(self, node: Node, steps: int = 4) -> tuple[str, bool]:
        """Return how a text begins, as far as that is written, and whether that is all of it."""
        kind = node.type
        if kind == "identifier":
            known = self.texts.get(text_of(node))
            return self._text(known, steps - 1) if known is not None and steps else ("", False)
        if kind == "string":
            content = next(
                (part for part in node.named_children if part.type in ("string_content", "interpolation")), None
            )
            if content is None or content.type == "interpolation":
                return "", content is None
            return text_of(content), not any(part.type == "interpolation" for part in node.named_children)
        if kind == "binary_operator" and len(node.children) == 3:
            left, is_whole = self._text(node.children[0], steps)
            if node.children[1].type == "%":
                return left.partition("%")[0], False
            right, to_the_end = self._text(node.children[2], steps) if is_whole else ("", False)
            return left + right, to_the_end
        if kind == "call" and node.named_children[0].type == "attribute":
            method = text_of(node.named_children[0].children[-1])
            text, is_whole = self._text(node.named_children[0].children[0], steps)
            if method == "format":
                return text.partition("{")[0], False
            if method in ("lower", "upper"):
                return getattr(text, method)(), is_whole
        return "", False

    def _put_into(self, node: Node, scope: int, callee: str, arguments: list[str]) -> None:
        """`xs.append(f)` is an assignment to an element of `xs`."""
        base, _, method = callee.rpartition(".")
        if "(" in base or not arguments:
            return
        value = arguments[0]
        if method in ADDERS:
            self.builder.assign(node, scope, base + "[]", value)
        elif method in JOINERS:
            if not value.startswith(("#", "*")) or "@" in value:
                self.builder.assign(node, scope, base + "[]", value + "[]")
        elif method in ("insert", "setdefault") and len(arguments) == 2:
            self.builder.assign(node, scope, base + "[]", arguments[1])

    def _lambda(self, node: Node, scope: int) -> str:
        parameters = self._parameters(node.child_by_field_name("parameters"), scope)
        opened = self.builder.open_scope(ScopeKind.FUNCTION, scope, parameters=parameters)
        first = len(self.builder.facts.references)
        names = self.bound[opened] = {parameter.name for parameter in parameters}
        body = node.child_by_field_name("body")
        latest = self.latest
        if latest:
            self.latest = {name: versions for name, versions in latest.items() if name not in names}
        if self.versions is not None:
            self.versions.is_captured = True
        if body is not None:
            for value in self._values(body, opened):
                self.builder.returns(opened, value)
        self.latest = latest
        self._forget_locals(opened, first)
        return f"#lambda@{opened}"

    def _parameters(self, node: Node | None, scope: int) -> list[Parameter]:
        """Return the parameters; their defaults are visited in the scope around."""
        found: list[Parameter] = []
        for child in node.named_children if node is not None else ():
            kind = child.type
            if kind == "identifier":
                found.append(Parameter(text_of(child)))
                continue
            annotation = child.child_by_field_name("type")
            default = child.child_by_field_name("value")
            name = child.child_by_field_name("name") or (child.named_children[0] if child.named_children else None)
            if name is None:
                continue
            flags = int(Flag.DEFAULT) if default is not None else 0
            if "splat" in kind or "splat" in name.type:
                flags |= Flag.VARIADIC
                stars = "**" if "dictionary" in kind or "dictionary" in name.type else "*"
                name = name.named_children[0] if name.named_children else name
                flags |= Flag.KEYWORDS if stars == "**" else 0
            value = self._expression(default, scope) if default is not None else ""
            if value.startswith("#") and "@" not in value:
                value = ""
            declared = type_expression(annotation) if annotation is not None else ""
            found.append(Parameter(text_of(name).lstrip("*"), declared, int(flags), value))
        return found

    def _forget_locals(self, scope: int, first: int) -> None:
        """Take back the reads of what the function `scope` binds itself, from reference number `first` on."""
        references = self.builder.facts.references
        names = self.bound.pop(scope, None)
        if not names or len(references) == first:
            return
        kept = [item for item in references[first:] if item.path not in names]
        if len(kept) + first < len(references):
            references[first:] = kept


def last_name(node: Node) -> Node:
    """Return the node of the last name of a callee: of `run` in `a.b.run`."""
    return node.children[-1] if node.type == "attribute" else node
