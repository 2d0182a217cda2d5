"""Java source to neutral facts, in one pass over the syntax tree.

Owns the shape of the tree-sitter-java grammar and Java's own notions: nested and anonymous classes, records, enums,
constructors, method references, patterns. Resolves nothing. Source: The Java Language Specification, edition 21.

Blocks that declare names open a BLOCK scope: sibling blocks reuse names with other types. A lambda opens a FUNCTION
scope without a definition: its calls belong to the method around. An expression whose type the source states is written
as the construction of that type: `((Foo) x).run()` and `Foo.this.run()` have the access path `Foo().run`.

Layers, each on the one before: walk, signatures, expressions, invocations, statements, declarations, and the file here.
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.facts import FileFacts, Flag
from indexers.languages.java.comments import javadoc
from indexers.languages.java.declarations import TYPE_DECLARATIONS, Declarations
from indexers.languages.java.walk import SILENT


def extract_java(source: bytes, root: Node) -> FileFacts:
    """Return the facts of one Java file; places that do not parse are reported and the rest is kept."""
    walk = _JavaExtractor(source)
    facts = walk.run(root)
    walk.let_go()
    return facts


class _JavaExtractor(Declarations):
    def __init__(self, source: bytes) -> None:
        super().__init__(source)
        self.rules = {
            "method_invocation": self.invocation,
            "object_creation_expression": self.creation,
            "field_access": self.field_access,
            "array_access": self.array_access,
            "array_creation_expression": self.array_creation,
            "cast_expression": self.cast,
            "parenthesized_expression": self.parenthesized,
            "ternary_expression": self.ternary,
            "assignment_expression": self.assignment,
            "lambda_expression": self.lambda_expression,
            "method_reference": self.method_reference,
            "instanceof_expression": self.instance_of,
            "type_pattern": self.type_pattern,
            "record_pattern_component": self.type_pattern,
            "binary_expression": self.binary,
            "unary_expression": self.unary,
            "update_expression": self.update,
            "argument_list": self.values,
            "array_initializer": self.values,
            "block": self.block,
            "constructor_body": self.block,
            "switch_block_statement_group": self.block,
            "switch_rule": self.block,
            "local_variable_declaration": self.local_variables,
            "enhanced_for_statement": self.for_each,
            "for_statement": self.scoped,
            "try_with_resources_statement": self.scoped,
            "resource": self.resource,
            "catch_clause": self.scoped,
            "catch_formal_parameter": self.caught,
            "return_statement": self.return_statement,
            "yield_statement": self.values,
            "explicit_constructor_invocation": self.constructor_call,
            "labeled_statement": self.labeled,
            **dict.fromkeys(TYPE_DECLARATIONS, self.nested_type),
        }

    def run(self, root: Node) -> FileFacts:
        comment: Node | None = None
        for child in root.children:
            kind = child.type
            if kind == "block_comment":
                comment = child
                continue
            if kind == "package_declaration":
                self.facts.package = "".join(
                    text_of(item) for item in child.named_children if item.type in ("identifier", "scoped_identifier")
                )
                self.facts.docstring = javadoc(comment)
            elif kind == "import_declaration":
                self.import_declaration(child)
            elif kind in TYPE_DECLARATIONS:
                self.type_declaration(child, 0, comment)
            elif kind == "method_declaration":
                self.method(child, 0, comment)
            elif kind not in SILENT:
                self.walk(child, 0)
            if kind != "line_comment":
                comment = None
            self.drain()
        self.builder.report_syntax(root)
        return self.facts

    def import_declaration(self, node: Node) -> None:
        static = star = False
        name_node: Node | None = None
        for child in node.children:
            kind = child.type
            if kind == "static":
                static = True
            elif kind == "asterisk":
                star = True
            elif kind in ("scoped_identifier", "identifier"):
                name_node = child
        if name_node is None:
            return
        name = "".join(text_of(name_node).split())
        flags = int(Flag.STATIC) if static else 0
        if star:
            self.builder.add_import(name_node, 0, name, "*", "", flags)
        else:
            module, _, last = name.rpartition(".")
            self.builder.add_import(name_node, 0, module, last, last, flags)
