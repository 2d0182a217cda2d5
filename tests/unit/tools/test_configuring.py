"""Forms in which programs ask for settings, one line each; what is found is `kind name = default`."""

from __future__ import annotations

import time

import pytest

from knowledge.schema import Symbol, SymbolKind
from tools.configuring import Setting, best_fitting, settings_in, tells_of_settings

FORMS = [
    ("a.py", 'x = os.environ.get("SHOP_URL", "local")', "environment", "SHOP_URL", '"local"'),
    ("a.py", 'x = os.environ["SHOP_URL"]', "environment", "SHOP_URL", ""),
    ("a.py", 'x = os.getenv("SHOP_URL")', "environment", "SHOP_URL", ""),
    ("a.py", "DEBUG = env.bool('DEBUG', default=False)", "environment", "DEBUG", "False"),
    ("a.js", "const p = process.env.PORT || 3000;", "environment", "PORT", "3000"),
    ("a.ts", "const p = process.env['PORT'] ?? '80';", "environment", "PORT", "'80'"),
    ("a.go", 'p := os.Getenv("PORT")', "environment", "PORT", ""),
    ("a.java", 'var p = System.getenv("PORT");', "environment", "PORT", ""),
    ("a.rs", 'let p = std::env::var("PORT")?;', "environment", "PORT", ""),
    ("a.c", 'char *p = getenv("PORT");', "environment", "PORT", ""),
    ("a.py", 'parser.add_argument("-r", "--rate", default=3, help="How fast")', "option", "--rate", "3"),
    ("a.py", '@click.option("--rate", default=3)', "option", "--rate", "3"),
    ("a.go", 'fs.IntVar(&o.Rate, "rate", 3, "how fast")', "option", "rate", "3"),
    ("a.go", 'cmd.Flags().StringVarP(&o.Name, "name", "n", "bob", "who")', "option", "name", '"bob"'),
    ("a.js", "program.option('-r, --rate <n>', 'how fast')", "option", "-r, --rate <n>", ""),
    ("A.java", '@Option(names = {"--rate"})', "option", "--rate", ""),
    ("A.java", '@Value("${shop.rate:3}")', "key", "shop.rate", "3"),
    ("A.java", 'System.getProperty("shop.rate", "3")', "key", "shop.rate", "3"),
    ("a.py", "    rate: int = Field(default=3, ge=0)", "key", "rate", "3"),
    ("a.py", "    rate = Option(float('inf'), type='float')", "key", "rate", "float('inf')"),
    ("a.py", "    rate = Option(type='float', default=0.5)", "key", "rate", "0.5"),
    ("a.py", "    rate = Option(type='float')", "key", "rate", ""),
    ("config.c", '    createIntConfig("io-threads", NULL, IMMUTABLE, 1, 128, &n, 1),', "key", "io-threads", ""),
    ("guc.c", '    DefineCustomIntVariable("pl.depth", "how deep", NULL);', "key", "pl.depth", ""),
    ("A.java", 'static final String PROP_LEVEL = "shop.leak.level";', "key", "shop.leak.level", ""),
    ("A.java", 'int n = PropertyUtil.getInt("shop.threads", 4);', "key", "shop.threads", "4"),
    ("A.java", 'boolean on = Boolean.getBoolean("shop.debug");', "key", "shop.debug", ""),
    ("conf/settings.py", 'RATE_LIMIT = "10/m"', "key", "RATE_LIMIT", '"10/m"'),
]


@pytest.mark.parametrize(("path", "line", "kind", "name", "default"), FORMS)
def test_each_form_is_read(path: str, line: str, kind: str, name: str, default: str) -> None:
    found = settings_in(path, [line], [], is_document=False)
    assert (kind, name, default) in [(one.kind, one.name, one.default) for one in found]


@pytest.mark.parametrize(
    "line",
    [
        "x = rate(3)",
        'addReply("io-threads")',
        'String name = "shop.leak";',
        "# RATE = 3",
        "import os",
        'print("--not an option")',
        "foo.environment",
    ],
)
def test_other_lines_are_no_settings(line: str) -> None:
    assert settings_in("conf/settings.py", [line], [], is_document=False) == []


