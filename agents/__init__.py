"""One module a node of the `assistant` graph, and the state, context and services that they share."""
