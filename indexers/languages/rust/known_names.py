"""Names of the Rust language and its standard library that resolution needs. Source: std's prelude and API index."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set: tables of names stay readable as prose."""
    return frozenset(text.split())


INTEGERS = words("i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize")
FLOATS = words("f32 f64")
PRIMITIVES = INTEGERS | FLOATS | {"bool", "char", "str"}
_OF_NUMBERS = words(
    "abs signum pow div_euclid rem_euclid min max clamp to_be_bytes to_le_bytes to_ne_bytes from_be_bytes from_le_bytes from_ne_bytes midpoint"
)
_OF_INTEGERS = _OF_NUMBERS | words(
    "count_ones count_zeros leading_zeros trailing_zeros leading_ones trailing_ones rotate_left rotate_right swap_bytes reverse_bits from_be "
    "from_le to_be to_le checked_add checked_sub checked_mul checked_div checked_rem checked_neg checked_shl checked_shr checked_abs checked_pow "
    "checked_div_euclid checked_rem_euclid saturating_add saturating_sub saturating_mul saturating_div saturating_pow saturating_neg saturating_abs "
    "wrapping_add wrapping_sub wrapping_mul wrapping_div wrapping_rem wrapping_neg wrapping_shl wrapping_shr wrapping_abs wrapping_pow "
    "wrapping_div_euclid wrapping_rem_euclid overflowing_add overflowing_sub overflowing_mul overflowing_div overflowing_rem overflowing_neg "
    "overflowing_shl overflowing_shr overflowing_abs overflowing_pow unchecked_add unchecked_sub unchecked_mul is_positive is_negative min_value max_value "
    "from_str_radix abs_diff unsigned_abs isqrt ilog ilog2 ilog10 checked_ilog checked_ilog2 checked_ilog10 is_power_of_two next_power_of_two "
    "checked_next_power_of_two next_multiple_of div_ceil is_multiple_of checked_add_signed wrapping_add_signed saturating_add_signed "
    "checked_sub_unsigned checked_add_unsigned is_ascii is_ascii_digit is_ascii_alphabetic is_ascii_alphanumeric is_ascii_whitespace "
    "is_ascii_uppercase is_ascii_lowercase is_ascii_punctuation is_ascii_hexdigit is_ascii_graphic is_ascii_control to_ascii_lowercase "
    "to_ascii_uppercase eq_ignore_ascii_case escape_ascii make_ascii_lowercase make_ascii_uppercase cast_signed cast_unsigned"
)
_OF_FLOATS = _OF_NUMBERS | words(
    "is_nan is_infinite is_finite is_subnormal is_normal classify is_sign_positive is_sign_negative recip to_degrees to_radians to_int_unchecked to_bits "
    "from_bits total_cmp floor ceil round round_ties_even trunc fract copysign mul_add powi powf sqrt exp exp2 ln log log2 log10 cbrt hypot sin cos tan "
    "asin acos atan atan2 sin_cos exp_m1 ln_1p sinh cosh tanh asinh acosh atanh maximum minimum next_up next_down abs_sub"
)
_OF_PRELUDE = words(
    "from into try_from try_into clone clone_from default eq ne lt le gt ge cmp partial_cmp max min clamp to_owned to_string borrow borrow_mut as_ref "
    "as_mut hash fmt type_id from_str parse"
)
INHERENT: dict[str, frozenset[str]] = (
    dict.fromkeys(INTEGERS, _OF_INTEGERS | _OF_PRELUDE)
    | dict.fromkeys(FLOATS, _OF_FLOATS | _OF_PRELUDE)
    | {"bool": words("then then_some") | _OF_PRELUDE}
)
"""Primitive types -> their own methods and those of the prelude's traits: these come before what the traits of a project give. Source: the
documentation of std."""

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

DERIVED_METHODS = {
    "PartialEq": "eq",
    "PartialOrd": "partial_cmp",
    "Ord": "cmp",
    "Clone": "clone",
    "Hash": "hash",
    "Default": "default",
}
"""Traits that can be derived -> the method that is then made of those of the fields."""

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
    "read_exact read_to_end read_to_string poll wake wake_by_ref is_ascii to_ascii_lowercase to_ascii_uppercase make_ascii_lowercase "
    "make_ascii_uppercase eq_ignore_ascii_case escape_ascii trim_ascii"
)
"""Members of the standard library's types: never bound to a project symbol by name alone."""
