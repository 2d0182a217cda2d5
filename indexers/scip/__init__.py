"""What a compiler knows: SCIP indexes, read as a stream and laid over our own resolution."""
