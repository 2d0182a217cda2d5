"""The Go pack: extractor and resolution profile."""
