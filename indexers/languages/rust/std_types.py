"""What the methods of the standard library's wrappers and containers give, as type expressions (see `wrappers.py`).

`{0}` is the first type argument, `=` the receiver's own type, nothing an answer that we do not follow.
Source: the documentation of std (Option, Result, Vec, slice, Iterator, HashMap, Rc, RefCell, Mutex, Pin).
"""

from __future__ import annotations

from collections.abc import Mapping

from indexers.languages.rust.known_names import words

_SILENT = (
    "is_some is_none is_ok is_err is_some_and is_ok_and map_or map_or_else fmt eq ne cmp partial_cmp hash len is_empty contains "
    "contains_key push push_str insert_at clear extend sort sort_by sort_by_key sort_unstable sort_unstable_by truncate resize reserve "
    "for_each fold all any count sum product position rposition map flat_map filter_map find_map map_while and_then zip unzip min_max "
    "capacity shrink_to_fit join concat starts_with ends_with binary_search binary_search_by swap fill store get_unchecked_mut_ptr "
    "as_ptr as_mut_ptr addr set scan strong_count weak_count ptr_eq into_raw is_null cast is_locked size_hint append retain retain_mut "
    "dedup dedup_by_key try_fold try_for_each collect copy_from_slice to_string eq_ignore_ascii_case"
)


def _rules(gives: Mapping[str, str], silent: str = _SILENT) -> dict[str, str]:
    """Return method -> result from result -> methods; the silent ones give nothing that we follow."""
    rules = dict.fromkeys(words(silent), "")
    for result, names in gives.items():
        rules |= dict.fromkeys(words(names), result)
    return rules


_OPTION = _rules(
    {
        "{0}": "unwrap expect unwrap_or unwrap_or_default unwrap_or_else unwrap_unchecked get_or_insert_with get_or_insert insert",
        "=": "as_ref as_mut as_deref as_deref_mut as_pin_mut as_pin_ref cloned copied take replace or or_else xor filter clone inspect to_owned "
        "map_err inspect_err ok",
        "[]{0}": "iter iter_mut into_iter",
        "Result[{0},?]": "ok_or ok_or_else",
    },
    "is_some is_none is_some_and is_none_or map map_or map_or_else and and_then zip unzip flatten transpose eq ne cmp partial_cmp hash fmt",
)
_RESULT = _rules(
    {
        "{0}": "unwrap expect unwrap_or unwrap_or_default unwrap_or_else unwrap_unchecked into_ok",
        "{1}": "unwrap_err expect_err",
        "Option[{0}]": "ok",
        "Option[{1}]": "err",
        "=": "as_ref as_mut as_deref as_deref_mut cloned copied clone inspect inspect_err",
        "Result[{0},?]": "map_err or_else or context with_context wrap_err",
        "[]{0}": "iter iter_mut into_iter",
    },
    "is_ok is_err is_ok_and is_err_and map map_or map_or_else and and_then flatten transpose eq ne cmp partial_cmp hash fmt",
)
_ELEMENTS = (
    "first last get get_mut first_mut last_mut pop pop_front pop_back front back front_mut back_mut next next_back nth nth_back peek "
    "peek_mut find max min max_by max_by_key min_by min_by_key reduce rfind next_if choose split_first_elem"
)
_LIST = _rules(
    {
        "Option[{0}]": _ELEMENTS,
        "{0}": "remove swap_remove get_unchecked get_unchecked_mut",
        "=": "iter iter_mut into_iter drain filter rev skip take take_while skip_while step_by chain cloned copied peekable fuse by_ref "
        "inspect cycle as_slice as_mut_slice to_vec into_boxed_slice clone to_owned as_ref as_mut borrow borrow_mut split_off split_at "
        "into_vec as_slices par_iter sorted into_keys deref as_mut_slices concat_all extend_from_within sorted_by rsplit",
        "[][]{0}": "chunks windows chunks_exact chunks_mut split split_mut rchunks array_chunks",
        "[]tuple[?,{0}]": "enumerate",
    }
)
_SET = _LIST | _rules(
    {"Option[{0}]": "get take replace", "=": "union intersection difference symmetric_difference"}, ""
)
_MAP = _rules(
    {
        "Option[{1}]": "get get_mut remove insert",
        "[]{1}": "values values_mut into_values",
        "[]{0}": "keys into_keys",
        "[]tuple[{0},{1}]": "iter iter_mut into_iter drain range range_mut",
        "Option[tuple[{0},{1}]]": "get_key_value remove_entry first_key_value last_key_value pop_first pop_last get_full get_index",
        "Entry[{1}]": "entry",
        "=": "clone as_ref as_mut borrow",
    }
)
_ENTRY = _rules(
    {"{0}": "or_insert or_insert_with or_default or_insert_with_key into_mut get get_mut", "=": "and_modify"}, "key"
)
_POINTER = _rules(
    {
        "=": "clone downgrade as_ref as_mut borrow borrow_mut get_mut make_mut as_pin_mut new into_pin pin",
        "{0}": "deref deref_mut",
    },
    "strong_count weak_count ptr_eq into_raw from_raw leak",
)
_WEAK = _rules({"Option[{0}]": "upgrade", "=": "clone"}, "strong_count weak_count ptr_eq as_ptr")
_CELL = _rules(
    {
        "{0}": "borrow borrow_mut get_mut into_inner take replace get read_unchecked lock_arc get_or_init get_or_insert wait",
        "Result[{0},?]": "lock read write try_lock try_read try_write try_borrow try_borrow_mut",
        "=": "as_ptr clone",
    },
    "set swap is_poisoned is_locked update fmt",
)
_LAZY = _rules({"{0}": "get_or_init", "Option[{0}]": "get get_mut take into_inner"}, "set")
_LOCAL = _rules({"{0}": "get take replace"}, "with try_with set with_borrow with_borrow_mut")
_PIN = _rules(
    {
        "=": "as_mut as_ref as_deref_mut into_ref clone",
        "{0}": "get_mut get_ref get_unchecked_mut into_inner map_unchecked_mut",
    },
    "set",
)
_COW = _rules({"{0}": "into_owned to_mut as_ref to_owned", "=": "clone"}, "is_borrowed is_owned")
_POLL = _rules({"=": "map_err"}, "is_ready is_pending map fmt")
_RAW = _rules(
    {"{0}": "as_ref as_mut assume_init assume_init_ref assume_init_mut", "=": "cast as_ptr clone"}, "write is_null"
)

