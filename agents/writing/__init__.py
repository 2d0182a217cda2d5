"""What a model writes: who writes it, from what, in which form, and what it claims."""
