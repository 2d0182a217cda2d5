"""Go source to neutral facts, in one pass over the syntax tree.

Owns the shape of the tree-sitter-go grammar and Go's own notions: packages, receivers, embedding, several results, type
switches, composite literals. Resolves nothing. Facts follow the language specification (https://go.dev/ref/spec).

Blocks that declare names open a BLOCK scope, because Go shadows freely (`for _, x := range` twice in one function, the
cases of a type switch). A closure opens a FUNCTION scope without a definition: its calls belong to the function around.

Layers, each on the one before: walk, signatures, expressions, calls, statements, declarations, and the file here.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.facts import FileFacts
from indexers.languages.go.comments import documented
from indexers.languages.go.constraints import build_flags
from indexers.languages.go.declarations import Declarations

_VERSION = re.compile(r"v\d+")


def extract_go(source: bytes, root: Node) -> FileFacts:
    """Return the facts of one Go file; places that do not parse are reported and the rest is kept."""
    walk = _GoExtractor(source)
    facts = walk.run(root)
    walk.let_go()
    return facts


class _GoExtractor(Declarations):
    def __init__(self, source: bytes) -> None:
        super().__init__(source)
        self.rules = {
            "selector_expression": self.value,
            "call_expression": self.call,
            "type_conversion_expression": self.conversion,
            "type_instantiation_expression": self.instantiation,
            "composite_literal": lambda node, scope: self.composite(node, scope)[0],
            "func_literal": self.closure,
            "index_expression": self.index,
            "slice_expression": self.slice,
            "type_assertion_expression": lambda node, scope: self.assertion(node, scope)[0],
            "parenthesized_expression": self.parenthesized,
            "unary_expression": self.unary,
            "binary_expression": self.binary,
            "expression_list": self.values,
            "literal_value": self.elements,
            "variadic_argument": self.values,
            "send_statement": self.values,
            "block": self.block,
            "statement_list": self.statements,
            "short_var_declaration": self.short_variables,
            "assignment_statement": self.assignment,
            "inc_statement": self.increment,
            "dec_statement": self.increment,
            "var_declaration": self.local_variables,
            "const_declaration": self.local_variables,
            "type_declaration": self.type_declaration,
            "return_statement": self.return_statement,
            "if_statement": self.scoped,
            "for_statement": self.scoped,
            "range_clause": self.range_clause,
            "expression_switch_statement": self.scoped,
            "type_switch_statement": self.type_switch,
            "communication_case": self.scoped,
            "receive_statement": self.receive,
            "function_declaration": self.function,
            "method_declaration": self.function,
        }

    def run(self, root: Node) -> FileFacts:
        for child, documentation in documented(root.children):
            match child.type:
                case "package_clause":
                    self.facts.package = text_of(child.named_children[0]) if child.named_children else ""
                    self.facts.docstring = documentation
                    self.file_flags = build_flags(self.source[: child.start_byte])
                case "import_declaration":
                    self.imports(child)
                case "function_declaration" | "method_declaration":
                    self.function(child, 0, documentation)
                case "type_declaration":
                    self.type_declaration(child, 0, documentation)
                case "var_declaration" | "const_declaration":
                    self.package_variables(child, documentation)
                case _:
                    self.walk(child, 0)
            self.drain()
        self.builder.report_syntax(root)
        return self.facts

    def imports(self, declaration: Node) -> None:
        specs = [child for child in declaration.named_children if child.type != "comment"]
        if specs and specs[0].type == "import_spec_list":
            specs = [child for child in specs[0].named_children if child.type == "import_spec"]
        for spec in specs:
            given, path = "", ""
            for child in spec.named_children:
                if child.type in ("interpreted_string_literal", "raw_string_literal"):
                    path = text_of(child)[1:-1]
                elif child.type != "comment":
                    given = text_of(child)
            if not path:
                continue
            if given == ".":
                self.builder.add_import(spec, 0, path, name="*")
            elif given == "_":
                self.builder.add_import(spec, 0, path)
            else:
                alias = given or self.package_name(path)
                self.packages.add(alias)
                self.builder.add_import(spec, 0, path, alias=alias)

    def package_name(self, path: str) -> str:
        """Guess the name that the package at `path` declares: of the usual spellings, the first that the file uses."""
        parts = path.split("/")
        last = parts[-1]
        if _VERSION.fullmatch(last) and len(parts) > 1:
            last = parts[-2]
        last = re.sub(r"\.v\d+$", "", last)
        bare = last.removeprefix("go-").removesuffix("-go").removesuffix(".go")
        spellings = (
            last,
            bare,
            bare.replace("-", "_"),
            bare.replace("-", ""),
            last.replace("-", ""),
            bare.rpartition("-")[2],
        )
        candidates = [spelling for spelling in dict.fromkeys(spellings) if spelling.isidentifier()]
        if len(candidates) > 1:
            for candidate in candidates:
                if re.search(rb"\b" + candidate.encode() + rb"\.", self.source):
                    return candidate
        return candidates[0] if candidates else last
