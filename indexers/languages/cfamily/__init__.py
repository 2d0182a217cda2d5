"""C and C++: one extractor, since C++ adds to C's declarations and expressions, and one profile, since they link together."""
