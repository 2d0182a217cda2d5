"""Go's statements: blocks and their scopes, declarations of local variables, assignments, loops, switches."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.extraction.expressions import last_length
from indexers.facts import Flag, Reference, ScopeKind
from indexers.languages.go.calls import Calls
from indexers.languages.go.walk import DECLARING, IGNORED, SILENT, expressions_of

_WRITE = int(Flag.WRITE)


class Statements(Calls):
    def block(self, node: Node, scope: int) -> str:
        return self.walk_children(node, self.block_scope(node, scope))

    def block_scope(self, node: Node, scope: int) -> int:
        """Return a new BLOCK scope when the block declares names, else the scope around."""
        for child in node.children:
            if child.type == "statement_list" and any(item.type in DECLARING for item in child.children):
                return self.builder.open_scope(ScopeKind.BLOCK, scope)
        return scope

    def statements(self, node: Node, scope: int) -> str:
        return self.walk_children(node, scope)

    def scoped(self, node: Node, scope: int) -> str:
        """Visit an `if`, `for`, `switch` or `select` case: names of its header live in it and its blocks alone."""
        for child in node.children:
            kind = child.type
            if kind in DECLARING or kind in ("range_clause", "for_clause", "receive_statement"):
                scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
            if kind == "expression_case" or kind == "default_case":
                self.walk_children(child, self.block_scope(child, scope))
            elif kind == "statement_list":
                declares = any(item.type in DECLARING for item in child.children)
                self.walk_children(child, self.builder.open_scope(ScopeKind.BLOCK, scope) if declares else scope)
            elif kind not in SILENT:
                self.walk(child, scope)
        return "#?"

    def type_switch(self, node: Node, scope: int) -> str:
        alias, value, subject = "", "", False
        for child in node.children:
            kind = child.type
            if kind == "short_var_declaration":
                scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
                self.short_variables(child, scope)
            elif kind == "expression_list" and not subject:
                alias = text_of(child)
                self.locals.add(alias)
            elif kind == "type_case" or kind == "default_case":
                self.type_case(child, scope, alias, value)
            elif kind not in IGNORED and child.is_named:
                value, subject = self.walk(child, scope), True
        return "#?"

    def type_case(self, node: Node, scope: int, alias: str, value: str) -> None:
        types: list[Node] = []
        for child in node.named_children:
            if child.type == "statement_list":
                if alias or any(item.type in DECLARING for item in child.children):
                    scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
                if alias and alias != "_":
                    single = self.declared_type(types[0]) if len(types) == 1 and types[0].type != "nil" else ""
                    # Under `switch x := x.(type)` the value would name itself: the type alone says all.
                    own = value == alias or value.startswith((alias + ".", alias + "["))
                    self.builder.assign(node, scope, alias, "" if own else value, single)
                self.walk_children(child, scope)
            elif child.type != "comment":
                types.append(child)

    def short_variables(self, node: Node, scope: int) -> str:
        children = node.children
        if len(children) != 3 or children[0].type != "expression_list" or children[2].type != "expression_list":
            return self.walk_children(node, scope)
        targets = expressions_of(children[0])
        typed = self.typed_values(expressions_of(children[2]), scope, len(targets))
        for target, (value, declared) in zip(targets, typed, strict=True):
            if target.type == "identifier":
                name = text_of(target)
                if value != name:
                    self.locals.add(name)
                    self.builder.assign(target, scope, name, value or "#?", declared)
        return "#?"

    def local_variables(self, node: Node, scope: int) -> str:
        specs = node.named_children
        if specs and specs[0].type == "var_spec_list":
            specs = specs[0].named_children
        for spec in specs:
            if spec.type not in ("var_spec", "const_spec"):
                continue
            names, declared, values = self.variable_spec(spec)
            typed = self.typed_values(values, scope, len(names))
            for name, (value, value_type) in zip(names, typed, strict=True):
                if name.type == "identifier":
                    text = text_of(name)
                    self.locals.add(text)
                    self.builder.assign(name, scope, text, "" if value == text else value, declared or value_type)
        return "#?"

    def variable_spec(self, spec: Node) -> tuple[list[Node], str, list[Node]]:
        """Return the names, the declared type and the value nodes of `var a, b T = x, y`."""
        names: list[Node] = []
        declared = ""
        values: list[Node] = []
        for child in spec.named_children:
            kind = child.type
            if kind == "expression_list":
                values = expressions_of(child)
            elif kind == "identifier" or kind == "blank_identifier":
                names.append(child)
            elif kind != "comment":
                declared = self.declared_type(child)
        return names, declared, values

    def assignment(self, node: Node, scope: int) -> str:
        children = node.children
        if len(children) != 3 or children[0].type != "expression_list" or children[2].type != "expression_list":
            return self.walk_children(node, scope)
        targets = expressions_of(children[0])
        typed = self.typed_values(expressions_of(children[2]), scope, len(targets))
        for target, (value, declared) in zip(targets, typed, strict=True):
            self.store(target, scope, value or "#?", declared)
        return "#?"

    def store(self, target: Node, scope: int, value: str, declared: str = "") -> None:
        """Record an assignment to a field. A plain name has its type from its declaration, and `=` declares none here."""
        path = self.selector(target, scope) if target.type == "selector_expression" else self.walk(target, scope)
        if path[0] == "#":
            return
        if target.type == "selector_expression":
            row, column = target.end_point
            at = Reference(scope, path, row + 1, column + 1 - last_length(path), _WRITE)
            self.facts.references.append(at)
            if "(" not in path:
                self.builder.assign(target, scope, path, value, declared)
        elif target.type == "identifier" and path not in self.locals:
            self.builder.refer(target, scope, path, _WRITE)

    def increment(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            self.store(child, scope, "#num")
        return "#?"

    def range_clause(self, node: Node, scope: int) -> str:
        targets: list[Node] = []
        subject = None
        declares = False
        for child in node.children:
            kind = child.type
            if kind == "expression_list" and subject is None and not targets:
                targets = expressions_of(child)
            elif kind == ":=":
                declares = True
            elif child.is_named and kind != "comment":
                subject = child
        path, declared = self.typed_value(subject, scope) if subject is not None else ("#?", "")
        is_followed = path not in ("#num", "#?")
        element_type = declared[2:] if declared.startswith("[]") else ""
        for position, target in enumerate(targets):
            # The second variable is the element; the first is the key of a map, what comes out of a channel, or an index.
            if position:
                self.bind(target, scope, f"{path}[]" if is_followed else path, element_type, declares)
            else:
                single = element_type if len(targets) == 1 else ""
                self.bind(target, scope, f"{path}[*]" if is_followed else path, single, declares)
        return "#?"

    def receive(self, node: Node, scope: int) -> str:
        targets: list[Node] = []
        declares = False
        path, declared = "#?", ""
        for child in node.children:
            kind = child.type
            if kind == "expression_list" and not targets:
                targets = expressions_of(child)
            elif kind == ":=":
                declares = True
            elif kind not in IGNORED:
                path, declared = self.typed_value(child, scope)
        for position, target in enumerate(targets):
            self.bind(target, scope, "#bool" if position else path, "" if position else declared, declares)
        return "#?"

    def bind(self, target: Node, scope: int, value: str, declared: str, declares: bool) -> None:
        if not declares:
            self.store(target, scope, value, declared)
        elif target.type == "identifier":
            name = text_of(target)
            self.locals.add(name)
            self.builder.assign(target, scope, name, value, declared)

    def return_statement(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            if child.type == "expression_list":
                for position, expression in enumerate(expressions_of(child)):
                    path = self.value(expression, scope)
                    if position == 0 and path[:2] != "#?":
                        self.builder.returns(self.returns_scope, path)
        return "#?"
