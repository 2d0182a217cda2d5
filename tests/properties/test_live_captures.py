"""One edit in one file changes what another file means, in every language: taken up from memory, and equal to a fresh index."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.properties.test_git_histories import assert_equals_a_fresh_index
from tests.properties.test_live_index import Watcher
from tests.unit.indexers.bench import Bench, write

Files = dict[str, str | bytes]
PYTHON: Files = {
    "shop/__init__.py": "from shop.tax import rate\n",
    "shop/tax.py": "def rate():\n    return base()\n\n\ndef base():\n    return 1\n",
    "shop/items.py": (
        "class Item:\n    def cost(self):\n        return 1\n\n\nclass Book(Item):\n    pass\n\n\ndef first():\n    return Book()\n"
    ),
    "shop/flow.py": "def each(action):\n    return action()\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n",
    "shop/use.py": (
        "import shop\nfrom shop import flow\nfrom shop.items import Book, first\nfrom shop.tax import *\n\n\ndef use():\n"
        "    shop.rate()\n    late()\n    Book().cost()\n    first().cost()\n    flow.each(flow.one)\n    shop.late.run()\n"
    ),
    "shop/mixing.py": "class Priced:\n    def total(self):\n        return self.price() + self.late()\n",
    "shop/priced.py": (
        "from shop.mixing import Priced\n\n\nclass Coin(Priced):\n    def price(self):\n        return 1\n\n\n"
        "class Note:\n    def price(self):\n        return 2\n"
    ),
    "guide.md": "# Guide\n\n`late_rate` and `Book.cost` and `shop.tax.base`\n",
}
TYPESCRIPT: Files = {
    "src/shape.ts": "export class Shape {\n  area(): number { return 1; }\n}\nexport class Square extends Shape {}\n",
    "src/index.ts": "export { Shape, Square } from './shape';\nexport * from './make';\n",
    "src/make.ts": "import { Square } from './shape';\nexport function make(): Square { return new Square(); }\n",
    "src/use.ts": (
        "import { make, Square } from './index';\nimport * as all from './index';\n"
        "export function use() { make().area(); all.late(); new Square().area(); }\n"
    ),
}
JAVASCRIPT: Files = {
    "lib/cart.js": "function add(item) { return item; }\nfunction each(action) { return action(); }\nmodule.exports = { add, each };\n",
    "lib/use.js": (
        "const cart = require('./cart');\nfunction one() {}\nfunction two() {}\n"
        "function use() { cart.add(1); cart.late(); cart.each(one); }\nmodule.exports = use;\n"
    ),
}
PATCHED: Files = {
    "lib/cart.js": "class Cart { add() {} }\nfunction add(item) {}\nmodule.exports = { add, Cart };\n",
    "lib/api.js": (
        "const { add, Cart } = require('./cart');\nconst api = {};\nconst other = {};\napi.first = add;\nmodule.exports = { api, other, Cart };\n"
    ),
    "lib/late.js": (
        "const { api, other, Cart } = require('./api');\nCart.made = api;\nfunction late() {\n  api.first(1);\n  api.second(2);\n"
        "  other.second(3);\n  Cart.made.first();\n  Cart.made.second();\n}\nmodule.exports = late;\n"
    ),
}
JAVA: Files = {
    "shop/Item.java": "package shop;\n\npublic class Item {\n    int cost(Object of) { return 1; }\n    String name() { return null; }\n}\n",
    "shop/Book.java": "package shop;\n\npublic class Book extends Item {\n    int pages() { return 1; }\n}\n",
    "shop/Use.java": (
        "package shop;\n\nclass Use {\n    Item item = new Book();\n    int use(Book book) {\n        book.cost(book);\n"
        "        item.cost(book.name());\n        return book.late();\n    }\n}\n"
    ),
}
GO: Files = {
    "go.mod": "module example.org/shop\n",
    "store/store.go": "package store\n\ntype Opener interface{ Open() int }\n\ntype Base struct{}\n\nfunc (b Base) Close() int { return 1 }\n",
    "store/disk.go": "package store\n\ntype Disk struct{ Base }\n\nfunc New() Disk { return Disk{} }\n",
    "cmd/main.go": 'package main\n\nimport "example.org/shop/store"\n\nfunc main() {\n\td := store.New()\n\td.Close()\n\td.Open()\n\tstore.Late()\n}\n',
}
RUST: Files = {
    "Cargo.toml": '[package]\nname = "shop"\n',
    "src/lib.rs": "pub mod item;\npub mod uses;\n",
    "src/item.rs": (
        "pub trait Cost { fn cost(&self) -> u32 { 1 } }\npub struct Book;\nimpl Cost for Book {}\n"
        "impl Book { pub fn new() -> Book { Book } }\n"
    ),
    "src/uses.rs": "use crate::item::{Book, Cost};\npub fn uses() { let b = Book::new(); b.cost(); b.late(); }\n",
}
C: Files = {
    "src/list.h": "#define TWICE(f) f(); f()\nint list_add(int item);\nstruct list { int size; };\n",
    "src/list.c": '#include "list.h"\nint list_add(int item) { return item; }\nstatic int hidden(void) { return 1; }\n',
    "src/wide.h": "#define late(x) list_add(x)\nstatic int wide(void) { return 1; }\n",
    "src/outer.h": '#include "list.h"\n',
    "src/deep.c": '#include "outer.h"\nvoid deep(void) { struct list own; TWICE(deep); wide(); }\n',
    "src/use.c": '#include "list.h"\nint late(int item);\nvoid run(void) {}\nvoid use(void) { list_add(1); late(2); TWICE(run); hidden(); }\n',
}
CPP: Files = {
    "src/shape.hpp": "class Shape {\n public:\n  int area(int scale);\n  virtual int name();\n};\nclass Square : public Shape {\n};\n",
    "src/shape.cpp": '#include "shape.hpp"\nint Shape::area(int scale) { return scale; }\nint Shape::name() { return 1; }\n',
    "src/names.hpp": "#define OPENS namespace shapes {\nOPENS\nint inner();\n}\n",
    "src/use.cpp": '#include "shape.hpp"\nint use(Square square) { square.area(1); square.name(); return square.late(); }\n',
}
CASES: list[tuple[Files, str, str, str]] = [
    (PYTHON, "shop/tax.py", "def base", "def late():\n    return base()\n\n\ndef base"),
    (PYTHON, "shop/tax.py", "def base", "def late_rate():\n    return base()\n\n\ndef base"),
    (PYTHON, "shop/tax.py", "def base():\n    return 1\n", ""),
    (PYTHON, "shop/tax.py", "def rate()", "def rate(day=None)"),
    (PYTHON, "shop/items.py", "    pass\n", "    def cost(self):\n        return 2\n"),
    (PYTHON, "shop/items.py", "class Book(Item):", "class Book:"),
    (PYTHON, "shop/items.py", "return Book()", "return Item()"),
    (PYTHON, "shop/flow.py", "return action()", "return action"),
    (PYTHON, "shop/use.py", "flow.each(flow.one)", "flow.each(flow.two)"),
    (PYTHON, "shop/use.py", "flow.each(flow.one)", "pass"),
    (PYTHON, "shop/use.py", "import shop\n", "import shop\nfrom shop.flow import two\n"),
    (PYTHON, "shop/__init__.py", "import rate\n", "import rate, base as late\n"),
    (PYTHON, "shop/priced.py", "class Note:", "class Note(Priced):"),
    (PYTHON, "shop/priced.py", "class Coin(Priced):", "class Coin:"),
    (
        PYTHON,
        "shop/priced.py",
        "class Note:",
        "class Cent(Coin):\n    def late(self):\n        return 3\n\n\nclass Note:",
    ),
    (TYPESCRIPT, "src/make.ts", "export function make", "export function late() {}\nexport function make"),
    (TYPESCRIPT, "src/make.ts", "make(): Square", "make(size: number): Square"),
    (TYPESCRIPT, "src/shape.ts", "extends Shape {}", "extends Shape {\n  area(): number { return 2; }\n}"),
    (TYPESCRIPT, "src/index.ts", "Shape, Square", "Shape, Shape as Square"),
    (TYPESCRIPT, "src/shape.ts", "extends Shape", ""),
    (JAVASCRIPT, "lib/cart.js", "{ add, each }", "{ add, each, late }; function late() {}"),
    (JAVASCRIPT, "lib/cart.js", "function add(item)", "function add(item, count)"),
    (JAVASCRIPT, "lib/use.js", "cart.each(one)", "one()"),
    (PATCHED, "lib/api.js", "api.first = add;", "api.first = add;\napi.second = add;"),
    (PATCHED, "lib/api.js", "api.first = add;\n", ""),
    (PATCHED, "lib/api.js", "api.first = add", "other.second = add"),
    (PATCHED, "lib/late.js", "function late", "api.second = late;\nfunction late"),
    (PATCHED, "lib/late.js", "Cart.made = api", "Cart.made = other"),
    (PATCHED, "lib/api.js", "{ api, other", "{ api: other, other: api"),
    (PATCHED, "lib/cart.js", "{ add, Cart }", "{ add, Cart: {} }"),
    (JAVA, "shop/Item.java", "    String name", "    int cost(String of) { return 2; }\n    String name"),
    (JAVA, "shop/Item.java", "int cost(Object of)", "int cost(Object of, int count)"),
    (JAVA, "shop/Book.java", "    int pages", "    int late() { return 2; }\n    int pages"),
    (JAVA, "shop/Book.java", "extends Item", ""),
    (JAVA, "shop/Use.java", "Item item", "Book item"),
    (GO, "store/disk.go", "func New", "func (d Disk) Open() int { return 1 }\n\nfunc New"),
    (GO, "store/disk.go", "struct{ Base }", "struct{}"),
    (GO, "store/store.go", "type Base", "func Late() {}\n\ntype Base"),
    (GO, "store/store.go", "Open() int }", "Open() int; Shut() }"),
    (GO, "store/disk.go", "func New() Disk { return Disk{} }", "func New() Base { return Base{} }"),
    (RUST, "src/item.rs", "impl Cost for Book {}", "impl Cost for Book { fn cost(&self) -> u32 { 2 } }"),
    (RUST, "src/item.rs", "pub fn new()", "pub fn late(&self) {}\n    pub fn new()"),
    (RUST, "src/item.rs", "-> Book { Book }", "-> Option<Book> { None }"),
    (C, "src/list.c", "static int hidden", "int late(int item) { return item; }\nstatic int hidden"),
    (C, "src/list.c", "static int hidden", "int hidden"),
    (C, "src/list.h", "f(); f()", "list_add(1); f()"),
    (C, "src/list.c", "(int item) {", "(int item, int more) {"),
    (C, "src/use.c", '#include "list.h"\n', '#include "list.h"\n#include "wide.h"\n'),
    (C, "src/use.c", '#include "list.h"\n', ""),
    (C, "src/list.h", "#define TWICE", '#include "wide.h"\n#define TWICE'),
    (C, "src/outer.h", '#include "list.h"\n', ""),
    (CPP, "src/names.hpp", "#define OPENS", "#define OTHER shape\n#define OPENS"),
    (CPP, "src/shape.hpp", "Shape {\n};", "Shape {\n public:\n  int name();\n};"),
    (CPP, "src/shape.hpp", "  virtual", "  int late() { return 1; }\n  virtual"),
    (CPP, "src/shape.cpp", "int Shape::name", "int later() { return 2; }\nint Shape::name"),
]


@pytest.mark.parametrize(("files", "path", "old", "new"), CASES, ids=[f"{case[1]}: {case[3]!r:.40}" for case in CASES])
def test_an_edit_that_others_see_is_taken_up(tmp_path: Path, files: Files, path: str, old: str, new: str) -> None:
    with closing(Bench(tmp_path)) as bench:
        root = bench.repository(files)
        bench.index(root)
        watcher = Watcher(bench, root)
        before, after = str(files[path]), str(files[path]).replace(old, new)
        assert before != after
        write(root, {path: after})
        assert watcher.update(path) is not None, "taken from memory"
        assert_equals_a_fresh_index(bench, root, tmp_path / "fresh")
        write(root, {path: before})
        watcher.update(path)
        assert_equals_a_fresh_index(bench, root, tmp_path / "again")
        assert bench.index(root).rewritten == 0
