"""Python expressions: records the calls and reads inside one and returns its access path, visiting no node twice."""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages.python.narrowing import Narrowing
from indexers.languages.python.operators import BINARY, COMPARISON, MEMBERSHIP, REFLECTED, UNARY
from indexers.languages.python.types import type_expression

MIN_BEGINNING = 3
"""A name that is put together may mean anything where less of its beginning is written."""
MAX_DEPTH = 150
"""Nesting beyond which an expression is not followed; real code stays below 40."""

_LITERALS = {
    "string": "#str",
    "concatenated_string": "#str",
    "list": "#list",
    "list_comprehension": "#list",
    "dictionary": "#dict",
    "dictionary_comprehension": "#dict",
    "set": "#set",
    "set_comprehension": "#set",
    "tuple": "#tuple",
    "expression_list": "#tuple",
    "generator_expression": "#list",
}
_LEAVES = {"integer": "#num", "float": "#num", "true": "#bool", "false": "#bool", "none": "#none", "ellipsis": "#?"}
_COMPREHENSIONS = frozenset(
    {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_INDEX = re.compile(r"-?[0-9]{1,4}")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_COPIES = {"list": "#list", "tuple": "#tuple", "set": "#set", "frozenset": "#set", "sorted": "#list"}
"""Builtins that give a new container with the elements of their argument."""
_SAME_KIND = frozenset({"copy.copy", "copy.deepcopy", "deepcopy"})
"""What gives back an object like its argument."""
_PLAIN_ITERABLES = ("range()", ".items()", ".keys()", ".values()", ".split()", ".splitlines()")
"""What is hardly ever a class of the project with an `__iter__` of its own."""
_ITERATORS = frozenset({"iter", "reversed"})
_EMPTIES = {
    "list": "#list",
    "dict": "#dict",
    "set": "#set",
    "defaultdict": "#dict",
    "OrderedDict": "#dict",
    "deque": "#list",
}
ADDERS = frozenset({"append", "appendleft", "add"})
"""Methods that put their argument into a container."""
JOINERS = frozenset({"extend", "update", "extendleft"})
"""Methods that put the elements of their argument into a container."""

_IMPLICIT = int(Flag.IMPLICIT)


class Expressions(Narrowing):
    """The part of the walk that reads values. Names are reported as read; `_forget_locals` takes back those of a function."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__()
        self.builder = builder
        self.depth = 0
        self.yields: dict[int, list[str]] = {}
        """Function scope -> entries of what it yields."""
        self.bound: dict[int, set[str]] = {}
        """Function scope -> the names that it binds."""
        self.texts: dict[str, Node] = {}
        """Local name -> the last text that it was given."""
        self.outer: dict[tuple[int, str], int] = {}
        """(function scope, name) -> the scope that a `global` or `nonlocal` statement says."""
        self.expressions: dict[str, Callable[[Node, int], str]] = {
            "string": self._string,
            "attribute": self._attribute,
            "call": self._call,
            "subscript": self._subscript,
            "await": self._first_child,
            "parenthesized_expression": self._parenthesized,
            "named_expression": self._walrus,
            "lambda": self._lambda,
            "binary_operator": self._binary,
            "unary_operator": self._unary,
            "comparison_operator": self._comparison,
            "interpolation": self._interpolation,
            "conditional_expression": self._choice,
            "boolean_operator": self._choice,
            "yield": self._yield,
            "keyword_argument": self._keyword_argument,
            "for_in_clause": self._for_in,
            "type": self._nothing,
            "comment": self._nothing,
            "list": self._sequence,
            "tuple": self._sequence,
            "set": self._sequence,
            "expression_list": self._sequence,
            "dictionary": self._dictionary,
            **dict.fromkeys(_COMPREHENSIONS, self._comprehension),
        }

    def _nothing(self, node: Node, scope: int) -> str:
        return "#?"

    def _bind(self, target: Node, scope: int, values: list[str], declared: str = "", span: Node | None = None) -> None:
        raise NotImplementedError

    def _assignment(self, node: Node, scope: int) -> None:
        raise NotImplementedError

    # paths

    def _expression(self, node: Node, scope: int) -> str:
        """Visit an expression whose value is used: a bare name or attribute is a read."""
        kind = node.type
        if kind == "identifier":
            path = text_of(node)
            if not path:  # the parser put it where broken source lacks one
                return "#?"
            if self.fresh:
                self.fresh.pop(path, None)
            if path in self.latest:
                return self._current(node, path)
            self.builder.refer(node, scope, path)
            return path
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf
        path = self._path(node, scope)
        if kind == "attribute" and path[0] != "#":
            self.builder.refer(node.children[-1], scope, path)
        return path

    def _path(self, node: Node, scope: int) -> str:
        """Visit an expression of which a member, a call or an element is meant: the name itself is no read."""
        kind = node.type
        if kind == "identifier":
            path = text_of(node) or "#?"
            if self.fresh:
                self.fresh.pop(path, None)
            return self._current(node, path) if path in self.latest else path
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf
        self.depth += 1
        if self.depth >= MAX_DEPTH:
            self.depth -= 1
            return "#?"
        visit = self.expressions.get(kind)
        path = visit(node, scope) if visit is not None else self._composite(node, scope)
        self.depth -= 1
        return path or "#?"

    def _values(self, node: Node, scope: int) -> list[str]:
        """Visit an expression; return the access path of each value it may take."""
        self.depth += 1
        values = self._alternatives(node, scope) if self.depth < MAX_DEPTH else ["#?"]
        self.depth -= 1
        return values

    def _alternatives(self, node: Node, scope: int) -> list[str]:
        if node.type in ("conditional_expression", "boolean_operator"):
            parts = [child for child in node.named_children if child.type != "comment"]
            if node.type == "conditional_expression" and len(parts) == 3:
                condition = parts.pop(1)
                self._expression(condition, scope)
                told = self._believe(condition, scope)
                values = self._values(parts[0], scope)
                self._doubt(told)
                return [*values, *self._values(parts[1], scope)]
            values = self._values(parts[0], scope) if parts else []
            told = self._believe(parts[0], scope, holds=node.children[1].type == "and") if len(parts) == 2 else []
            values += [value for part in parts[1:] for value in self._values(part, scope)]
            self._doubt(told)
            return values
        if node.type == "parenthesized_expression" and node.named_child_count == 1:
            return self._values(node.named_children[0], scope)
        return [self._expression(node, scope)]

    def _composite(self, node: Node, scope: int) -> str:
        """A literal or an operator: visit what is inside, answer with the literal's mark or `#?`."""
        for child in node.named_children:
            kind = child.type
            if kind == "assignment":
                self._assignment(child, scope)
            elif kind not in ("string_start", "string_content", "string_end"):
                self._expression(child, scope)
        return _LITERALS.get(node.type, "#?")

    def _string(self, node: Node, scope: int) -> str:
        """Only a formatted string holds expressions; its prefix tells (`f`, `rf`, `t`)."""
        prefix = (node.text or b"")[:3].partition(b"'")[0].partition(b'"')[0].lower()
        return self._composite(node, scope) if b"f" in prefix or b"t" in prefix else "#str"

    def _attribute(self, node: Node, scope: int) -> str:
        children = node.children
        return f"{self._path(children[0], scope)}.{text_of(children[-1])}"

    def _subscript(self, node: Node, scope: int) -> str:
        path = self._element(node, scope)
        self._operate(node.children[1], scope, path[: path.rfind("[")], "__getitem__")
        return path

    def _operate(self, sign: Node, scope: int, path: str, method: str) -> None:
        """Note that an operator calls a method of its operand."""
        if path[:1] != "#":
            self.builder.call(sign, scope, f"{path}.{method}", 1, _IMPLICIT)

    def _element(self, node: Node, scope: int) -> str:
        base, *indexes = node.named_children
        path = self._path(base, scope)
        for index in indexes:
            self._expression(index, scope)
        return f"{path}[{_key_of(indexes[0]) if len(indexes) == 1 else ''}]"

    def _first_child(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.named_children:
            path = self._expression(child, scope)
        return path

    def _choice(self, node: Node, scope: int) -> str:
        values = self._values(node, scope)
        named = [value for value in values if value[0] != "#" or "@" in value]
        return named[0] if len(named) == 1 else "#?"

    def _parenthesized(self, node: Node, scope: int) -> str:
        """`(a or b)(x)`: each of the values may be meant."""
        parts = node.named_children
        if len(parts) != 1 or parts[0].type not in ("conditional_expression", "boolean_operator"):
            return self._first_child(node, scope)
        named = [value for value in self._values(parts[0], scope) if value[0] != "#" or "@" in value]
        if len(named) < 2:
            return named[0] if named else "#?"
        return self.builder.contain("#tuple", scope, named) + "[]"

    def _binary(self, node: Node, scope: int) -> str:
        children = node.children
        if len(children) != 3:
            return self._composite(node, scope)
        left, right, sign = self._expression(children[0], scope), self._expression(children[2], scope), children[1]
        if left[0] != "#":
            self.builder.call(sign, scope, f"{left}.{BINARY.get(sign.type, '__add__')}", 1, _IMPLICIT)
        elif right[0] != "#":
            shown = left == "#str" and sign.type == "%"
            method = "__str__" if shown else REFLECTED.get(sign.type, "__radd__")
            self.builder.call(sign, scope, f"{right}.{method}", 1, _IMPLICIT)
        return "#str" if left == "#str" else "#?"

    def _unary(self, node: Node, scope: int) -> str:
        path = self._first_child(node, scope)
        self._operate(node.children[0], scope, path, UNARY.get(node.children[0].type, "__neg__"))
        return path if path == "#num" else "#?"

    def _comparison(self, node: Node, scope: int) -> str:
        left, sign = "#?", None
        for child in node.children:
            if not child.is_named:
                sign = child
                continue
            right = self._expression(child, scope)
            if sign is not None and sign.type in MEMBERSHIP:
                self._operate(sign, scope, right, "__contains__")
            elif sign is not None and sign.type in COMPARISON:
                self._operate(sign, scope, left, COMPARISON[sign.type])
            left = right
        return "#bool"

    def _interpolation(self, node: Node, scope: int) -> str:
        """`{x}` in a formatted string is `str(x)`, `{x!r}` is `repr(x)`."""
        children = node.named_children
        if children:
            is_shown = any(child.type == "type_conversion" and child.text == b"!r" for child in children)
            self._operate(node, scope, self._expression(children[0], scope), "__repr__" if is_shown else "__str__")
            for child in children[1:]:
                self._composite(child, scope)
        return "#?"

    def _walrus(self, node: Node, scope: int) -> str:
        raise NotImplementedError

    # calls

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

    # containers

    def _sequence(self, node: Node, scope: int) -> str:
        return self._contained(node, scope, always=False)

    def _contained(self, node: Node, scope: int, *, always: bool) -> str:
        mark = _LITERALS[node.type]
        entries: list[str] = []
        for child in node.named_children:
            if child.type != "comment":
                path = self._argument(child, scope)
                entries.append("=" + path if mark == "#set" and path[:1] != "*" else path)
        return self.builder.contain(mark, scope, entries, always=always)

    def _dictionary(self, node: Node, scope: int) -> str:
        return self._mapped(node, scope, always=False)

    def _mapped(self, node: Node, scope: int, *, always: bool) -> str:
        entries: list[str] = []
        for child in node.named_children:
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    self._expression(key, scope)
                    path = self._expression(value, scope)
                    if path and (path[0] != "#" or "@" in path):
                        entries.append(f"{_key_of(key)}={path}")
            elif child.type == "dictionary_splat":
                entries.append("*" + self._first_child(child, scope))
        return self.builder.contain("#dict", scope, entries, always=always)

    def _comprehension(self, node: Node, scope: int) -> str:
        own = self.versions
        if own is None or own.scope != scope:
            return self._collected(node, scope)
        variables = own.names.intersection(_comprehended(node))
        latest, reserved = self.latest, own.reserved
        if variables:
            own.reserved = reserved | {name: own.next_of(name) for name in variables}
            self.latest = latest | {name: (own.reserved[name],) for name in variables}
        path = self._collected(node, scope)
        self.latest, own.reserved = latest, reserved
        return path

    def _collected(self, node: Node, scope: int) -> str:
        entry = ""
        for position, child in enumerate(node.named_children):
            if child.type == "pair":
                for part in child.named_children:
                    entry = self._expression(part, scope)
            elif position == 0:
                entry = self._expression(child, scope)
            else:
                self._expression(child, scope)
        return self.builder.contain(_LITERALS[node.type], scope, ["=" + entry])

    def _stored(self, node: Node, scope: int) -> list[str]:
        """Visit a value that is given a name: an empty container keeps its identity, for what is put into it later."""
        kind = node.type
        if kind in ("list", "set", "tuple"):
            return [self._contained(node, scope, always=True)]
        if kind == "dictionary":
            return [self._mapped(node, scope, always=True)]
        values = self._values(node, scope)
        if len(values) == 1 and kind == "call" and values[0].endswith("()"):
            mark = _EMPTIES.get(values[0][:-2].rpartition(".")[2])
            if mark is not None:
                return [self.builder.contain(mark, scope, [], always=True)]
        return values

    def _for_in(self, node: Node, scope: int) -> str:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None:
            self._bind(left, scope, self._iterated(right, scope, node))
        return "#?"

    def _iterated(self, node: Node, scope: int, loop: Node) -> list[str]:
        """Visit what a loop runs over; return the paths of its elements, with the calls that the loop makes by itself."""
        elements = []
        for value in self._values(node, scope):
            if value[0] != "#" and not value.endswith(_PLAIN_ITERABLES):
                self.builder.call(loop, scope, value + ".__iter__", 0, _IMPLICIT)
                self.builder.call(loop, scope, value + ".__iter__().__next__", 0, _IMPLICIT)
            elements.append(value + "[*]")
        return elements

    def _yield(self, node: Node, scope: int) -> str:
        delegates = any(child.type == "from" for child in node.children)
        for child in node.named_children:
            for value in self._values(child, scope):
                self.yields.setdefault(scope, []).append(("*" if delegates else "=") + value)
        return "#?"

    # names

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


def _key_of(node: Node) -> str:
    """Return a key as a subscript writes it: `'name'`, `3`, `-1`, a constant by its last name, a slice, empty for any other."""
    kind = node.type
    text = text_of(node)
    if kind == "string":
        content = text[1:-1]
        return f"'{content}'" if text[0] in "'\"" and _KEY.fullmatch(content) else ""
    if kind in ("integer", "unary_operator"):
        return text if _INDEX.fullmatch(text) else ""
    if kind == "slice":
        return _start_of(text)
    if kind in ("identifier", "attribute"):
        name = text.rpartition(".")[2]
        return name if _CONSTANT.fullmatch(name) else ""
    return ""


def _start_of(text: str) -> str:
    """Return a slice as a subscript writes it: `:`, `2:` from a position on, `?:` where positions are not known."""
    start, _, rest = text.partition(":")
    start = start.strip()
    if ":" in rest or not (start.isdigit() or not start):
        return "?:"
    return f"{int(start)}:" if start and len(start) < 5 and int(start) else ":" if not start.strip("0") else "?:"


def _comprehended(node: Node) -> list[str]:
    """Return the names that the clauses of a comprehension bind."""
    found: list[str] = []
    stack = [child.child_by_field_name("left") for child in node.named_children if child.type == "for_in_clause"]
    while stack:
        current = stack.pop()
        if current is not None and current.type == "identifier":
            found.append(text_of(current))
        elif current is not None and current.type not in ("attribute", "subscript"):
            stack.extend(current.named_children)
    return found
