"""What the readers take from what programs print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.tracebacks import MAX_FRAMES, parse_traceback

PYTHON = """Why does it fail?
Traceback (most recent call last):
  File "/srv/app/shop/orders.py", line 12, in total
    return with_tax(x)
           ~~~~~~~~^^^
shop.errors.BadRate: 1.5 is: wrong

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/app/main.py", line 40, in <module>
    main()
  File "/srv/app/main.py", line 4, in lambda_handler
    foo()
shop.errors.Outer: 'x' is missing
Please help. Thanks"""

JAVASCRIPT = """Question: why?
TypeError: Cannot read properties of undefined (reading 'x')
    at Order.total (/srv/app/src/orders.js:12:9)
    at async Promise.all (index 0)
    at new Basket (file:///srv/app/src/basket.ts:3:1)
    at Object.<anonymous> (C:\\app\\src\\main.ts:1:2)
    at Foo.bar [as baz] (/srv/app/src/foo.js:7:1)
    at /srv/app/src/plain.js:3:1
Node.js v22.1.0"""

JAVA = """Exception in thread "main" java.lang.IllegalStateException: bad
\tat org.acme.shop.Orders.total(Orders.java:12)
Caused by: java.lang.NullPointerException: Cannot invoke "x"
\tat app//org.acme.shop.Pricing$Table.<init>(Pricing.java:3)
\tat org.acme.shop.Pricing.lambda$run$0(Pricing.java:30)
\tat java.base/java.util.ArrayList.forEach(ArrayList.java:1511)
\t... 3 more"""

GO = """panic: runtime error: index out of range [5] with length 3 [recovered]

goroutine 1 [running]:
example.org/acme/shop/orders.(*Order).Total(0xc000, 0x1)
\t/home/u/shop/orders/orders.go:12 +0x1d
example.org/acme/shop/orders.Run.func1.2(...)
\t/home/u/shop/orders/run.go:7
main.main()
\t/home/u/shop/main.go:7 +0x25
created by example.org/acme/shop.Start in goroutine 7
\t/home/u/shop/start.go:9 +0x1

goroutine 5 [running]:
main.other()
\t/home/u/shop/other.go:7 +0x25
exit status 2"""

RUST = """thread 'main' panicked at src/orders.rs:4:5:
index out of bounds: the len is 3 but the index is 99
stack backtrace:
   0: rust_begin_unwind
             at /rustc/90b35a6/library/std/src/panicking.rs:652:5
   1: <shop::orders::Order as core::fmt::Display>::fmt
             at ./src/orders.rs:4:5
   2: shop::orders::total::{{closure}}::h0123456789abcdef
             at ./src/orders.rs:12:9
   3: shop::Table<T>::new
             at ./src/table.rs:12:9"""

GDB = """Program received signal SIGSEGV, Segmentation fault.
#0  0x0000555555555131 in order_total (o=0x0) at src/orders.c:12
#1  shop::Order<int>::run (this=0x7) at /build/src/order.hpp:99
#2  main () at main.c:7"""

SANITIZER = """==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x1
READ of size 4 at 0x602 thread T0
    #0 0x4f3 in shop::total(Order*, std::vector<int>) /build/src/orders.cc:12:3
    #1 0x4f4 in main /build/main.cc:7
    #2 0x7f in __libc_start_main (/lib/libc.so.6+0x270)
freed by thread T0 here:
    #0 0x4f in free /x/asan.cc:3:1"""


@pytest.mark.parametrize(
    ("text", "language", "exception", "message", "frames"),
    [
        (
            PYTHON,
            "python",
            "shop.errors.Outer",
            "'x' is missing",
            [("/srv/app/main.py", 4, "lambda_handler"), ("/srv/app/main.py", 40, "")],
        ),
        (
            JAVASCRIPT,
            "javascript",
            "TypeError",
            "Cannot read properties of undefined (reading 'x')",
            [
                ("/srv/app/src/orders.js", 12, "Order.total"),
                ("/srv/app/src/basket.ts", 3, "Basket"),
                ("C:\\app\\src\\main.ts", 1, ""),
                ("/srv/app/src/foo.js", 7, "Foo.bar"),
                ("/srv/app/src/plain.js", 3, ""),
            ],
        ),
        (
            JAVA,
            "java",
            "java.lang.NullPointerException",
            'Cannot invoke "x"',
            [
                ("org/acme/shop/Pricing.java", 3, "Pricing.Table.Table"),
                ("org/acme/shop/Pricing.java", 30, "Pricing.run"),
                ("java/util/ArrayList.java", 1511, "ArrayList.forEach"),
                ("org/acme/shop/Orders.java", 12, "Orders.total"),  # left out by Java: a frame of the error around
            ],
        ),
        (
            GO,
            "go",
            "runtime error: index out of range",
            "runtime error: index out of range [5] with length 3 [recovered]",
            [
                ("/home/u/shop/orders/orders.go", 12, "Order.Total"),
                ("/home/u/shop/orders/run.go", 7, "Run"),
                ("/home/u/shop/main.go", 7, "main"),
            ],
        ),
        (
            RUST,
            "rust",
            "panic",
            "index out of bounds: the len is 3 but the index is 99",
            [
                ("/rustc/90b35a6/library/std/src/panicking.rs", 652, "rust_begin_unwind"),
                ("./src/orders.rs", 4, "shop.orders.Order.fmt"),
                ("./src/orders.rs", 12, "shop.orders.total"),
                ("./src/table.rs", 12, "shop.Table.new"),
            ],
        ),
        (
            GDB,
            "c",
            "SIGSEGV",
            "Segmentation fault",
            [
                ("src/orders.c", 12, "order_total"),
                ("/build/src/order.hpp", 99, "shop.Order.run"),
                ("main.c", 7, "main"),
            ],
        ),
        (
            SANITIZER,
            "c",
            "AddressSanitizer: heap-use-after-free",
            "on address 0x602 at pc 0x1",
            [("/build/src/orders.cc", 12, "shop.total"), ("/build/main.cc", 7, "main")],
        ),
    ],
    ids=["python", "javascript", "java", "go", "rust", "gdb", "sanitizer"],
)
def test_kind_message_and_frames_innermost_first(
    text: str, language: str, exception: str, message: str, frames: list[tuple[str, int, str]]
) -> None:
    found = parse_traceback(text)
    assert found is not None
    assert (found.language, found.exception, found.message) == (language, exception, message)
    assert [(frame.path, frame.line, ".".join(frame.names)) for frame in found.frames] == frames


def test_windows_line_ends_and_quoted_mails_are_read() -> None:
    plain = parse_traceback(PYTHON)
    assert parse_traceback(PYTHON.replace("\n", "\r\n")) == plain
    assert parse_traceback("\n".join(f"> {line}" for line in PYTHON.split("\n"))) == plain


def test_a_go_panic_with_words_of_its_own_is_a_panic() -> None:
    found = parse_traceback(GO.replace("runtime error: index out of range [5] with length 3", "no such order 7"))
    assert found is not None
    assert found.exception == "panic"


def test_an_older_rust_panic_without_a_backtrace_names_its_file() -> None:
    found = parse_traceback("thread 'main' panicked at 'no order', src/main.rs:4:5\nnote: run with `RUST_BACKTRACE=1`")
    assert found is not None
    assert (found.message, [(one.path, one.line, one.names) for one in found.frames]) == (
        "no order",
        [("src/main.rs", 4, ())],
    )


def test_what_cpp_threw_is_the_kind() -> None:
    thrown = "terminate called after throwing an instance of 'std::out_of_range'\n  what():  vector\n" + GDB
    found = parse_traceback(thrown)
    assert found is not None
    assert (found.exception, found.message) == ("std::out_of_range", "vector")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Who calls discount?",
        "see foo.py:12 and Bar.baz()",
        "#1 thing at x.py:3",
        'File "a.py", line 3, in f',
        "panic: no goroutine follows",
        "    at the beginning (of:3:4)",
        "x" * 300_000,
    ],
)
def test_other_text_holds_no_traceback(text: str) -> None:
    assert parse_traceback(text) is None


def test_an_endless_recursion_is_bounded() -> None:
    frames = '  File "a.py", line 3, in f\n    f()\n' * 2_000
    found = parse_traceback(f"Traceback (most recent call last):\n{frames}RecursionError: maximum depth")
    assert found is not None
    assert len(found.frames) == MAX_FRAMES


@given(
    st.lists(st.sampled_from([*(PYTHON + JAVASCRIPT + JAVA + GO + RUST + GDB + SANITIZER).split("\n"), "", "\x00é"]))
)
def test_any_mixture_of_lines_is_read_without_failing(lines: list[str]) -> None:
    found = parse_traceback("\n".join(lines))
    assert found is None or found.frames


def test_the_frames_that_java_leaves_out_are_those_of_the_error_around() -> None:
    text = """Exception in thread "main" a.B: outer
\tat a.Store.read(Store.java:5)
\tat a.App.run(App.java:9)
\tat a.App.main(App.java:3)
Caused by: a.C: inner
\tat a.Disk.seek(Disk.java:7)
\t... 2 more"""
    found = parse_traceback(text)
    assert found is not None
    assert [frame.names[-1] for frame in found.frames] == ["seek", "run", "main"]
