from __future__ import annotations

import pytest

from indexers.facts import FileFacts, Flag
from indexers.languages import extract, preparer_for
from indexers.languages.cfamily.conditions import MAX_NESTED, off_unless_configured, truth_of
from indexers.languages.cfamily.macros import looks_like_cplusplus, without_macro_comments
from indexers.languages.cfamily.platforms import platform_of


def active(facts: FileFacts) -> list[str]:
    return [item.name for item in facts.definitions if not item.flags & Flag.INACTIVE]


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("0", False),
        ("1", True),
        ("defined(_WIN32)", False),
        ("!defined _WIN32 && !defined(__APPLE__)", True),
        ("defined(__linux__) || SOMETHING", True),
        ("defined(__APPLE__) && SOMETHING", False),
        ("_MSC_VER >= 1900", False),
        ("__GNUC__ >= 4", None),
        ("defined(SOMETHING)", None),
        ("HAVE(3, (2)) || 1", True),
        ("__BYTE_ORDER == __LITTLE_ENDIAN", True),
        ("BYTE_ORDER == BIG_ENDIAN", False),
        ("", None),
        ("(", None),
        ("!" * (MAX_NESTED + 1) + "1", None),
    ],
)
def test_conditions_are_judged_as_on_linux(condition: str, truth: bool | None) -> None:
    assert truth_of(condition, False) is truth


def test_cplusplus_is_defined_for_cplusplus_only() -> None:
    assert (truth_of("defined(__cplusplus)", True), truth_of("defined(__cplusplus)", False)) == (True, False)


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("WITH_LOG", False),
        ("defined(WITH_LOG)", False),
        ("!defined(WITH_LOG)", True),
        ("NDEBUG", False),
        ("DEBUG", None),
        ("HAVE_POLL", None),
        ("A && B", None),
    ],
)
def test_options_are_off_until_somebody_turns_them_on(condition: str, truth: bool | None) -> None:
    assert off_unless_configured(condition) is truth


def test_branches_for_other_platforms_are_marked() -> None:
    source = b"#ifdef _WIN32\nint a;\n#elif defined(__linux__)\nint b;\n#else\nint c;\n#endif\n#ifndef __APPLE__\nint d;\n#endif\n"
    assert active(extract("c", source)) == ["b", "d"]


def test_an_option_without_an_alternative_stays_open() -> None:
    assert active(
        extract("c", b"#ifdef WITH_LOG\nint a;\n#endif\n#ifdef WITH_IT\nint b;\n#else\nint c;\n#endif\n")
    ) == [
        "a",
        "c",
    ]


def test_what_is_switched_off_with_zero_is_not_read() -> None:
    facts = extract("c", b"#if 0\nint a(void) { b(); }\n#else\nint c(void) { d(); }\n#endif\n")
    assert [item.name for item in facts.definitions] == ["c"]
    assert [call.callee for call in facts.calls] == ["d"]


@pytest.mark.parametrize(
    ("path", "platform"),
    [
        ("src/win/fs.c", "win"),
        ("util/env_posix.cc", "unix"),
        ("src/unix/linux.c", "linux"),
        ("src/unix/darwin-proctitle.c", "darwin"),
        ("src/ae_epoll.c", "linux"),
        ("src/window.c", ""),
        ("src/main.c", ""),
    ],
)
def test_paths_name_platforms(path: str, platform: str) -> None:
    assert platform_of(path) == platform


def test_comments_inside_macros_are_blanked_in_place() -> None:
    source = b"#define A(x) \\\n  b(x); /* no \\\n  c() */ d(x)\nint e; /* kept */\n"
    readable = without_macro_comments(source)
    assert (len(readable), b"no" in readable, b"kept" in readable) == (len(source), False, True)
    assert [call.callee for call in extract("c", source).calls] == ["b", "d"]


def test_headers_are_told_before_parsing() -> None:
    assert preparer_for("c")(b"class A {\n};\n")[0] == "cpp"
    assert preparer_for("c")(b"/* using a = b;\nclass A: */\nint class_of(int using);\n")[0] == "c"
    assert not looks_like_cplusplus(b"#ifdef __cplusplus\nnamespace a {\n#endif\nint b;\n")


def test_types_behind_export_macros_are_no_names() -> None:
    facts = extract("c", b"API size_t (first)(int a);\nAPI size_t second (int a) { return a; }\n")
    assert [(item.name, item.type) for item in facts.definitions] == [("first", "size_t"), ("second", "size_t")]


def test_types_among_the_arguments_of_a_macro_spoil_nothing() -> None:
    facts = extract(
        "cpp", b'FLAG(unsigned int, size, 1 << 2,\n     "text");\nnamespace a {\nint b() { return c(); }\n}\n'
    )
    assert [item.name for item in facts.definitions] == ["a", "b"]
    assert [call.callee for call in facts.calls if call.callee == "c"] == ["c"]
