"""How the weights of retrieval are learned: bug-fix commits as questions, the tree before them as the corpus."""
