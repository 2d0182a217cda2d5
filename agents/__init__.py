"""One module a node of the `assistant` graph, the state, context and services that they share, and a room for each craft."""
