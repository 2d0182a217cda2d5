from __future__ import annotations

import pytest

from indexers.facts import FileFacts, Flag
from indexers.languages import extract, preparer_for
from indexers.languages.cfamily.condition_values import MAX_NESTED
from indexers.languages.cfamily.conditions import Conditions, condition_of
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
        ("__GNUC__ >= 4", True),
        ("__GNUC__ >= 5", None),
        ("__GNUC__ * 100 + 1 > 300", True),
        ("(1 << 3 | 1) % 4 == 1 && 7 / 2 - 3 == 0 && (6 ^ 3) == 05", True),
        ("0x10u == 16 && -1 < 0 && 1'000 > 999L", True),
        ("SOMETHING ? 0 : 0", False),
        ("__linux__ ? 2 > 1 : SOMETHING", True),
        ("1 / 0", None),
        ("1 1", None),
        ("SOMETHING > 2 /* why */ && 0 // not", False),
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
    assert Conditions(False).truth(condition) is truth


def test_cplusplus_is_defined_for_cplusplus_only() -> None:
    assert [Conditions(each).truth("defined(__cplusplus)") for each in (True, False)] == [True, False]
    assert [Conditions(True).truth(f"__cplusplus >= {each}L") for each in (201103, 202002)] == [True, None]


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("WITH_LOG", False),
        ("defined(WITH_LOG)", False),
        ("!defined(WITH_LOG)", True),
        ("NDEBUG", False),
        ("DEBUG", None),
        ("HAVE_POLL", True),
        ("HAVE_KQUEUE", None),
        ("A && B", False),
        ("!A && defined(B)", False),
        ("LEVEL > 2", None),
        ("defined(LEVEL) && LEVEL > 2", False),
        ("HAVE_STRTOK_R && !defined(LIB_HAVE_SYS_EPOLL_H)", False),
        ("HAVE_STRTOK_R || HAVE_POLL_OF_ITS_OWN", True),
        ("HAVE_STRLCPY", None),
    ],
)
def test_options_are_off_until_somebody_turns_them_on(condition: str, truth: bool | None) -> None:
    assert Conditions(False).unconfigured(condition) is truth


@pytest.mark.parametrize(
    ("directive", "condition"),
    [
        ("#ifdef A /* b */", "defined(A)"),
        ("#  ifndef\tA", "!defined(A)"),
        ("#if(A) && \\\n B", "(A) &&   B"),
        ("#elif A > 1", "A > 1"),
        ("#else /* A */", ""),
        ("#ifdef", ""),
    ],
)
def test_directives_have_conditions(directive: str, condition: str) -> None:
    assert condition_of(directive) == condition


def test_what_a_file_defines_itself_is_known_below() -> None:
    source = b"#define LEVEL 2\n#if LEVEL > 1\nint a;\n#else\nint b;\n#endif\n#undef LEVEL\n#ifdef LEVEL\nint c;\n#else\nint d;\n#endif\n"
    assert [name for name in active(extract("c", source)) if name != "LEVEL"] == ["a", "d"]


def test_what_a_file_defines_under_a_condition_is_as_sure_as_the_condition() -> None:
    below = b"#if LEVEL == 1\nint a;\n#else\nint b;\n#endif\n"
    sure = extract("c", b"#ifdef __linux__\n#define LEVEL 1\n#endif\n" + below)
    default = extract("c", b"#ifndef LEVEL\n#define LEVEL 1\n#endif\n" + below)
    unknown = extract("c", b"#if HAVE_IT\n#define LEVEL 1\n#endif\n" + below)
    assert [[name for name in active(facts) if name != "LEVEL"] for facts in (sure, default, unknown)] == [
        ["a"],
        ["a"],
        ["a", "b"],
    ]
    assert [[bool(item.flags & Flag.CONFIGURED) for item in facts.definitions[-1:]] for facts in (sure, default)] == [
        [False],
        [True],
    ]


def test_branches_without_an_else_may_all_be_read() -> None:
    chain = b"#if defined(A)\nint a;\n#elif defined(B)\nint b;\n%s#endif\n"
    assert active(extract("c", chain % b"")) == ["a", "b"]
    assert active(extract("c", chain % b"#else\n#error none\n")) == ["a", "b"]
    assert active(extract("c", chain % b"#else\nint c;\n")) == ["c"]


def test_the_comment_behind_a_closed_condition_hides_no_branch() -> None:
    source = b"#ifdef _WIN32\nint a;\n#else\nint b;\n#endif /* _WIN32 */\n}\n"
    assert active(extract("c", source)) == ["b"]


@pytest.mark.parametrize("blanks", [b" ", b"  ", b"   ", b" /* nothing */", b"\t// nothing"])
def test_a_macro_without_a_body_ends_before_the_next_line(blanks: bytes) -> None:
    facts = extract("c", b"#ifdef __linux__\n#define A" + blanks + b"\n#define B(x)" + blanks + b"\n#endif\nint c;\n")
    assert not facts.issues
    assert [(item.name, item.flags & Flag.CONDITIONAL) for item in facts.definitions] == [("A", 0), ("B", 0), ("c", 0)]


def test_of_a_statement_cut_by_branches_the_one_for_linux_is_read() -> None:
    source = b"void f(void) {\n#ifdef _WIN32\n  if (a()) {\n#else\n  /* here */ if (b()) {\n#endif\n    c();\n  }\n}\n"
    assert [call.callee for call in extract("c", source).calls] == ["b", "c"]


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
