"""The composition root: command line, REST server, Studio. The only package that picks concrete backends."""
