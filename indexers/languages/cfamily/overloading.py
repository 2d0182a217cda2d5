"""Which C++ overload a call means, by what is known of the types of its arguments.

Types are coarse, as facts have them: pointers, references and `const` are dropped, so `char` may be a character or a
string. What is not known takes no part in the choice. Source: ISO C++ [over.match], [over.best.ics].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from indexers.facts import Call, Definition, Flag, Parameter
from indexers.languages.cfamily.known_names import words
from indexers.resolution.evaluator import Evaluator
from indexers.resolution.overloads import Candidate, accepts, choose, parameter_at
from indexers.resolution.program import CONSTRUCTOR_NAME
from indexers.resolution.values import (
    EXTERNAL,
    IMPORT,
    INSTANCE,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)

Kind = tuple[str, str | int]
"""(kind, which): `class` and a symbol, `num`, `char`, `str`, `bool`, `null`, `func`, `void`, `ext` and a name."""

_DEFAULT = int(Flag.DEFAULT)
_IMPLICIT = int(Flag.IMPLICIT)
_MACRO = int(Flag.MACRO)
_MOVING = int(Flag.CONSTRUCTION | Flag.IMPLICIT)
_POINTER = int(Flag.POINTER)
_VARIADIC = int(Flag.VARIADIC)
_CANONICAL = {
    "signed": "int",
    "int32_t": "int",
    "uint32_t": "unsigned",
    "int8_t": "schar",
    "uint8_t": "uchar",
    "int16_t": "short",
    "uint16_t": "ushort",
    **dict.fromkeys(("int64_t", "ssize_t", "ptrdiff_t", "intptr_t", "off_t", "time_t"), "long"),
    **dict.fromkeys(("uint64_t", "size_t", "uintptr_t"), "ulong"),
}
"""Names of numbers that are one type on 64-bit Linux."""
_SMALL = words("schar uchar short ushort wchar_t char16_t char32_t char8_t")
"""Numbers that are promoted to `int`."""
_NUMBERS = _SMALL | words("int unsigned long ulong llong ullong float double")
_STRINGS = words("string string_view StringPiece basic_string basic_string_view")
_TEXT_MEMBERS = words("c_str() data()")
_SIZE_MEMBERS = words("size() length() count() capacity()")
_LITERALS: dict[str, Kind] = {
    "#str": ("str", ""),
    "#num": ("num", "#"),
    "#bool": ("bool", ""),
    "#none": ("null", ""),
    "#char": ("chr", ""),
    "#int": ("num", "int"),
    "#unsigned": ("num", "unsigned"),
    "#long": ("num", "long"),
    "#uint64_t": ("num", "ulong"),
    "#size_t": ("num", "ulong"),
    "#float": ("num", "float"),
    "#double": ("num", "double"),
}
_PROMOTED = 1
_STANDARD = 2
"""Level of a standard conversion; a base class counts by its distance."""
_TEXT = 8
"""Level of a conversion between texts: a literal that becomes a string."""
_CONVERTED = 10
"""Level of a conversion that a class or an unknown type defines."""

_BASIC: dict[tuple[str, str], int] = {
    ("num", "char"): _STANDARD,
    ("num", "bool"): _STANDARD,
    ("num", "class"): _CONVERTED,
    ("num", "ext"): _CONVERTED,
    ("num", "void"): _CONVERTED,
    ("chr", "char"): 0,
    ("chr", "bool"): _STANDARD,
    ("chr", "ext"): _CONVERTED,
    ("chr", "class"): _CONVERTED,
    ("bool", "class"): _CONVERTED,
    ("bool", "ext"): _CONVERTED,
    ("char", "str"): 0,
    ("char", "bool"): _STANDARD,
    ("char", "void"): _STANDARD,
    ("char", "ext"): _TEXT,
    ("char", "class"): _TEXT,
    ("str", "str"): 0,
    ("str", "char"): 0,
    ("str", "bool"): _STANDARD,
    ("str", "void"): _STANDARD,
    ("str", "ext"): _TEXT,
    ("str", "class"): _TEXT,
    ("null", "num"): _STANDARD,
    ("null", "bool"): _STANDARD,
    ("null", "char"): 0,
    ("null", "str"): 0,
    ("null", "class"): 0,
    ("null", "ext"): 0,
    ("null", "void"): 0,
    ("null", "func"): 0,
    ("func", "ext"): _TEXT,
    ("func", "class"): _CONVERTED,
    ("func", "void"): _STANDARD,
    ("class", "void"): _STANDARD,
    ("class", "ext"): _CONVERTED,
    ("ext", "class"): _TEXT,
    ("ext", "str"): _CONVERTED,
    ("ext", "num"): _CONVERTED,
    ("ext", "char"): _CONVERTED,
    ("ext", "bool"): _CONVERTED,
    ("ext", "void"): _STANDARD,
    ("ext", "func"): _TEXT,
}


class Overloading:
    """Chooses for one program; a `Conversions` of its types."""

    by_phase = False

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.program = evaluator.program
        self._candidates: dict[int, Candidate[Kind]] = {}
        self._converting: dict[tuple[Kind, int], int] = {}
        self._single: dict[int, list[tuple[int, Kind]]] = {}

    def forget(self) -> None:
        self._candidates.clear()
        self._converting.clear()
        self._single.clear()

    def chosen(self, scope: int, targets: Iterable[int], call: Call) -> tuple[list[int], bool]:
        """Return those of several callables that a call in `scope` means, and whether the choice is certain.

        Empty: none fits, as far as types are known.
        """
        arguments = [self.type_of_value(scope, path) for path in call.arguments[: call.argument_count]]
        arguments += [None] * (call.argument_count - len(arguments))
        candidates = [self._candidate(target) for target in targets]
        choice = choose(candidates, arguments, self)
        kept = list(choice.targets)
        if len(kept) == 1:
            taken = self._candidate(kept[0])
            kept = [each.target for each in candidates if each.parameters == taken.parameters]
        if len(kept) > 1:
            return ([self._twin(scope, kept, call)], False) if self._are_twins(kept) else (kept, False)
        return kept, choice.certain

    def makers(self, scope: int, constructors: Sequence[int], call: Call) -> list[int]:
        """Return the constructor that `return x` or `T a = x` calls ([class.copy.elision]: none for what was just made)."""
        argument = self.type_of_value(scope, call.arguments[0])
        if argument is None or argument[0] in ("func", "null"):
            return []
        fitting = []
        for each in constructors:
            first = parameter_at(self._candidate(each), 0)
            owner = self.evaluator.owner(each)
            if first is None or owner < 0 or not accepts(self._candidate(each), 1):
                continue
            is_copy = argument == ("class", owner)
            if is_copy and (first != argument or call.arguments[0].endswith(")")):
                continue
            if is_copy or (not self._is_explicit(each) and self._direct_level(argument, first) >= 0):
                fitting.append(each)
        if not fitting:
            return []
        kept, certain = self.chosen(scope, fitting, call)
        return kept if len(kept) == 1 and certain else []

    def _is_explicit(self, symbol: int) -> bool:
        definition = self.program.definition(symbol)
        return definition is not None and "explicit" in definition.signature.split()

    def by_arguments(self, scope: int, call: Call) -> Outcome:
        """Return the functions of this name in the namespaces of the arguments' classes ([basic.lookup.argdep])."""
        holder, _, name = call.callee.rpartition(".")
        is_operator = bool(call.flags & _IMPLICIT) and name.startswith("operator")
        if holder and not is_operator:
            return UNKNOWN
        paths = [holder, *call.arguments] if is_operator else call.arguments
        kinds = [self.type_of_value(scope, path) for path in paths]
        found: set[int] = set()
        for kind in kinds:
            if kind is not None and kind[0] == "class":
                values, _ = self.evaluator.namespace_member(self._namespace(int(kind[1])), name)
                found.update(payload_of(value) for value in values if kind_of(value) == SYMBOL)
        callables = sorted(symbol for symbol in found if self._is_function(symbol))
        if is_operator:
            kinds += [None] * (2 - len(kinds))
            choice = choose([self._candidate(each) for each in callables], kinds, self)
            callables = list(choice.targets) if len(choice.targets) == 1 else []
            if callables and not self._takes(callables[0], kinds):
                callables = []
        return (tuple(symbol << 3 | SYMBOL for symbol in callables), IMPORT) if callables else UNKNOWN

    def conversions(self, scope: int, targets: Sequence[int], call: Call) -> list[int]:
        """Return the constructors that make objects of arguments of other types: `Slice` of `get("key")`."""
        callables = [target for target in targets if self._is_function(target)]
        if len(callables) != 1 or not call.arguments:
            return []
        found: set[int] = set()
        parameters = self._candidate(callables[0]).parameters
        for parameter, path in zip(parameters, call.arguments, strict=False):
            if parameter is not None and parameter[0] == "class" and self._single_argument(int(parameter[1])):
                argument = self.type_of_value(scope, path)
                if argument is not None and argument != parameter and argument[0] not in ("null", "func"):
                    constructor = self.converting(argument, int(parameter[1]))
                    if constructor >= 0:
                        found.add(constructor)
        return sorted(found)

    def converting(self, argument: Kind, symbol: int) -> int:
        """Return the constructor of a class that turns an argument into one, -1 when none is known to."""
        key = (argument, symbol)
        known = self._converting.get(key)
        if known is None:
            best: tuple[int, int] | None = None
            for constructor, parameter in self._single_argument(symbol):
                level = self._direct_level(argument, parameter)
                if level >= 0 and (best is None or level < best[0]):
                    best = (level, constructor)
            known = self._converting[key] = best[1] if best is not None else -1
        return known

    def _single_argument(self, symbol: int) -> list[tuple[int, Kind]]:
        """Return (constructor, type that it takes) of those that convert: one argument, not `explicit`, of another type."""
        known = self._single.get(symbol)
        if known is None:
            known = self._single[symbol] = []
            values, _ = self.evaluator.class_member(symbol, CONSTRUCTOR_NAME, of_class=True)
            for value in values:
                definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
                if definition is None or self._is_explicit(payload_of(value)) or not definition.parameters:
                    continue
                candidate = self._candidate(payload_of(value))
                first = candidate.parameters[0] if candidate.parameters else None
                if candidate.required <= 1 and first is not None and first != ("class", symbol):
                    known.append((payload_of(value), first))
        return known

    def _direct_level(self, argument: Kind, parameter: Kind) -> int:
        """Return the level of a conversion without any constructor, -1 when there is none."""
        if argument == parameter:
            return 0
        pair = (argument[0], parameter[0])
        if pair == ("class", "class"):
            return self._distance(argument[1], parameter[1])
        if parameter[0] == "num" and argument[0] in ("num", "chr", "char", "bool"):
            return _between_numbers(argument, parameter)
        if pair == ("ext", "ext"):
            return _TEXT if argument[1] in _STRINGS and parameter[1] in _STRINGS else -1
        if parameter[0] == "ext" and parameter[1] in _STRINGS and argument[0] in ("str", "char"):
            return _TEXT
        if pair == ("str", "str"):
            return 0
        return (
            _BASIC[pair] if pair in _BASIC and parameter[0] in ("num", "char", "bool") and argument[0] != "ext" else -1
        )

    def _takes(self, symbol: int, kinds: Sequence[Kind | None]) -> bool:
        """Whether an operator is for one of these classes: that of at least one parameter is that of its argument."""
        parameters = self._candidate(symbol).parameters
        return any(
            kind is not None
            and kind[0] == "class"
            and parameter is not None
            and self._direct_level(kind, parameter) >= 0
            for kind, parameter in zip(kinds, parameters, strict=False)
        )

    def _namespace(self, symbol: int) -> int:
        """Return the namespace around a symbol."""
        scope = self.program.home_scope(symbol)
        while self.program.scope_namespace[scope] < 0 and self.program.parent_scope(scope) >= 0:
            scope = self.program.parent_scope(scope)
        return self.program.scope_namespace[scope]

    def _is_function(self, symbol: int) -> bool:
        definition = self.program.definition(symbol)
        return definition is not None and definition.kind in ("function", "method") and not definition.flags & _MACRO

    def level(self, argument: Kind, parameter: Kind) -> int:
        """See `Conversions`."""
        if argument == parameter:
            return 0
        pair = (argument[0], parameter[0])
        if parameter[0] == "class" and argument[0] not in ("null", "func"):
            distance = self._distance(argument[1], parameter[1]) if argument[0] == "class" else -1
            if distance >= 0:
                return distance
            return _TEXT if self.converting(argument, int(parameter[1])) >= 0 else -1
        if parameter[0] == "num" and argument[0] in ("num", "chr", "char", "bool"):
            return _between_numbers(argument, parameter)
        if pair == ("ext", "ext"):
            both_text = argument[1] in _STRINGS and parameter[1] in _STRINGS
            return _TEXT if both_text else _CONVERTED
        if pair in (("class", "num"), ("class", "bool"), ("class", "char")) and self._is_enum(argument[1]):
            return _PROMOTED if parameter[1] == "int" else _STANDARD
        return _BASIC.get(pair, -1)

    def narrower(self, one: Kind, other: Kind, argument: Kind | None) -> bool:
        """See `Conversions`."""
        return one[0] == other[0] == "class" and self._distance(one[1], other[1]) >= 0

    # types

    def type_of_value(self, scope: int, path: str) -> Kind | None:
        """Return the type of an argument, None when it is not known."""
        literal = _LITERALS.get(path)
        if literal is not None:
            return literal
        if path.startswith("#lambda"):
            return ("func", "")
        if not path or path.startswith("#"):
            return None
        values = self.evaluator.path(scope, path)[0]
        return self._kind(values[0], is_value=True) if len(values) == 1 else None

    def type_of_parameter(self, symbol: int, expression: str) -> Kind | None:
        """Return the type of a parameter, None for that of a template."""
        if not expression:
            return None
        if expression == "func":
            return ("func", "")
        known = _named(expression)
        if known is not None:
            return known
        definition = self.program.definition(symbol)
        inside = definition is not None and definition.receiver and self.program.body_scope(symbol) >= 0
        scope = self.program.body_scope(symbol) if inside else self.program.home_scope(symbol)
        values = self.evaluator.type_values(scope, expression)[0]
        if len(values) == 1:
            return self._kind(values[0], is_value=False)
        return None if values else ("ext", _last(expression))

    def _kind(self, value: int, *, is_value: bool) -> Kind | None:
        kind, payload = kind_of(value), payload_of(value)
        if kind == INSTANCE:
            return ("class", payload)
        if kind == TYPED:
            expression = self.evaluator.typed_expression(value)
            return ("str", "") if expression == "[]char" else ("ext", _last(expression))
        if kind == EXTERNAL:
            return _external(self.evaluator.external_name(value))
        if kind == SYMBOL and is_value:
            definition = self.program.definition(payload)
            return ("func", "") if definition is not None and definition.kind in ("function", "method") else None
        return None

    def _distance(self, derived: str | int, base: str | int) -> int:
        """Return how many steps a class is below another one, -1 when it is not."""
        order = self.evaluator.mro(int(derived))
        wanted = int(base) << 3 | INSTANCE
        return order.index(wanted) if wanted in order else -1

    def _is_enum(self, symbol: str | int) -> bool:
        definition = self.program.definition(int(symbol))
        return definition is not None and definition.signature.startswith("enum")

    # candidates

    def _candidate(self, symbol: int) -> Candidate[Kind]:
        known = self._candidates.get(symbol)
        if known is None:
            definition = self.program.definition(symbol)
            assert definition is not None
            parameters = [one for one in definition.parameters if not (one.flags & _VARIADIC and not one.type)]
            required = sum(1 for one in parameters if not one.flags & (_DEFAULT | _VARIADIC))
            types = tuple(self._declared(symbol, one) for one in parameters)
            required -= self.evaluator.declared_defaults(symbol) if required else 0
            variadic = len(parameters) < len(definition.parameters) or any(one.flags & _VARIADIC for one in parameters)
            if len(parameters) < len(definition.parameters):
                types += (None,)  # `...` and a pack take anything
            known = self._candidates[symbol] = Candidate(symbol, types, required, variadic)
        return known

    def _declared(self, symbol: int, parameter: Parameter) -> Kind | None:
        kind = self.type_of_parameter(symbol, parameter.type)
        return ("str", "") if kind == ("char", "") and parameter.flags & _POINTER else kind

    def _are_twins(self, symbols: Sequence[int]) -> bool:
        """Whether two methods of a class take the same: `const` on the method alone tells them apart."""
        first, owner = self._candidate(symbols[0]), self.evaluator.owner(symbols[0])
        if len(symbols) != 2 or owner < 0 or self.evaluator.owner(symbols[1]) != owner:
            return False
        return self._candidate(symbols[1]).parameters == first.parameters

    def _twin(self, scope: int, symbols: list[int], call: Call) -> int:
        """Of `f(T&&)` and `f(const T&)` the first takes what a call has just made; of a method and its `const` twin the
        latter is meant inside another `const` method, else the former."""
        moving = [symbol for symbol in symbols if self._moves(symbol)]
        if len(moving) == 1:
            is_temporary = bool(call.arguments) and call.arguments[-1].endswith(")")
            is_temporary = is_temporary or call.flags & _MOVING == _MOVING  # what a function returns is moved
            return moving[0] if is_temporary else next(symbol for symbol in symbols if symbol != moving[0])
        wanted = self._is_const(self.program.definition(self.program.opener(scope)))
        for symbol in symbols:
            if self._is_const(self.program.definition(symbol)) == wanted:
                return symbol
        return symbols[0]

    def _moves(self, symbol: int) -> bool:
        definition = self.program.definition(symbol)
        return definition is not None and "&&" in definition.signature.rpartition(")")[0]

    @staticmethod
    def _is_const(definition: Definition | None) -> bool:
        return definition is not None and "const" in definition.signature.rpartition(")")[2].split()


def _between_numbers(argument: Kind, parameter: Kind) -> int:
    """Return the level of a conversion to a number. Source: ISO C++ [conv.prom], [conv.integral]."""
    if argument == parameter or (argument[1] == "#" and parameter[1] not in ("float", "double")):
        return 0
    is_small = argument[0] != "num" or argument[1] in _SMALL
    promoted = (is_small and parameter[1] == "int") or (argument[1] == "float" and parameter[1] == "double")
    return _PROMOTED if promoted else _STANDARD


def _named(expression: str) -> Kind | None:
    number = _CANONICAL.get(expression, expression)
    if number in _NUMBERS:
        return ("num", number)
    if expression in ("char", "bool", "void"):
        return (expression, "")
    return None


def _external(name: str) -> Kind | None:
    if name in ("str", "num", "bool"):
        return _LITERALS[f"#{name}"]
    known = _named(name)
    if known is not None:
        return known
    last = name.rpartition(".")[2]
    if last in _TEXT_MEMBERS:
        return ("str", "")
    if last in _SIZE_MEMBERS:
        return ("num", "size_t")
    return None if last.endswith(")") else ("ext", last)


def _last(expression: str) -> str:
    return expression.partition("[")[0].rpartition(".")[2] or "[]"
