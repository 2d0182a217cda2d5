"""Questions as people ask them, and what the planner makes of them, against the bookshop's graph."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.questions.intents import classifier_of
from agents.questions.names import NameReader
from agents.questions.readings import Settled
from agents.questions.triage import last_name, read_question
from agents.services import Services
from agents.state import Plan
from configs.release import Releases
from knowledge.evidence import Verdict
from knowledge.scope import EVERYTHING
from tests.unit.indexers.bench import Bench
from tools.meaning import type_behind, understand

RELEASE = Releases().get("default")
TRIAGE = RELEASE.triage
ORDER = "bookshop:shop/orders.py#Order"


@pytest.fixture(scope="module")
def names(bookshop: Services) -> NameReader:
    return NameReader(bookshop.graph, EVERYTHING, TRIAGE)


def test_who_speaks_of_no_change_gets_no_review(names: NameReader) -> None:
    """The learned classifier takes these words for a review: `request`, `checked`."""
    plan = read("What is the maximum length of an inline request, and where is it checked?", names)
    assert "review" not in [step["intent"] for step in plan["steps"]]
    assert [step["intent"] for step in read("is this branch safe to merge?", names)["steps"]] == ["review"]


def test_who_speaks_of_no_past_gets_no_history(names: NameReader) -> None:
    """The learned classifier takes these words for one: `found by last name`."""
    plan = read("what happens when no owner is found by last name?", names)
    assert "history" not in [step["intent"] for step in plan["steps"]]
    assert [step["intent"] for step in read("anything that moved in the last two weeks", names)["steps"]] == ["history"]


def read(question: str, names: NameReader, subject: str = "") -> Plan:
    return read_question(question, TRIAGE, names, subject, classifier_of(RELEASE))


@pytest.mark.parametrize(
    ("question", "operation", "asked"),
    [
        ("Who calls shop.pricing.discount?", "callers", ["shop.pricing.discount"]),
        ("who calls discount", "callers", ["discount"]),
        ("show me the callers of `discount`", "callers", ["discount"]),
        ("From where is with_tax called?", "callers", ["with_tax"]),
        ("For with_tax, list the callers", "callers", ["with_tax"]),
        ("Where is the class Order used?", "usages", ["Order"]),
        ("usages of Order", "usages", ["Order"]),
        ("which functions read Order?", "usages", ["Order"]),
        ("what sets shop.pricing.RATE?", "usages", ["shop.pricing.RATE"]),
        ("What does spring.jpa.open-in-view do?", "explain", ["spring.jpa.open-in-view"]),
        ("What does Order.total call?", "callees", ["Order.total"]),
        ("which functions are called by checkout()?", "callees", ["checkout"]),
        ("What breaks if I change with_tax?", "impact", ["with_tax"]),
        ("Is it safe to remove the function with_tax?", "impact", ["with_tax"]),
        ("what depends on discount?", "impact", ["discount"]),
        ("What breaks if I change the total of with_tax?", "impact", ["with_tax"]),
        ("What breaks if I change the total of Order?", "impact", ["Order.total"]),
        ("How does checkout reach with_tax?", "path", ["checkout", "with_tax"]),
        ("Is there a path from checkout to discount?", "path", ["checkout", "discount"]),
        ("Which classes inherit from Order?", "subclasses", ["Order"]),
        ("subclasses of Order", "subclasses", ["Order"]),
        ("Which classes override Order.total?", "overrides", ["Order.total"]),
        ("what overrides total", "overrides", ["total"]),
        ("Where is total overridden?", "overrides", ["total"]),
        ("Is total overridden anywhere?", "overrides", ["total"]),
        ("Is checkout ever called?", "callers", ["checkout"]),
        ("is total called anywhere", "callers", ["total"]),
        ("What does GiftOrder inherit from?", "superclasses", ["GiftOrder"]),
        ("base classes of GiftOrder", "superclasses", ["GiftOrder"]),
        ("Which files import shop.pricing?", "importers", ["shop.pricing"]),
        ("What does shop/orders.py import?", "imports", ["bookshop:shop/orders.py#"]),
        ("Which third-party packages are used?", "external", []),
        ("Which tests cover discount?", "tests", ["discount"]),
        ("Is discount tested?", "tests", ["discount"]),
        ("Where is checkout defined?", "define", ["checkout"]),
        ("What file is GiftOrder in?", "define", ["GiftOrder"]),
        ("What does checkout do?", "explain", ["checkout"]),
        ("Explain `Order`", "explain", ["Order"]),
        ("How does Order.total work?", "explain", ["Order.total"]),
        ("Explain Order.total in detail, including error handling", "explain", ["Order.total"]),
        ("Describe `checkout` with its failures", "explain", ["checkout"]),
        ("Where are unpaid baskets dropped?", "locate", []),
        ("Which function expires baskets?", "locate", []),
        ("What do the docs say about discounts?", "docs", []),
        ("How do I configure the rate?", "configure", []),
        ("How do I add a new book?", "docs", []),
        ("What is this project about?", "overview", []),
        ("Give me an overview", "overview", []),
        ("What is bookshop?", "overview", []),
        ("Which functions are never called?", "unused", []),
        ("Is there any dead code?", "unused", []),
        ("Which functions in shop/orders.py are never called?", "unused", ["bookshop:shop/orders.py#"]),
        ("Which methods of Order have no tests?", "untested", ["Order"]),
        ("What implements the bookshop Order class?", "subclasses", ["Order"]),
        ("Is there any code that is never used in shop/orders.py?", "unused", ["bookshop:shop/orders.py#"]),
        ("What can be removed from bookshop?", "unused", ["bookshop"]),
        ("Which methods have no tests?", "untested", []),
        ("untested functions in bookshop", "untested", ["bookshop"]),
        ("Are there import cycles?", "cycles", []),
        ("Do any modules import each other?", "cycles", []),
        ("circular dependencies in shop/pricing.py", "cycles", ["bookshop:shop/pricing.py#"]),
        ("What are the hotspots?", "central", []),
        ("What are the most used functions?", "central", []),
        ("Is Order.total tested?", "tests", ["Order.total"]),
    ],
)
def test_intent_and_names(question: str, operation: str, asked: list[str], names: NameReader) -> None:
    step = read(question, names)["steps"][0]
    assert (step["operation"], step["names"]) == (operation, asked)


def test_a_plain_word_is_a_symbol_only_where_the_phrase_says_so(names: NameReader) -> None:
    assert read("Who calls the checkout?", names)["steps"][0]["names"] == ["checkout"]
    step = read("Where does the checkout desk count baskets?", names)["steps"][0]
    assert (step["operation"], step["names"]) == ("locate", [])
    assert read("Who calls customers?", names)["steps"][0]["names"] == []


@pytest.mark.parametrize(
    ("question", "operation", "found"),
    [
        ("WHO CALLS WITH_TAX?", "callers", "with_tax"),
        ("WHAT CALLS CHECKOUT", "callers", "checkout"),
        ("subclasses of giftorder", "subclasses", "GiftOrder"),
        ("what does (*Order).total call?", "callees", "Order.total"),
    ],
)
def test_names_in_the_wrong_case_and_with_a_receiver(
    question: str, operation: str, found: str, names: NameReader
) -> None:
    step = read(question, names)["steps"][0]
    named = names.recognise(step["names"][0])
    assert step["operation"] == operation
    assert named is not None and named.symbol is not None and named.symbol.local_name == found


def test_a_short_plain_word_in_the_wrong_case_is_just_a_word(names: NameReader) -> None:
    assert names.recognise("order") is None


def test_a_package_of_somewhere_else_is_a_name(names: NameReader) -> None:
    for package in ("google.golang.org/grpc", "@scope/pkg"):
        step = read(f"who imports {package}?", names)["steps"][0]
        assert (step["operation"], step["names"]) == ("importers", [package])
    assert names.recognise("client/server") is None


def test_two_things_asked_of_one_name_and_one_of_two(names: NameReader) -> None:
    steps = read("show callers and callees of `Order.total`", names)["steps"]
    assert [(step["operation"], step["names"]) for step in steps] == [
        ("callers", ["Order.total"]),
        ("callees", ["Order.total"]),
    ]
    steps = read("whats the difference between Order.total and GiftOrder.total?", names)["steps"]
    assert [(step["operation"], step["names"]) for step in steps] == [
        ("explain", ["Order.total"]),
        ("explain", ["GiftOrder.total"]),
    ]


def test_a_pronoun_that_means_nothing_named_belongs_to_the_clause_before(names: NameReader) -> None:
    steps = read("Where is the default rate set and why is it so low?", names)["steps"]
    assert [step["operation"] for step in steps] == ["locate"]
    assert "so low" in steps[0]["query"]


def test_a_pronoun_of_a_relation_means_what_the_search_before_it_finds(names: NameReader) -> None:
    steps = read("Where is the default rate set and who reads it?", names)["steps"]
    assert [(step["operation"], step["after"]) for step in steps] == [("locate", []), ("usages", ["s1"])]


@pytest.mark.parametrize(
    ("question", "steps"),
    [
        ("Explain `discount` and `checkout`", [("explain", ["discount"], []), ("explain", ["checkout"], [])]),
        ("Explain `discount` as well as `checkout`", [("explain", ["discount"], []), ("explain", ["checkout"], [])]),
        ("Explain how `discount` and `checkout` work together", [("explain", ["discount"], [])]),
        ("Who calls `discount`? Tell Bob.", [("callers", ["discount"], [])]),
        ("`discount`: callers, tests", [("callers", ["discount"], []), ("tests", ["discount"], [])]),
        ("What does `discount` do and before that who calls it", [("callers", ["discount"], []), ("explain", ["discount"], [])]),
        ("Before I change `discount`, show me its callers", [("callers", ["discount"], [])]),
        ("Who calls `discount`, and from which files?", [("callers", ["discount"], [])]),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_several_requests_and_what_only_says_how_to_answer(
    question: str, steps: list[tuple[str, list[str], list[str]]], names: NameReader
) -> None:
    assert steps_of(question, names) == steps


def test_an_unknown_identifier_is_still_asked_for(names: NameReader) -> None:
    step = read("Who calls make_coffee?", names)["steps"][0]
    assert (step["operation"], step["names"]) == ("callers", ["make_coffee"])


def test_compound_questions_give_several_steps(names: NameReader) -> None:
    steps = read("Who calls discount, and which tests cover with_tax?", names)["steps"]
    assert [(step["operation"], step["names"]) for step in steps] == [
        ("callers", ["discount"]),
        ("tests", ["with_tax"]),
    ]
    steps = read("Who calls `discount` and `with_tax`?", names)["steps"]
    assert [step["names"] for step in steps] == [["discount"], ["with_tax"]]


@pytest.mark.parametrize(
    ("question", "operation"),
    [
        ("and who calls it?", "callers"),
        ("What does it call?", "callees"),
        ("its subclasses?", "subclasses"),
        ("callers?", "callers"),
        ("What breaks if I change this class?", "impact"),
    ],
)
def test_follow_ups_take_the_subject(question: str, operation: str, names: NameReader) -> None:
    step = read(question, names, ORDER)["steps"][0]
    assert (step["operation"], step["names"]) == (operation, [ORDER])


def test_a_pronoun_in_a_later_clause_means_the_earlier_symbol(names: NameReader) -> None:
    steps = read("Where is checkout defined? And who calls it?", names)["steps"]
    assert [(step["operation"], step["names"]) for step in steps] == [
        ("define", ["checkout"]),
        ("callers", ["checkout"]),
    ]


def test_a_named_symbol_beats_the_subject(names: NameReader) -> None:
    assert read("Is it safe to change with_tax?", names, ORDER)["steps"][0]["names"] == ["with_tax"]


def test_the_last_name_of_a_text_is_the_subject_of_the_next(names: NameReader) -> None:
    assert last_name("I looked at with_tax and at `Order` today", names) == ORDER
    assert last_name("nothing here is a name", names) == ""


@pytest.mark.parametrize("question", ["?", "...", "`", '"', "((((", "a" * 10_000, "`" * 500, "who calls " * 500])
def test_odd_questions_are_read_without_complaint(question: str, names: NameReader) -> None:
    assert read(question, names)["steps"]


@pytest.mark.parametrize("hostile", ["a." * 7_900, "a/" * 7_900, "a::" * 5_000, "a<>*" * 3_900])
def test_a_hostile_question_takes_no_time(hostile: str) -> None:
    started = time.process_time()
    for _, pattern in (*TRIAGE.compiled, *TRIAGE.compiled_inner):
        for _ in pattern.finditer(hostile):
            pass
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("word", "known"),
    [("Order", True), ("RETRY", False), ("Helper", False), ("`RETRY`", True)],
    ids=["a class", "a constant that may be a mere word", "a class of a test", "a constant in backticks"],
)
def test_a_capitalised_word_is_a_name_only_where_code_is_surely_meant(word: str, known: bool, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.index(
        bench.repository({"a.py": "RETRY = 1\n\n\nclass Order: ...\n", "tests/test_a.py": "class Helper: ...\n"})
    )
    found = NameReader(bench.graph, EVERYTHING, TRIAGE).recognise_marked(word)
    assert (found is not None) is known
    bench.close()


def test_a_variable_that_stands_for_a_class_counts_as_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    source = "class _chord:\n    pass\n\n\nchord = _chord\nlimit = 3\n"
    bench.index(bench.repository({"a.py": source, "b.py": "class Request:\n    @property\n    def chord(self): ...\n"}))
    alias, number = (bench.graph.find(EVERYTHING, name, path="a.py", limit=1)[0] for name in ("chord", "limit"))
    behind = type_behind(bench.graph, EVERYTHING, alias)
    assert behind is not None and behind.local_name == "_chord"
    assert type_behind(bench.graph, EVERYTHING, number) is None
    assert understand(bench.graph, EVERYTHING, "chord").verdict is Verdict.AMBIGUOUS
    bench.close()


def steps_of(
    question: str, names: NameReader, subject: str = "", before: Plan | None = None
) -> list[tuple[str, list[str], list[str]]]:
    plan = read_question(question, TRIAGE, names, subject, classifier_of(RELEASE), before)
    return [(step["operation"], step["names"], step["after"]) for step in plan["steps"]]


@pytest.mark.parametrize(
    ("question", "steps"),
    [
        ("Which tests cover the callers of discount?", [("callers", ["discount"], []), ("tests", [], ["s1"])]),
        ("which tests cover the functions that call with_tax", [("callers", ["with_tax"], []), ("tests", [], ["s1"])]),
        ("callees of the callers of discount", [("callers", ["discount"], []), ("callees", [], ["s1"])]),
        ("Who calls the functions that checkout calls?", [("callees", ["checkout"], []), ("callers", [], ["s1"])]),
        ("Who imports the subclasses of Order?", [("subclasses", ["Order"], []), ("importers", [], ["s1"])]),
        ("Who calls the function that expires baskets?", [("locate", [], []), ("callers", [], ["s1"])]),
        ("who calls discount and what do those do?", [("callers", ["discount"], []), ("explain", [], ["s1"])]),
        ("`discount`: its callers and their tests", [("callers", ["discount"], []), ("tests", [], ["s1"])]),
        ("show me all callers of discount", [("callers", ["discount"], [])]),
        ("What are the subclasses of Order?", [("subclasses", ["Order"], [])]),
        ("Which function expires baskets?", [("locate", [], [])]),
    ],
)
def test_what_one_step_finds_is_asked_further(
    question: str, steps: list[tuple[str, list[str], list[str]]], names: NameReader
) -> None:
    assert steps_of(question, names) == steps


@pytest.mark.parametrize(
    ("question", "operation"),
    [
        ("What breaks if discount changes?", "impact"),
        ("what breaks if discount is removed", "impact"),
        ("Wer ruft with_tax auf?", "callers"),
        ("谁调用了 with_tax?", "callers"),
        ("Qui appelle discount ?", "callers"),
        ("¿Dónde está definido checkout?", "define"),
        ("with_tax のテストはありますか", "tests"),
        ("lol what does checkout even do", "explain"),
    ],
)
def test_other_voices_and_languages(question: str, operation: str, names: NameReader) -> None:
    found, asked, _ = steps_of(question, names)[0]
    assert found == operation
    assert len(asked) == 1


def test_a_follow_up_takes_the_subject_or_the_intent(names: NameReader) -> None:
    before = read_question("Who calls discount?", TRIAGE, names, "", classifier_of(RELEASE))
    assert steps_of("What about its tests?", names, before["subject"], before) == [("tests", ["discount"], [])]
    assert steps_of("and if I change it?", names, before["subject"], before) == [("impact", ["discount"], [])]
    assert steps_of("and with_tax?", names, before["subject"], before) == [("callers", ["with_tax"], [])]


def test_what_the_plan_says_of_the_question(names: NameReader) -> None:
    plan = read_question("Welche Tests decken `discount` ab?", TRIAGE, names, "", classifier_of(RELEASE))
    assert (plan["language"], plan["expertise"]) == ("de", "regular")
    assert [(entity["kind"], entity["text"]) for entity in plan["entities"]] == [("symbol", "discount")]


def test_what_decided_an_intent_is_kept_and_who_settles_a_doubt_is_heard(names: NameReader) -> None:
    assert read("Who calls discount?", names)["steps"][0]["decided_by"] == "rule"
    assert read("Who calls discount?", names)["doubts"] == []
    plan = read("tell me more of Order.total", names)
    (doubt,) = plan["doubts"]
    assert plan["steps"][0]["decided_by"] in ("rule", "classifier")
    assert (doubt["clause"], doubt["intent"]) == ("tell me more of Order.total", plan["steps"][0]["intent"])
    assert 1 >= doubt["share"] >= doubt["rival_share"] > 0
    settled = {doubt["clause"]: Settled("impact", "model")}
    again = read_question(doubt["clause"], TRIAGE, names, "", classifier_of(RELEASE), settled=settled)
    assert [(s["intent"], s["names"], s["decided_by"]) for s in again["steps"]] == [
        ("impact", ["Order.total"], "model")
    ]
    assert again["doubts"] == []
    without_names = {doubt["clause"]: Settled("path", "model")}
    assert read_question(doubt["clause"], TRIAGE, names, "", classifier_of(RELEASE), settled=without_names) == plan


def test_what_is_asked_of_the_whole_twice_is_one_step(names: NameReader) -> None:
    (step,) = read("Is this branch safe? review main..HEAD", names)["steps"]
    assert (step["operation"], step["query"]) == ("review", "Is this branch safe review main..HEAD")
    assert [s["operation"] for s in read("What is this project about? Give me an overview", names)["steps"]] == [
        "overview"
    ]


def test_what_is_said_before_a_question_is_no_question(names: NameReader) -> None:
    assert steps_of("ok and who calls it?", names, "discount") == [("callers", ["discount"], [])]
    assert steps_of("I am reading `discount` today. Who calls it?", names) == [("callers", ["discount"], [])]
    assert steps_of("Hi! I have a question. Which tests cover discount?", names) == [("tests", ["discount"], [])]
    assert steps_of("Explain `discount`. Who calls it?", names) == [
        ("explain", ["discount"], []),
        ("callers", ["discount"], []),
    ]


@pytest.mark.parametrize(
    ("question", "operation"),
    [
        ("Welche Funktionen ruft `checkout` auf?", "callees"),
        ("Welche Funktionen rufen `checkout` auf?", "callers"),
        ("Wo überall wird `checkout` aufgerufen?", "callers"),
        ("Quelles fonctions sont appelées par `checkout` ?", "callees"),
        ("¿Qué funciones llaman a `checkout`?", "callers"),
        ("¿Qué funciones llama `checkout`?", "callees"),
        ("checkout() は何を呼びますか", "callees"),
        ("checkout() を呼ぶのは何ですか", "callers"),
        ("checkout() 调用了什么?", "callees"),
        ("哪里调用 checkout()?", "callers"),
        ("the functions that checkout calls", "callees"),
        ("which functions are calling checkout", "callers"),
    ],
)
def test_who_calls_and_who_is_called(question: str, operation: str, names: NameReader) -> None:
    assert [step[0] for step in steps_of(question, names)] == [operation]


@pytest.mark.parametrize(
    "question",
    [
        "how does a discount get applied when the order is old",
        "what happens when a checkout is closed while an order is pending",
        "why would somebody discount a basket twice",
        "explain a discount",
    ],
)
def test_an_ordinary_word_in_running_text_is_no_name(question: str, names: NameReader) -> None:
    (step,) = read(question, names)["steps"]
    assert step["names"] == []
    assert step["intent"] in ("explain", "locate", "debug", "docs")


@pytest.mark.parametrize(
    ("question", "operation"),
    [
        ("who calls discount?", "callers"),
        ("explain the function discount", "explain"),
        ("explain a function discount", "explain"),
        ("what does `discount` do?", "explain"),
        ("what is discount", "explain"),
        ("Which tests would demonstrate discount?", "tests"),
    ],
)
def test_an_ordinary_word_is_a_name_where_it_stands_as_one(question: str, operation: str, names: NameReader) -> None:
    (step,) = read(question, names)["steps"]
    assert (step["operation"], step["names"]) == (operation, ["discount"])


@pytest.fixture(scope="module")
def gson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameReader]:
    """Return the names of a repository that shares its own with a class, and with a folder of another name in it."""
    bench = Bench(tmp_path_factory.mktemp("gson"))
    source = "class Gson: ...\n\n\nclass Builder:\n    def create(self) -> Gson:\n        return Gson()\n"
    bench.index(bench.repository({"gson/core.py": source, "expfmt/text.py": "def write(): ...\n"}), name="gson")
    yield NameReader(bench.graph, EVERYTHING, TRIAGE)
    bench.close()


@pytest.mark.parametrize(
    ("question", "steps"),
    [
        ("What is the difference between Gson and Builder?", [("explain", ["Gson"]), ("explain", ["Builder"])]),
        ("How does Builder differ from Gson?", [("explain", ["Builder"]), ("explain", ["Gson"])]),
        ("Builder vs Gson", [("explain", ["Builder"]), ("explain", ["Gson"])]),
        ("Explain Builder and Gson", [("explain", ["Builder"]), ("explain", ["Gson"])]),
        ("Who calls Gson?", [("callers", ["Gson"])]),
        ("Which tests cover Gson?", [("tests", ["Gson"])]),
        ("What is Gson?", [("overview", [])]),
        ("What is gson?", [("overview", [])]),
        ("Who calls gson?", [("overview", [])]),
    ],
)
def test_a_name_that_is_the_repository_s_too_is_code_where_only_code_can_be_meant(
    question: str, steps: list[tuple[str, list[str]]], gson: NameReader
) -> None:
    plan = read(question, gson)
    assert [(step["operation"], step["names"]) for step in plan["steps"]] == steps


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Who should I ask about expfmt?", ["expfmt"]),
        ("Whom can I contact with questions about the expfmt package?", ["expfmt"]),
        ("Who knows expfmt best?", ["expfmt"]),
        ("Who is the maintainer of expfmt?", ["expfmt"]),
        ("Who has been working on expfmt, historically?", ["expfmt"]),
        ("Who should I ask about Builder?", ["Builder"]),
        ("Who should I ask about gson?", ["gson"]),
        ("Who should I ask about this project?", []),
    ],
)
def test_whom_to_ask_is_asked_of_a_place(question: str, asked: list[str], gson: NameReader) -> None:
    plan = read(question, gson)
    assert [(step["operation"], step["names"]) for step in plan["steps"]] == [("history", asked)]