_KINDS: tuple[tuple[str, dict[str, str]], ...] = (
    ("Option", _OPTION),
    ("Result", _RESULT),
    (
        "Vec VecDeque BinaryHeap LinkedList SmallVec ArrayVec ThinVec Iter IterMut IntoIter Drain Chunks Peekable Rev Take Skip Filter",
        _LIST,
    ),
    ("HashSet BTreeSet IndexSet FxHashSet AHashSet", _SET),
    ("HashMap BTreeMap IndexMap FxHashMap AHashMap DashMap", _MAP),
    ("Entry OccupiedEntry VacantEntry", _ENTRY),
    (
        "Box Rc Arc Ref RefMut MutexGuard RwLockReadGuard RwLockWriteGuard ManuallyDrop AssertUnwindSafe Reverse Wrapping Lazy LazyLock LazyCell CachePadded",
        _POINTER,
    ),
    ("Weak", _WEAK),
    ("RefCell Cell Mutex RwLock UnsafeCell", _CELL),
    ("OnceCell OnceLock", _LAZY),
    ("LocalKey", _LOCAL),
    ("Pin", _PIN),
    ("Cow", _COW),
    ("Poll", _POLL),
    ("NonNull MaybeUninit", _RAW),
    ("tuple", _rules({"=": "clone"}, "")),
)
WRAPPERS: Mapping[str, Mapping[str, str]] = {"": _LIST} | {
    head: rules for heads, rules in _KINDS for head in heads.split()
}
CONTENT: Mapping[str, int] = dict.fromkeys(
    [
        "Option",
        "Result",
        "Box",
        "Rc",
        "Arc",
        "Ref",
        "RefMut",
        "MutexGuard",
        "RwLockReadGuard",
        "RwLockWriteGuard",
        "ManuallyDrop",
        "AssertUnwindSafe",
        "Reverse",
        "Wrapping",
        "Lazy",
        "LazyLock",
        "LazyCell",
        "CachePadded",
        "Weak",
        "RefCell",
        "Cell",
        "Mutex",
        "RwLock",
        "UnsafeCell",
        "OnceCell",
        "OnceLock",
        "Pin",
        "Cow",
        "Poll",
        "NonNull",
        "MaybeUninit",
        "Entry",
        "OccupiedEntry",
        "LocalKey",
    ],
    0,
)
