"""Names by which people know a project: what its modules import and pass on under names of their own."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from knowledge.evidence import Verdict
from knowledge.scope import EVERYTHING
from tests.unit.indexers.bench import Bench
from tools.meaning import CODE_KINDS, understand
from tools.structure import callers, find_symbol

SHOP = {
    "shop/__init__.py": "from shop.orm import Row, put_away\nfrom shop.tables import *\nimport shop.loose\n",
    "shop/orm.py": "class Row:\n    def save(self):\n        pass\n\n\ndef put_away():\n    Row().save()\n",
    "shop/tables.py": "from shop.orm import Row as _Row\n\n\nclass Table:\n    pass\n",
    "shop/loose.py": "class Odd:\n    pass\n",
    "src/lib.rs": "pub mod task;\npub use task::spawn;\n",
    "src/task.rs": "mod spawning;\npub use spawning::spawn;\n",
    "src/task/spawning.rs": "pub fn spawn() {}\n",
    "Cargo.toml": '[package]\nname = "works"\nversion = "0.1.0"\n',
}


def test_a_name_that_a_module_passes_on_means_what_it_imports(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        bench.repository(SHOP)
        bench.index()

        def meant(name: str) -> str | None:
            main = understand(bench.graph, EVERYTHING, name, kinds=CODE_KINDS).main
            return main.qualified_name if main is not None else None

        assert meant("shop.Row") == "shop.orm.Row"
        assert meant("shop.put_away") == "shop.orm.put_away"
        assert meant("shop.Table") == "shop.tables.Table"
        assert meant("shop.Row.save") == "shop.orm.Row.save"
        assert meant("works::spawn") == "works::task::spawning::spawn"
        assert meant("shop.Odd") is None
        assert meant("shop.Nothing") is None
        assert meant("shop." * 2_000 + "Nothing") is None
        assert find_symbol(bench.graph, EVERYTHING, "shop.Row").verdict is Verdict.FOUND
        found = callers(bench.graph, EVERYTHING, "shop.Row.save")
        assert [row.symbol.qualified_name for row in found.results] == ["shop.orm.put_away"]


def test_a_member_that_a_class_inherits_is_that_of_the_nearest_ancestor(tmp_path: Path) -> None:
    source = """
class Root:
    def bind(self): ...
    def close(self): ...

class Middle(Root):
    def bind(self): ...

class Leaf(Middle):
    pass
"""
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"a/__init__.py": "from a.net import Leaf\n", "a/net.py": source})
        bench.index()
        assert understand(bench.graph, EVERYTHING, "Leaf.bind").ids == ["repo:a/net.py#Middle.bind"]
        assert understand(bench.graph, EVERYTHING, "Leaf.close").ids == ["repo:a/net.py#Root.close"]
        assert understand(bench.graph, EVERYTHING, "a.Leaf.close").ids == ["repo:a/net.py#Root.close"]
        assert understand(bench.graph, EVERYTHING, "Leaf.flush").ids == []


def test_a_class_comes_before_a_module_whose_name_differs_in_its_letters(tmp_path: Path) -> None:
    """`django.db.models.Manager` is a class of the module `django.db.models.manager`."""
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"a/__init__.py": "from a.keeper import Keeper\n", "a/keeper.py": "class Keeper:\n    pass\n"})
        bench.index()
        assert understand(bench.graph, EVERYTHING, "a.Keeper").ids == ["repo:a/keeper.py#Keeper"]
        assert understand(bench.graph, EVERYTHING, "a.keeper").ids == ["repo:a/keeper.py#"]


def test_a_getter_that_fetches_a_class_when_it_is_asked_is_no_other_meaning(tmp_path: Path) -> None:
    """webpack's index hands out all its classes so."""
    sources = {
        "package.json": '{"name": "pack", "main": "lib/index.js"}',
        "lib/index.js": 'module.exports = {\n  get Chunk() {\n    return require("./Chunk");\n  },\n'
        "  get Other() {\n    return 1;\n  }\n};\n",
        "lib/Chunk.js": "class Chunk {}\nmodule.exports = Chunk;\n",
        "lib/Other.js": "class Other {}\nmodule.exports = Other;\n",
    }
    with closing(Bench(tmp_path)) as bench:
        bench.repository(sources)
        bench.index()
        assert understand(bench.graph, EVERYTHING, "Chunk", kinds=CODE_KINDS).ids == ["repo:lib/Chunk.js#Chunk"]
        assert understand(bench.graph, EVERYTHING, "Other", kinds=CODE_KINDS).verdict is Verdict.AMBIGUOUS
