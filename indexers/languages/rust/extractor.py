"""Rust source -> neutral facts, in one walk over the named children.

Methods of an impl block carry its type as receiver; the trait of `impl Trait for Type` is noted on the type when it is
defined in the same file, and as the decorator `impl:Trait` on each method. Items inside the braces of a macro call
(`cfg_rt! { pub fn .. }`) are read as items where they parse as such.
Source: node types of tree-sitter-rust 0.24; the Rust reference, "Items" and "Names".
"""

from __future__ import annotations

from tree_sitter import Node, Parser, Range

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import FileFacts, Flag, Parameter, ScopeKind
from indexers.languages import parser_for
from indexers.languages.rust.conditions import features_of, holds, stands_for
from indexers.languages.rust.expressions import Expressions
from indexers.languages.rust.known_names import words
from indexers.languages.rust.types import (
    PARAMETER,
    bound_expression,
    bounded,
    bounds_of,
    head_of,
    split_top,
    type_expression,
)
from indexers.languages.rust.use_trees import leaves

_SIGNATURE_BYTES = 600
MAX_BOUNDS = 4
"""Traits that one type parameter is followed through."""
_COMMENTS = ("line_comment", "block_comment")
CONDITION_PREFIX = "cfg"
"""How the names of macros that stand for `#[cfg(..)]` begin."""
STANDS_FOR = "stands_for:"
WITHIN = "within:"
_ITEM_WORDS = words("pub fn mod use impl struct enum trait const async unsafe static type extern #")


def extract_rust(source: bytes, root: Node) -> FileFacts:
    """Return the facts of one Rust file. Never raises on bad source."""
    builder = FactsBuilder("rust", source)
    _Walk(builder).file(root)
    builder.report_syntax(root)
    return builder.facts


