"""A macro that is edited in one file changes the facts of others: whatever is edited, the store equals a fresh index."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.test_git_histories import assert_equals_a_fresh_index
from tests.properties.test_live_index import Watcher
from tests.unit.indexers.bench import Bench, write

KIT = "macro_rules! make { ($name:ident) => { pub fn $name() { first(); } } }\n"
USER = "use crate::{first, second};\nmake!(made);\npub fn uses() { made(); ask!(second()); }\n"
VARIANTS: dict[str, list[str]] = {
    "src/lib.rs": [
        "#[macro_use]\nmod kit;\npub mod user;\npub fn first() {}\npub fn second() {}\n",
        "pub mod user;\n#[macro_use]\nmod kit;\npub fn first() {}\npub fn second() {}\n",
        "mod kit;\npub mod user;\npub fn first() {}\npub fn second() {}\n",
        "macro_rules! ask { ($e:expr) => { first() } }\nmod kit;\npub mod user;\npub fn first() {}\npub fn second() {}\n",
    ],
    "src/kit.rs": [
        KIT,
        f"\n\n{KIT}",
        KIT.replace("first()", "second()"),
        KIT.replace("pub fn $name() {", "pub fn $name() {} pub fn more() { $name();"),
        KIT.replace("make", "other"),
        f"{KIT}macro_rules! ask {{ ($e:expr) => {{ $e }} }}\npub(crate) use ask;\n",
        f"{KIT}macro_rules! make {{ ($name:ident) => {{ second(); }} }}\n",
        "fn broken( {",
    ],
    "src/user.rs": [
        USER,
        f"// moved\n{USER}",
        f"macro_rules! make {{ ($name:ident) => {{ fn $name() {{}} }} }}\n{USER}",
        USER.replace("make!(made);", "crate::make!(made);"),
        "pub fn made() {}\n",
    ],
}
FILES: dict[str, str | bytes] = {
    "Cargo.toml": '[package]\nname = "kit"\n',
    **{path: variants[0] for path, variants in VARIANTS.items()},
}
TREE = "#define GENERATE(name, cmp) GENERATE_FIND(name, cmp,)\n#define GENERATE_FIND(name, cmp, attr) attr int name##_FIND(int a) { return cmp(a); }\n"
C_VARIANTS: dict[str, list[str]] = {
    "tree.h": [
        TREE,
        f"\n\n{TREE}",
        TREE.replace("return cmp(a)", "return second(a)"),
        TREE.replace("cmp,)", "cmp, static)"),
        TREE.replace("GENERATE", "OTHER"),
        f"#ifdef _WIN32\n{TREE.replace('_FIND(int', '_SEEK(int')}#else\n{TREE}#endif\n",
        "#define GENERATE(name, cmp) int name##_FIND(int a);\n",
    ],
    "all.h": [
        '#include "tree.h"\nint first(int);\nint second(int);\n#define FIND(name, x) name##_FIND(x)\n',
        "int first(int);\nint second(int);\n#define FIND(name, x) name##_FIND(x)\n",
        '#include "tree.h"\n#define FIND(name, x) first(x)\n',
    ],
    "pick.h": [
        "#define IDX(_1, _2, NAME, ...) NAME\n#define PICK_1(a) first(a)\n#define PICK_2(a, b) second(a)\n",
        "#define IDX(_1, NAME, _3, ...) NAME\n#define PICK_1(a) first(a)\n#define PICK_2(a, b) second(a)\n",
        "#define IDX(_1, _2, NAME, ...) NAME\n#define PICK_1(a) second(a)\n",
    ],
    "picks.c": [
        '#include "pick.h"\n#include "all.h"\n#define PICK(...) IDX(__VA_ARGS__, PICK_2, PICK_1)(__VA_ARGS__)\n'
        "int picks(void) { return PICK(1) + PICK(1, 2); }\n",
    ],
    "user.c": [
        '#include "all.h"\nGENERATE(items, first);\nint uses(void) { return FIND(items, 1); }\n',
        '#include "all.h"\n\nGENERATE(items,\n  second)\nGENERATE(others, first)\nint uses(void) { return FIND(others, 1); }\n',
        f'#include "all.h"\n{TREE}GENERATE(items, first);\nint uses(void) {{ return FIND(items, 1); }}\n',
        '#include "all.h"\nint uses(void) { return FIND(items, 1); }\n',
    ],
    "other.cpp": [
        '#include "all.h"\nint first(int a) { return a; }\nint second(int a) { return FIND(items, a); }\n',
        '#include "all.h"\nnamespace n { GENERATE(others, second); }\nint first(int a) { return n::others_FIND(a); }\n',
    ],
}
C_FILES: dict[str, str | bytes] = {path: variants[0] for path, variants in C_VARIANTS.items()}


def edits_of(variants: dict[str, list[str]]) -> st.SearchStrategy[list[tuple[str, int]]]:
    each = [(path, number) for path, texts in variants.items() for number in range(len(texts))]
    return st.lists(st.sampled_from(each), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None)
@given(edits_of(VARIANTS), st.booleans())
def test_edits_of_macros_and_of_their_users(edits: list[tuple[str, int]], watched: bool) -> None:
    _follow(FILES, VARIANTS, edits, watched)


@settings(max_examples=8, deadline=None)
@given(edits_of(C_VARIANTS), st.booleans())
def test_edits_of_macros_of_c_and_of_their_users(edits: list[tuple[str, int]], watched: bool) -> None:
    _follow(C_FILES, C_VARIANTS, edits, watched)


def _follow(
    files: dict[str, str | bytes], variants: dict[str, list[str]], edits: list[tuple[str, int]], watched: bool
) -> None:
    with TemporaryDirectory() as folder, closing(Bench(Path(folder))) as bench:
        root = bench.repository(files)
        bench.index(root)
        watcher = Watcher(bench, root) if watched else None
        for path, number in edits:
            write(root, {path: variants[path][number]})
            if watcher is not None:
                watcher.update(path)
            else:
                bench.index(root)
        assert_equals_a_fresh_index(bench, root, Path(folder) / "fresh")
        assert bench.index(root).rewritten == 0


@pytest.mark.parametrize("number", range(1, len(VARIANTS["src/kit.rs"])))
def test_an_edited_macro_is_taken_up_in_memory_where_its_users_can_be(tmp_path: Path, number: int) -> None:
    with closing(Bench(tmp_path)) as bench:
        root = bench.repository(FILES)
        bench.index(root)
        watcher = Watcher(bench, root)
        write(root, {"src/kit.rs": VARIANTS["src/kit.rs"][number]})
        prepared = watcher.update("src/kit.rs")
        assert_equals_a_fresh_index(bench, root, tmp_path / "fresh")
        if number in (1, 2):
            assert prepared is not None, "a macro that moves or calls another is an edit of its users too"
            assert {rows.file.found.path for rows in prepared.rows} >= {"src/kit.rs", "src/user.rs"}


def test_facts_are_kept_for_each_text_of_a_macro(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        root = bench.repository(FILES)
        assert bench.index(root).cached == 0
        write(root, {"src/kit.rs": KIT.replace("first()", "second()")})
        assert bench.index(root).cached == 2, "the manifest and the root; the user is extracted anew"
        write(root, {"src/kit.rs": KIT})
        assert bench.index(root).cached == 4, "both texts are known"


def test_an_edited_macro_of_c_reaches_the_calls_of_its_users(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        root = bench.repository(C_FILES)
        bench.index(root)
        watcher = Watcher(bench, root)
        write(root, {"tree.h": C_VARIANTS["tree.h"][2]})
        prepared = watcher.update("tree.h")
        assert_equals_a_fresh_index(bench, root, tmp_path / "fresh")
        assert prepared is not None, "what a macro calls is an edit of its users too"
        assert {rows.file.found.path for rows in prepared.rows} >= {"tree.h", "user.c"}


def test_an_edited_macro_that_chooses_another_reaches_who_uses_it(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        root = bench.repository(C_FILES)
        bench.index(root)
        watcher = Watcher(bench, root)
        write(root, {"pick.h": C_VARIANTS["pick.h"][1]})
        watcher.update("pick.h")
        assert_equals_a_fresh_index(bench, root, tmp_path / "fresh")
