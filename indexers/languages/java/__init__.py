"""The Java pack: extractor and resolution profile."""
