"""Small sources for the suites that need facts and text without a parser pack."""

from __future__ import annotations

import ast

from indexers.chunking import terms_of
from indexers.facts import Definition, FileFacts, Scope, ScopeKind
from indexers.naming import local_names, symbol_id
from knowledge.ports.lexical import LexicalEntry

SHOP = {
    "shop/retry.py": '''"""Retry policy."""

class RetryPolicy:
    """Decides how long to wait."""

    limit = 3

    def next_delay(self, attempt):
        """Return the back-off in seconds."""
        return 2 ** attempt

    def give_up(self, attempt):
        return attempt >= self.limit
''',
    "shop/cart.py": """
class Cart:
    def add_item(self, item):
        self.items.append(item)

    def total_price(self):
        return sum(item.price for item in self.items)

def checkout(cart):
    return cart.total_price()
""",
    "tests/test_cart.py": """
def test_total_price():
    cart = Cart()
    cart.add_item(3)
    assert cart.total_price() == 3
""",
}
GUIDE = "# Guide\n\nRead this first.\n\n## Paying\n\nCards and invoices are accepted.\n"


def python_facts(text: str) -> FileFacts:
    """Return the definitions of a Python source: functions, methods, classes, with docstrings."""
    facts = FileFacts("python", text.count("\n"))
    facts.scopes.append(Scope(ScopeKind.MODULE, -1, -1))
    tree = ast.parse(text)
    facts.docstring = ast.get_docstring(tree) or ""
    _visit(tree, 0, facts, text.split("\n"))
    return facts


def _visit(parent: ast.AST, scope: int, facts: FileFacts, lines: list[str]) -> None:
    for child in ast.iter_child_nodes(parent):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            is_class = isinstance(child, ast.ClassDef)
            kind = "class" if is_class else "method" if isinstance(parent, ast.ClassDef) else "function"
            facts.definitions.append(
                Definition(
                    child.name,
                    kind,
                    scope,
                    -1,
                    child.lineno,
                    1,
                    child.lineno,
                    child.end_lineno or child.lineno,
                    lines[child.lineno - 1].strip(),
                    ast.get_docstring(child) or "",
                )
            )
            facts.scopes.append(
                Scope(ScopeKind.CLASS if is_class else ScopeKind.FUNCTION, scope, len(facts.definitions) - 1)
            )
            _visit(child, len(facts.scopes) - 1, facts, lines)


def guide_facts() -> FileFacts:
    """Return the facts of `GUIDE`: a section in a section."""
    facts = FileFacts("markdown", 7)
    facts.scopes.append(Scope(ScopeKind.MODULE, -1, -1))
    facts.definitions.append(Definition("Guide", "section", 0, 1, 1, 3, 1, 7))
    facts.scopes.append(Scope(ScopeKind.NAMESPACE, 0, 0))
    facts.definitions.append(Definition("Paying", "section", 1, -1, 5, 4, 5, 7))
    return facts


def entry(
    repository: str, path: str, text: str, facts: FileFacts | None = None, *, is_test: bool | None = None
) -> LexicalEntry:
    facts = facts or python_facts(text)
    names = local_names(facts)
    return LexicalEntry(
        path,
        "document" if facts.language == "markdown" else "code",
        path.startswith("tests/") if is_test is None else is_test,
        terms_of(facts, text.encode(), names),
        [symbol_id(repository, path, name) for name in names],
    )


def shop_entries(repository: str = "shop") -> list[LexicalEntry]:
    """Return the entries of the shop and its guide."""
    code = [entry(repository, path, text) for path, text in SHOP.items()]
    return [*code, entry(repository, "docs/guide.md", GUIDE, guide_facts())]
