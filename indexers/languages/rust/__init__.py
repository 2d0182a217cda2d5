"""Rust: modules, `use` trees, impl blocks and traits, macros as far as their tokens show."""
