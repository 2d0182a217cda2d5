"""Python: modules, classes, decorators, the whole grammar of tree-sitter-python."""