def test_nested_names_and_documents_tell_what_they_are_part_of() -> None:
    lines = [
        "NS = Namespace(",
        "    broker=Namespace(",
        "        url=Option(None),",
        "    ),",
        "    rate=Option(3),",
        ")",
    ]
    found = settings_in("defaults.py", lines, [], is_document=False)
    assert [(one.name, one.within) for one in found if one.kind == "key" and one.name in ("url", "rate")] == [
        ("url", "NS.broker"),
        ("rate", "NS"),
    ]
    text = [
        ".. setting:: broker_url",
        "",
        "``broker_url``",
        "~~~~",
        "",
        "Default: ``amqp://``",
        "",
        "Address of the broker to use.",
    ]
    (document,) = settings_in("conf.rst", text, [], is_document=True)
    assert (document.name, document.default) == ("broker_url", "''amqp://''")
    assert document.help == "Address of the broker to use."


def test_what_an_example_in_a_document_sets_is_a_setting() -> None:
    text = [
        "    app.conf.broker_transport_options = {'visibility_timeout': 3600}  # 1 hour.",
        "    app.conf.rate = 43200",
        "    x.rate = 3",
    ]
    found = settings_in("redis.rst", text, [], is_document=True)
    assert [(one.name, one.within, one.default) for one in found] == [
        ("visibility_timeout", "broker_transport_options", "3600 in the example"),
        ("rate", "", "43200 in the example"),
    ]


def test_fields_of_a_type_that_is_options_by_name_count_with_their_comment() -> None:
    def symbol(name: str, kind: SymbolKind, line: int) -> Symbol:
        return Symbol(
            f"r:a.go#{name}", "r", kind, name.rpartition(".")[2], name, f"p.{name}", "a.go", line, 1, line, line, "go"
        )

    lines = ["type Options struct {", "\t// How long a lock is waited for.", "\tTimeout time.Duration", "}"]
    outline = [symbol("Options", SymbolKind.CLASS, 1), symbol("Options.Timeout", SymbolKind.VARIABLE, 3)]
    (found,) = settings_in("a.go", lines, outline, is_document=False)
    assert (found.name, found.within, found.symbol, found.help) == (
        "Timeout", "Options", "p.Options.Timeout", "How long a lock is waited for.",
    )  # fmt: skip


def test_what_the_words_of_the_question_are_about_comes_first() -> None:
    settings = [
        Setting("broker_connection_retry", "key", "a.py", 1),
        Setting("broker_url", "key", "a.py", 2),
        Setting("task_retry", "key", "a.py", 3),
        Setting("CLEW_HOME", "environment", "a.py", 4),
    ]
    best = best_fitting(settings, "How do I configure the broker connection retry?")
    assert best[0].name == "broker_connection_retry"
    assert "broker_url" not in [one.name for one in best]
    assert [one.name for one in best_fitting(settings, "which environment variables are there?")] == ["CLEW_HOME"]
    assert best_fitting(settings, "how do I configure the llama") == []
    asked = best_fitting(settings, "which environment variables does clew read?", ["clew"])
    assert [one.name for one in asked] == ["CLEW_HOME"], "the name of the project tells nothing apart"


@pytest.mark.parametrize(("path", "tells"), [("app/settings.py", True), ("config/x.py", True), ("cmd/flags.go", True), ("app/models.py", False), ("confused.py", False)])  # fmt: skip
def test_files_that_hold_settings_are_told_by_name(path: str, tells: bool) -> None:
    assert tells_of_settings(path) is tells


def test_a_setting_that_the_question_names_comes_before_those_that_share_its_words() -> None:
    settings = [
        Setting("needs:config-maxmemory", "document", "tests/README.md", 4),
        Setting("maxmemory", "key", "config.c", 2),
        Setting("maxmemory-policy", "key", "config.c", 3),
    ]
    assert [one.name for one in best_fitting(settings, "how do I configure maxmemory-policy?")] == ["maxmemory-policy"]


@pytest.mark.parametrize("line", ['Integer.getInteger("a.b", ' + ")" * 40_000, "property" * 40_000])
def test_what_a_program_wrote_on_one_line_is_not_looked_through(line: str) -> None:
    """The forms look ahead from each place of a line: 40 kB took a minute."""
    started = time.process_time()
    lines = [line, 'Integer.getInteger("shop.limit", 3);']
    assert [one.name for one in settings_in("shop/Basket.java", lines, [], is_document=False)] == ["shop.limit"]
    assert time.process_time() - started < 2
