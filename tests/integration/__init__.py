"""Real processes, real sockets. Left out of `make test`; `.ci/run` runs them."""
