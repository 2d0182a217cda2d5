"""Documents: how each format becomes text with headings, and what that text says of the code."""
