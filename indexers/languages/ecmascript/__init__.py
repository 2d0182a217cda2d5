"""JavaScript, TypeScript and TSX: one extractor and one profile for the three grammars."""
