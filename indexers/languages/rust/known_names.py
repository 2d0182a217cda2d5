"""Names of the Rust language and its standard library that resolution needs. Source: std's prelude and API index."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set: tables of names stay readable as prose."""
    return frozenset(text.split())


ELEMENTWISE = words(
    "map for_each filter any all find position rposition flat_map filter_map inspect take_while skip_while partition find_map "
    "map_while max_by_key min_by_key max_by min_by sort_by sort_by_key sort_unstable_by sort_unstable_by_key sort_by_cached_key "
    "with try_with with_borrow with_borrow_mut retain retain_mut and_then map_or map_or_else is_some_and is_ok_and is_none_or dedup_by dedup_by_key binary_search_by "
    "binary_search_by_key partition_point then_with get_or_insert_with map_ok"
)
"""Methods of the standard library that give a closure what their receiver holds."""
ERRORWISE = words("map_err unwrap_or_else or_else inspect_err is_err_and")
"""Methods that give a closure the error of a result."""

MUTATING = words(
    "push push_str push_back push_front pop pop_back pop_front insert remove swap_remove clear extend append truncate resize retain drain sort "
    "sort_by sort_by_key sort_unstable sort_unstable_by reverse swap fill as_mut as_mut_slice as_deref_mut get_mut iter_mut take replace "
    "get_or_insert_with entry last_mut first_mut split_at_mut copy_from_slice clone_from_slice chunks_mut values_mut reserve dedup"
)
"""Methods of the standard library that change what they are called on."""

TRANSPARENT_TYPES = dict.fromkeys(
    words(
        "Box Rc Arc RefCell Cell Mutex RwLock Option Result Pin Ref RefMut MutexGuard RwLockReadGuard RwLockWriteGuard Weak NonNull "
        "ManuallyDrop MaybeUninit OnceCell OnceLock LazyLock Lazy UnsafeCell Poll Reverse Wrapping AssertUnwindSafe"
    ),
    0,
) | {"Cow": 0}
"""Types whose methods are, after `?`, `.unwrap()`, `.lock()` or auto-dereferencing, those of what they hold."""

BLANKET_METHODS = words(
    "clone clone_from into try_into to_owned to_string borrow borrow_mut as_ref as_mut eq ne cmp partial_cmp hash fmt type_id deref deref_mut"
)
"""Methods that derives and blanket implementations give to a type itself, before it is dereferenced."""

DERIVED_CONSTRUCTORS = words("default from try_from from_str from_iter")
"""Functions of types that macros often write; a call gives a value of the type."""

TRANSPARENT_MEMBERS = DERIVED_CONSTRUCTORS | words(
    "clone unwrap expect unwrap_or unwrap_or_default unwrap_or_else unwrap_unchecked borrow borrow_mut lock read write as_ref "
    "as_mut as_deref as_deref_mut as_slice as_mut_slice iter iter_mut into_iter to_owned into cloned copied deref deref_mut ok ok_or "
    "ok_or_else map_err or_else by_ref take get_mut into_inner rev skip step_by filter peekable upgrade downgrade fuse chain pin "
    "as_pin_mut get_ref to_vec try_lock context with_context await inspect_err"
)

STANDARD_MACROS = words(
    "println print eprintln eprint format vec assert assert_eq assert_ne debug_assert debug_assert_eq debug_assert_ne panic "
    "unreachable unimplemented todo write writeln matches dbg env option_env concat stringify include include_str include_bytes "
    "line file column module_path cfg compile_error format_args thread_local addr_of addr_of_mut"
)
"""Macros whose value is known not to be that of their argument."""

PRELUDE = STANDARD_MACROS | words(
    "std core alloc Some None Ok Err Box Vec String Option Result Rc Arc drop i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize "
    "f32 f64 bool char str HashMap HashSet BTreeMap BTreeSet VecDeque Default From Into Iterator IntoIterator Clone Copy Debug "
    "ToString ToOwned AsRef AsMut Drop Fn FnMut FnOnce Send Sync Sized Eq PartialEq Ord PartialOrd Hash Extend "
    "println print eprintln eprint format vec assert assert_eq assert_ne debug_assert debug_assert_eq debug_assert_ne panic "
    "unreachable unimplemented todo write writeln matches dbg env option_env concat stringify include include_str include_bytes "
    "line file column module_path cfg compile_error format_args thread_local try addr_of addr_of_mut slice list str num"
)

COMMON_MEMBERS = TRANSPARENT_MEMBERS | words(
    "new default from try_from try_into len is_empty push pop insert remove get contains contains_key entry or_insert or_insert_with "
    "or_default extend append clear drain retain sort sort_by sort_by_key sort_unstable dedup reverse truncate resize reserve "
    "with_capacity capacity first last next next_back map and_then then then_some filter_map flat_map flatten for_each fold any all find "
    "position count sum product min max min_by min_by_key max_by max_by_key zip unzip enumerate collect partition take_while "
    "skip_while map_while scan cycle windows chunks chunks_exact split split_at split_off splitn rsplit split_whitespace lines chars "
    "bytes char_indices trim trim_start trim_end strip_prefix strip_suffix starts_with ends_with replace to_string to_uppercase "
    "to_lowercase parse as_str as_bytes into_bytes push_str join concat repeat is_some is_none is_ok is_err is_some_and map_or "
    "map_or_else unwrap_err expect_err err get_or_insert get_or_insert_with values values_mut keys swap eq ne cmp partial_cmp lt le gt "
    "ge hash fmt add sub mul div rem neg not index index_mut deref drop abs pow sqrt floor ceil round is_nan load store fetch_add "
    "fetch_sub compare_exchange send recv spawn sleep elapsed as_ptr as_mut_ptr is_null offset cast wrapping_add wrapping_sub "
    "checked_add checked_sub saturating_add saturating_sub leading_zeros trailing_zeros to_le_bytes to_be_bytes is_alphabetic "
    "is_numeric is_ascii_digit is_whitespace copy_from_slice iter_ones finish field debug_struct write_str write_fmt write_all flush "
    "read_exact read_to_end read_to_string poll wake wake_by_ref"
)
"""Members of the standard library's types: never bound to a project symbol by name alone."""
