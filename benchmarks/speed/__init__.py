"""The parts of `benchmarks.graph_speed`: trees of a given size, measured processes, and what is asked of a store."""
