"""Our call graph against graphs that compilers made. `python -m benchmarks.callgraph --help`, benchmarks/README.md."""
