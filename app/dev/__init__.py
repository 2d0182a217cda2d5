"""Stand-ins that people who work on Clew may run: they ship, so that what the tests use can be tried by hand."""
