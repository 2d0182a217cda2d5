"""What Clew knows: the schema of symbols and relations, the ports of the stores, and the records shared above them."""
