"""What holds for every test: fixtures are sources to index, never tests to collect."""

collect_ignore = ["fixtures"]