class _Walk(Expressions):
    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.features: list[str] = []
        """What the impl blocks around demand of the crate's features."""
        self.lacks_feature = False
        """Whether the item that comes next is there only without some feature."""
        self.path_attribute = ""
        """File of the next module, where an attribute gives it."""
        self.within: list[str] = []
        """The macros around that stand for conditions (`cfg_rt! { .. }`)."""
        self.item_macros: dict[str, Node] = {}
        """Macros of this file without parameters -> the items that they stand for."""
        self.macro_bodies: dict[str, int] = {}
        """The same macros -> the scope of each; in the used ones all calls stand in the items."""
        self.used_macros: set[str] = set()
        self.own_value = ""
        """Type of `self` in an impl block for a type of the standard library."""
        self.impl_bounds: dict[str, dict[int, str]] = {}
        """Type -> position of a parameter -> the bound that the impl blocks of this file put on it."""
        self.in_test = 0
        self.conditional = 0
        self.inactive = 0
        self.class_scope = -1
        self.receiver = ""
        self.trait = ""
        self.types: dict[tuple[int, str], int] = {}
        """(scope, name) -> definition of the types of this file, for the traits that they implement."""
        self.implemented: list[tuple[int, str, str]] = []
        self.has_super: set[int] = set()
        self.visits |= {
            "source_file": self._members,
            "declaration_list": self._members,
            "function_item": self._function,
            "function_signature_item": self._function,
            "struct_item": self._type,
            "union_item": self._type,
            "enum_item": self._type,
            "trait_item": self._type,
            "impl_item": self._impl,
            "mod_item": self._module,
            "foreign_mod_item": self._members,
            "use_declaration": self._use,
            "extern_crate_declaration": self._extern_crate,
            "const_item": self._constant,
            "static_item": self._constant,
            "type_item": self._alias,
            "associated_type": self._alias,
            "macro_definition": self._macro,
            "macro_invocation": self._invocation,
        }

    def file(self, root: Node) -> None:
        self.builder.facts.docstring = _inner_documentation(root)
        self._note_impl_bounds(root)
        self.visit(root, 0)
        self.walk_deferred()
        for macro, opened in self.macro_bodies.items():
            if macro not in self.used_macros:
                self.token_calls(self.item_macros[macro], opened)
        definitions = self.builder.facts.definitions
        for scope, name, trait in self.implemented:
            index = self.types.get((scope, name))
            if index is not None and trait not in definitions[index].implements:
                definitions[index].implements.append(trait)

    def path_head(self, path: str, scope: int) -> None:
        scopes = self.builder.facts.scopes
        while scope > 0 and scopes[scope].kind != ScopeKind.NAMESPACE:
            scope = scopes[scope].parent
        if scope > 0 and scope not in self.has_super and self.last is not None:
            self.has_super.add(scope)
            self.builder.add_import(self.last, scope, "super", "", "super")

    # members

    def _members(self, node: Node, scope: int) -> str:
        above: list[Node] = []
        for child in node.named_children:
            kind = child.type
            if kind in _COMMENTS or kind == "attribute_item":
                above.append(child)
                continue
            self.pending, above = above, []
            self.visit(child, scope)
            if self.shadow >= 0:
                scope, self.shadow = self.shadow, -1
        self.pending = []
        return "#?"

    def _above(self) -> tuple[str, list[str], int]:
        """Return the docstring, the attributes as decorators and the flags that they mean; taken once."""
        pending, self.pending = self.pending, []
        lines: list[str] = []
        decorators: list[str] = []
        self.path_attribute = ""
        self.lacks_feature = False
        decorators.extend((*self.features, *self.within))
        flags = (Flag.TEST if self.in_test else 0) | (Flag.CONDITIONAL if self.conditional else 0)
        flags |= Flag.INACTIVE if self.inactive else 0
        for node in pending:
            if node.type != "attribute_item":
                text = text_of(node)
                if text.startswith(("///", "/**")):
                    lines.extend(
                        line.strip().lstrip("/*!").rstrip("*/").strip() for line in text.rstrip("\n").split("\n")
                    )
                continue
            text = "".join(text_of(node).strip("#[]").split())
            name, parenthesis, arguments = text.partition("(")
            name, _, given = name.partition("=")
            if name == "cfg":
                flags |= Flag.TEST if arguments.startswith("test)") or "(test," in text else Flag.CONDITIONAL
                tree = _predicate(node)
                features = features_of(tree) if tree is not None and "feature" in arguments else []
                if tree is not None and holds(tree, None if features else True) is False:
                    flags |= Flag.INACTIVE
                elif tree is not None and holds(tree, True) is False:
                    self.lacks_feature = True
                decorators.extend(f"feature:{feature}" for feature in features)
            elif name == "path":
                self.path_attribute = given.strip('"')
            elif name not in ("derive", "doc", "allow", "inline", "must_use", "cfg_attr", "deny", "warn"):
                decorators.append(name.replace("::", ".") + ("()" if parenthesis else ""))
                if name.rpartition("::")[2] in (
                    "test",
                    "rstest",
                    "test_case",
                    "bench",
                    "wasm_bindgen_test",
                    "quickcheck",
                ):
                    flags |= Flag.TEST
        return "\n".join(lines).strip(), decorators, int(flags)

    def _signature(self, node: Node, body: Node | None) -> str:
        start = node.start_byte
        end = body.start_byte if body is not None else node.end_byte
        return (
            self.builder.source[start : min(end, start + _SIGNATURE_BYTES)]
            .decode("utf-8", "replace")
            .rstrip("; \t\r\n")
        )

    # modules and imports

    def _module(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self._above()
        name: Node | None = None
        body: Node | None = None
        for child in node.named_children:
            if child.type == "identifier":
                name = child
            elif child.type == "declaration_list":
                body = child
            elif child.type == "visibility_modifier":
                flags |= Flag.EXPORTED
        if name is None:
            return "#?"
        if body is None:
            kept = Flag.REEXPORT if flags & Flag.EXPORTED else 0
            flags |= Flag.INACTIVE if self.lacks_feature else 0
            module = _module_of(self.path_attribute) if self.path_attribute else text_of(name)
            kept |= self._within_flag() | (flags & (Flag.CONDITIONAL | Flag.INACTIVE))
            self.builder.add_import(name, scope, f"self::{module}", "", text_of(name), kept)
            return "#?"
        definition = self.builder.define(
            name,
            node,
            "package",
            scope,
            signature=self._signature(node, body),
            docstring=docstring or _inner_documentation(body),
            decorators=decorators,
            flags=flags,
        )
        opened = self.builder.open_scope(ScopeKind.NAMESPACE, scope, definition)
        is_test = bool(flags & Flag.TEST)
        own = [mark for mark in decorators if mark.startswith("feature:") and mark not in self.features]
        is_inactive = bool(flags & Flag.INACTIVE) or (self.lacks_feature and not own)
        self.in_test += is_test
        self.inactive += is_inactive
        features, self.features = self.features, [*self.features, *own]
        self._members(body, opened)
        self.features = features
        self.in_test -= is_test
        self.inactive -= is_inactive
        return "#?"

    def _use(self, node: Node, scope: int) -> str:
        _, _, above = self._above()
        flags = (above & (Flag.CONDITIONAL | Flag.INACTIVE)) | (Flag.INACTIVE if self.lacks_feature else 0)
        flags |= self._within_flag()
        for child in node.named_children:
            if child.type == "visibility_modifier":
                flags |= Flag.REEXPORT
            else:
                for leaf, module, name, alias in leaves(child):
                    self.builder.add_import(leaf, scope, module, name, alias if alias != "_" else "", flags)
        return "#?"

    def _within_flag(self) -> int:
        """Return the mark of an import inside a macro that stands for a condition: which one, its line says."""
        return int(Flag.MACRO) if self.within else 0

    def _extern_crate(self, node: Node, scope: int) -> str:
        self.pending = []
        names = [child for child in node.named_children if child.type == "identifier"]
        if names:
            self.builder.add_import(names[0], scope, text_of(names[0]), "", text_of(names[-1]))
        return "#?"

    # types

    def _type(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self._above()
        name: Node | None = None
        body: Node | None = None
        bases: list[str] = []
        for child in node.named_children:
            kind = child.type
            if kind == "type_identifier":
                name = child
            elif kind in (
                "field_declaration_list",
                "ordered_field_declaration_list",
                "enum_variant_list",
                "declaration_list",
            ):
                body = child
            elif kind == "trait_bounds":
                bases = [
                    base for part in child.named_children if part.type != "lifetime" if (base := type_expression(part))
                ]
            elif kind == "visibility_modifier":
                flags |= Flag.EXPORTED
        if name is None:
            return "#?"
        is_trait = node.type == "trait_item"
        definition = self.builder.define(
            name,
            node,
            "interface" if is_trait else "class",
            scope,
            signature=self._signature(node, body),
            docstring=docstring,
            bases=bases,
            decorators=decorators,
            flags=flags,
            type_parameters=[Parameter(parameter) for parameter in _parameter_names(node)],
        )
        self.types[scope, text_of(name)] = definition
        opened = self.builder.open_scope(ScopeKind.CLASS, scope, definition)
        outer = self.generics, self.class_scope, self.receiver, self.trait, self.names
        self.generics, self.class_scope, self.receiver, self.trait, self.names = (
            bounds_of(node, self.generics),
            opened,
            "",
            "",
            None,
        )
        own = [(parameter, self.generics.get(parameter, "")) for parameter in _parameter_names(node)]
        self.generics["Self"] = f"{PARAMETER}Self[{text_of(name)}]" if is_trait else _applied(text_of(name), own)
        for position, (parameter, typed) in enumerate(own):
            bound = self.impl_bounds.get(text_of(name), {}).get(position)
            if bound and typed == PARAMETER + parameter:
                self.generics[parameter] = bounded(parameter, typed, bound)
        if body is not None and is_trait:
            self._members(body, opened)
        elif body is not None:
            self._fields(body, opened, text_of(name))
        self.generics, self.class_scope, self.receiver, self.trait, self.names = outer
        return "#?"

    def _fields(self, body: Node, scope: int, owner: str) -> None:
        """Fields of a struct, numbered ones of a tuple struct, variants of an enum."""
        above: list[Node] = []
        position = 0
        for child in body.named_children:
            kind = child.type
            if kind in _COMMENTS or kind == "attribute_item":
                above.append(child)
                continue
            self.pending, above = above, []
            docstring, _, flags = self._above()
            if kind == "field_declaration":
                parts = [part for part in child.named_children if part.type != "visibility_modifier"]
                typed = type_expression(parts[-1], self.generics)
                self.builder.define(
                    parts[0],
                    child,
                    "variable",
                    scope,
                    signature=self._signature(child, None),
                    docstring=docstring,
                    type=typed,
                    flags=flags,
                )
            elif kind == "enum_variant":
                name = next((part for part in child.named_children if part.type == "identifier"), child)
                self._variant_fields(child, scope, text_of(name))
                self.builder.define(
                    name,
                    child,
                    "variable",
                    scope,
                    signature=self._signature(child, None),
                    docstring=docstring,
                    type=owner,
                    flags=flags,
                )
            elif body.type == "ordered_field_declaration_list" and kind != "visibility_modifier":
                typed = type_expression(child, self.generics)
                self.builder.define(
                    child,
                    child,
                    "variable",
                    scope,
                    name=str(position),
                    signature=text_of(child),
                    type=typed,
                    flags=flags,
                )
                position += 1

    def _variant_fields(self, variant: Node, scope: int, name: str) -> None:
        """Bind `Circle#0` or `Circle#radius` in the enum: what a pattern takes out of the variant."""
        body = variant.named_children[-1]
        position = 0
        for child in body.named_children:
            if body.type == "ordered_field_declaration_list":
                if child.type not in ("visibility_modifier", "attribute_item", *_COMMENTS):
                    self.builder.assign(child, scope, f"{name}#{position}", "", type_expression(child, self.generics))
                    position += 1
            elif child.type == "field_declaration":
                parts = [part for part in child.named_children if part.type != "visibility_modifier"]
                typed = type_expression(parts[-1], self.generics)
                self.builder.assign(child, scope, f"{name}#{text_of(parts[0])}", "", typed)

    def _note_impl_bounds(self, root: Node) -> None:
        """Note what impl blocks demand of the parameters of their types: fields of such a type have those members."""
        stack = [root]
        while stack:
            for child in stack.pop().named_children:
                if child.type == "mod_item":
                    stack.extend(part for part in child.named_children if part.type == "declaration_list")
                elif child.type == "impl_item":
                    self._note_bounds_of(child)

    def _note_bounds_of(self, impl: Node) -> None:
        typed = impl.child_by_field_name("type")
        if typed is None or typed.type != "generic_type" or len(typed.named_children) < 2:
            return
        generics = bounds_of(impl, {})
        known = self.impl_bounds.setdefault(text_of(typed.named_children[0]), {})
        arguments = [part for part in typed.named_children[-1].named_children if part.type != "lifetime"]
        for position, argument in enumerate(arguments):
            parameter = generics.get(text_of(argument), "") if argument.type == "type_identifier" else ""
            bound = parameter.partition("[")[2][:-1]
            if bound:
                # What any block demands the content has, where that block's methods are called.
                traits = dict.fromkeys([*split_top(known.get(position, ""), "|"), *split_top(bound, "|")])
                known[position] = "|".join([trait for trait in traits if trait][:MAX_BOUNDS])

    def _impl(self, node: Node, scope: int) -> str:
        _, marks, flags = self._above()
        trait = typed = ""
        body: Node | None = None
        subject: Node | None = None
        has_for = False
        generics = bounds_of(node, self.generics)
        for child in node.children:
            kind = child.type
            if kind == "for":
                has_for = True
                trait, subject = type_expression(subject), None
            elif kind == "declaration_list":
                body = child
            elif child.is_named and kind not in ("type_parameters", "where_clause", *_COMMENTS):
                subject = child
        typed = type_expression(subject)
        head = typed.partition("[")[0] or ("slice" if typed else "")
        is_blanket = head in generics or not head
        if is_blanket:
            # Its methods read as defaults of the trait.
            head = trait.partition("[")[0]
        if has_for and trait and not is_blanket:
            self.implemented.append((scope, head, trait))
        if body is None or not head:
            return "#?"
        applied = type_expression(subject, generics) if not is_blanket else ""
        is_generic = "[" in applied and head != "slice"
        generics["Self"] = applied if is_generic else generics.get(typed, head) if is_blanket else head
        if trait and subject is not None and subject.type == "reference_type":
            trait = "&" + trait
        outer_value, self.own_value = self.own_value, ""
        if is_blanket:
            self.own_value = f"{generics.get(typed, '')}|{head}".strip("|")
        elif head == "slice":
            self.own_value = applied
        outer = self.generics, self.class_scope, self.receiver, self.trait, self.names, self.conditional, self.inactive
        self.generics, self.class_scope, self.receiver, self.trait, self.names = (
            generics,
            -1,
            applied if is_generic else head,
            trait,
            None,
        )
        self.conditional += bool(flags & Flag.CONDITIONAL)
        self.inactive += bool(flags & Flag.INACTIVE)
        features, self.features = self.features, [mark for mark in marks if mark.startswith("feature:")]
        self._members(body, scope)
        self.features = features
        self.own_value = outer_value
        self.generics, self.class_scope, self.receiver, self.trait, self.names, self.conditional, self.inactive = outer
        return "#?"

    def _alias(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self._above()
        name = next((child for child in node.named_children if child.type == "type_identifier"), None)
        value = node.child_by_field_name("type")
        if name is None:
            return "#?"
        typed = type_expression(value, bounds_of(node, self.generics))
        bounds = node.child_by_field_name("bounds")
        if value is None and bounds is not None:
            typed = bound_expression(bounds, self.generics)
        if self.names is None:
            self.builder.define(
                name,
                node,
                "variable",
                scope,
                signature=self._signature(node, None),
                docstring=docstring,
                type=typed,
                receiver=self.receiver,
                decorators=decorators,
                flags=flags | Flag.TYPE_ONLY,
                type_parameters=[Parameter(parameter) for parameter in _parameter_names(node)],
            )
        head = head_of(typed)
        # A type with arguments, or with parameters of its own, is read from the definition.
        is_plain = "[" not in typed and node.child_by_field_name("type_parameters") is None
        if head and head != "func" and not self.receiver and (is_plain or self.names is not None):
            self.builder.assign(name, scope, text_of(name), head)
        return "#?"

    def _constant(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self._above()
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return "#?"
        typed = type_expression(node.child_by_field_name("type"), self.generics)
        if self.names is None:
            self.builder.define(
                name,
                node,
                "variable",
                scope,
                signature=self._signature(node, value).rstrip("= "),
                docstring=docstring,
                type=typed,
                receiver=self.receiver,
                decorators=decorators,
                flags=flags,
            )
        if value is not None:
            for path in self.values(value, scope):
                if not self.receiver and not path.startswith("#"):
                    self.builder.assign(name, scope, text_of(name), path, typed)
        return "#?"

    # functions

    def _function(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self._above()
        name: Node | None = None
        body: Node | None = None
        parameters: list[Parameter] = []
        returned: Node | None = None
        generics = bounds_of(node, self.generics)
        has_self = False
        for child in node.named_children:
            kind = child.type
            if kind == "identifier" or kind == "metavariable":
                name = child
            elif kind == "parameters":
                has_self, parameters = _parameters(child, generics)
            elif kind == "block":
                body = child
            elif kind == "visibility_modifier":
                flags |= Flag.EXPORTED
            elif kind == "function_modifiers":
                flags |= Flag.ASYNC if b"async" in (child.text or b"") else 0
            elif kind not in ("type_parameters", "where_clause", *_COMMENTS):
                returned = child
        if name is None:
            return "#?"
        in_type = bool(self.receiver) or scope == self.class_scope
        if body is None:
            flags |= Flag.DECLARATION | (Flag.ABSTRACT if in_type else 0)
        if in_type and not has_self:
            flags |= Flag.STATIC
        if self.trait:
            decorators.append(f"impl:{self.trait}")
        definition = self.builder.define(
            name,
            node,
            "method" if in_type else "function",
            scope,
            signature=self._signature(node, body),
            docstring=docstring,
            type=type_expression(returned, generics),
            receiver=self.receiver,
            decorators=decorators,
            parameters=parameters,
            flags=flags,
        )
        opened = self.builder.open_scope(ScopeKind.FUNCTION, scope, definition)
        if has_self and self.own_value and body is not None:
            self.builder.assign(name, opened, "self", "", self.own_value)
        if body is not None:
            self._body(body, opened, parameters, generics)
        return "#?"

    def _body(self, body: Node, opened: int, parameters: list[Parameter], generics: dict[str, str]) -> None:
        outer = self.names, self.generics, self.returns_scope, self.class_scope, self.receiver, self.trait
        self.late = {}
        self.names = {parameter.name: parameter.type for parameter in parameters if parameter.name}
        self.generics, self.returns_scope, self.class_scope, self.receiver, self.trait = generics, opened, -1, "", ""
        for path in self.values(body, opened):
            if not path.startswith("#"):
                self.builder.returns(opened, path)
        self.names, self.generics, self.returns_scope, self.class_scope, self.receiver, self.trait = outer
        self.shadow = -1

    # macros

    def _macro(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self._above()
        names = node.named_children
        if not names:
            return "#?"
        definition = self.builder.define(
            names[0],
            node,
            "function",
            scope,
            signature=f"macro_rules! {text_of(names[0])}",
            docstring=docstring,
            decorators=decorators,
            flags=flags | Flag.MACRO,
        )
        opened = self.builder.open_scope(ScopeKind.FUNCTION, scope, definition)
        rules = [rule for rule in names[1:] if rule.type == "macro_rule" and rule.named_children]
        for rule in rules:
            condition = stands_for(rule.named_children[-1])
            self.builder.facts.definitions[definition].decorators.extend(f"{STANDS_FOR}{mark}" for mark in condition)
        body = (
            rules[0].named_children[-1] if len(rules) == 1 and not rules[0].named_children[0].named_children else None
        )
        if body is not None and _holds_items(body) and b"$" not in (body.text or b""):
            self.item_macros[text_of(names[0])] = body
            self.macro_bodies[text_of(names[0])] = opened
            return "#?"
        for rule in rules:
            self.token_calls(rule.named_children[-1], opened)
        return "#?"

    def _invocation(self, node: Node, scope: int) -> str:
        self.pending = []
        tree = node.named_children[-1] if node.named_children else None
        if tree is None or tree.type != "token_tree":
            return self._macro_call(node, scope)
        if self.names is None and self._made_items(node, scope):
            return "#?"
        name = text_of(node.named_children[0])
        blocks = (
            [tree]
            if _holds_items(tree)
            else [part for part in tree.named_children if name == "cfg_if" and _holds_items(part)]
        )
        parsed = [root for block in blocks if (root := self._parsed_items(block)) is not None]
        if not parsed:
            return self._macro_call(node, scope)
        self.builder.call(node.named_children[0], scope, name, 0, Flag.MACRO)
        # By convention such a macro stands for `#[cfg(..)]`; for which one, its definition says, most often in another file.
        is_condition = name.startswith(CONDITION_PREFIX)
        self.conditional += is_condition
        within, self.within = self.within, [*self.within, *([f"{WITHIN}{name}"] if is_condition else ())]
        for root in parsed:
            self._members(root, scope)
        self.conditional -= is_condition
        self.within = within
        return "#?"

    def _made_items(self, node: Node, scope: int) -> bool:
        """Visit the items that a macro of this file stands for, as if they were written where it is used."""
        name, tree = text_of(node.named_children[0]), node.named_children[-1]
        body = self.item_macros.get(name)
        if body is None or tree.type != "token_tree" or len(tree.children) != 2:
            return False
        self.used_macros.add(name)
        root = self._parsed_items(body)
        if root is not None:
            self.builder.call(node.named_children[0], scope, name, 0, Flag.MACRO)
            self._members(root, scope)
        return root is not None

    def _parsed_items(self, tree: Node) -> Node | None:
        """Parse what stands between the braces as items, at its place in the file; None when it is something else."""
        opening, closing = tree.children[0], tree.children[-1]
        span = Range(opening.end_point, closing.start_point, opening.end_byte, closing.start_byte)
        language = parser_for("rust").language
        if language is None:
            return None
        root = Parser(language, included_ranges=[span]).parse(self.builder.source).root_node
        return None if root.has_error else root


def _predicate(attribute: Node) -> Node | None:
    """Return the token tree of a `cfg` attribute."""
    inner = attribute.named_children[0] if attribute.named_children else None
    tree = inner.named_children[-1] if inner is not None and inner.named_children else None
    return tree if tree is not None and tree.type == "token_tree" else None


def _module_of(path: str) -> str:
    """Return the module path of a `#[path]` attribute's file: `unix/mod.rs` -> `unix`."""
    parts = [part for part in path.removesuffix(".rs").split("/") if part not in ("", ".")]
    return "::".join("super" if part == ".." else part for part in (parts[:-1] if parts[-1:] == ["mod"] else parts))


def _parameter_names(item: Node) -> list[str]:
    """Return the type parameters of an item in order, lifetimes left out."""
    generics = item.child_by_field_name("type_parameters")
    return [
        text_of(name)
        for parameter in (generics.named_children if generics is not None else ())
        if parameter.type in ("type_parameter", "const_parameter")
        and (name := parameter.child_by_field_name("name")) is not None
    ]


def _applied(name: str, parameters: list[tuple[str, str]]) -> str:
    """Return the type that an item with type parameters declares, `Wrapper['T]`."""
    return f"{name}[{','.join(typed or '?' for _, typed in parameters)}]" if parameters else name


def _holds_items(tree: Node) -> bool:
    children = tree.children
    return (
        len(children) > 2
        and children[0].type == "{"
        and (text_of(children[1]) in _ITEM_WORDS or children[1].type in _COMMENTS)
    )


def _inner_documentation(node: Node) -> str:
    """Return the `//!` comments at the top of a file or an inline module."""
    lines: list[str] = []
    for child in node.named_children:
        if child.type == "inner_attribute_item":
            continue
        text = text_of(child) if child.type in _COMMENTS else ""
        if text.startswith(("//!", "/*!")):
            lines.extend(line.strip().lstrip("/*!").rstrip("*/").strip() for line in text.rstrip("\n").split("\n"))
        elif child.type not in _COMMENTS:
            break
    return "\n".join(lines).strip()


def _parameters(node: Node, generics: dict[str, str]) -> tuple[bool, list[Parameter]]:
    """Return whether there is a `self`, and the other parameters; a pattern has no name."""
    found: list[Parameter] = []
    has_self = False
    for child in node.named_children:
        kind = child.type
        if kind == "self_parameter":
            has_self = True
        elif kind == "parameter":
            parts = [part for part in child.named_children if part.type != "mutable_specifier"]
            if len(parts) >= 2:
                pattern = parts[0]
                has_self = has_self or pattern.type == "self"
                if pattern.type == "self":
                    continue
                name = text_of(pattern) if pattern.type == "identifier" else ""
                found.append(Parameter(name, type_expression(parts[-1], generics)))
        elif kind == "variadic_parameter":
            found.append(Parameter("", "", int(Flag.VARIADIC)))
    return has_self, found
