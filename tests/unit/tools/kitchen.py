"""A small kitchen of a repository, a base class, its heirs, calls, tests, and blind spots on request."""

from __future__ import annotations

from knowledge.schema import RelationKind, Strategy, SymbolKind, Tier
from tests.contract.snapshots import SnapshotBuilder
from tools.answers import StructuralAnswer

STOVE = """class Base:
    def heat(self): return 1

class Stove(Base):
    def __init__(self):
        self.on = False

    def heat(self):
        light(self)
        return click()

def light(stove):
    return stove

def click():
    return spark()

def idle():
    return 1
"""
MENU = """from kitchen.stove import Stove
import flask

def cook():
    stove = Stove()
    stove.heat()

def main():
    cook()

if __name__ == "__main__":
    main()
"""
TESTS = """from kitchen.stove import Stove
def test_heat():
    Stove().heat()
"""


def kitchen(name: str = "kitchen") -> SnapshotBuilder:
    builder = SnapshotBuilder(name)
    stove, menu, tests = "kitchen/stove.py", "kitchen/menu.py", "tests/test_stove.py"
    stove_module = builder.file(stove, STOVE)
    menu_module = builder.file(menu, MENU)
    test_module = builder.file(tests, TESTS, is_test=True)
    base = builder.symbol(stove, "Base", SymbolKind.CLASS, 1, 2)
    base_heat = builder.symbol(stove, "Base.heat", SymbolKind.METHOD, 2)
    cls = builder.symbol(stove, "Stove", SymbolKind.CLASS, 4, 10)
    init = builder.symbol(stove, "Stove.__init__", SymbolKind.METHOD, 5, 6)
    heat = builder.symbol(stove, "Stove.heat", SymbolKind.METHOD, 8, 10)
    light = builder.symbol(stove, "light", line=12, end_line=13)
    click = builder.symbol(stove, "click", line=15, end_line=16)
    builder.symbol(stove, "idle", line=18, end_line=19)
    cook = builder.symbol(menu, "cook", line=4, end_line=6)
    main = builder.symbol(menu, "main", line=8, end_line=9)
    test_heat = builder.symbol(tests, "test_heat", line=2, end_line=3, is_test=True)
    builder.relate(menu_module, stove_module, RelationKind.IMPORTS, 1)
    builder.relate(menu_module, cls, RelationKind.REFERENCES, 1)
    builder.relate(menu_module, "flask", RelationKind.IMPORTS, 2)
    builder.relate(test_module, stove_module, RelationKind.IMPORTS, 1)
    builder.relate(test_module, cls, RelationKind.REFERENCES, 1)
    builder.relate(cls, base, RelationKind.INHERITS, 4)
    builder.relate(base, "abc.ABC", RelationKind.INHERITS, 1)
    builder.relate(heat, base_heat, RelationKind.OVERRIDES, 8)
    builder.relate(heat, light, line=9)
    builder.relate(heat, click, line=10)
    builder.relate(cook, init, line=5)
    builder.relate(cook, heat, line=6, tier=Tier.INFERRED, strategy=Strategy.CONSTRUCTOR)
    builder.relate(main, cook, line=9)
    builder.relate(test_heat, init, line=3)
    builder.relate(test_heat, heat, line=3, tier=Tier.INFERRED, strategy=Strategy.CONSTRUCTOR)
    builder.call_unresolved(click, "spark", 16)
    return builder


def served(builder: SnapshotBuilder) -> SnapshotBuilder:
    """Let the menu call `Base.heat`, and `Base.heat` be run by what overrides it; nothing calls `Stove.heat` itself."""
    heat = next(at for at, one in enumerate(builder.symbols) if one.local_name == "Stove.heat")
    builder.relations[:] = [row for row in builder.relations if row[5] != heat]
    builder.relate("kitchen:kitchen/menu.py#cook", "kitchen:kitchen/stove.py#Base.heat", line=6)
    builder.relate("kitchen:tests/test_stove.py#test_heat", "kitchen:kitchen/menu.py#cook", line=3)
    return builder


def rows(answer: StructuralAnswer) -> list[tuple[str, int, int]]:
    """Return (local name, line of the site, depth) of every result."""
    return [(row.symbol.local_name, row.site.line if row.site else 0, row.depth) for row in answer.results]
