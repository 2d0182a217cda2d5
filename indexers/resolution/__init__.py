"""Facts of all files -> symbols and relations. One resolver; each language declares its differences in a profile."""
