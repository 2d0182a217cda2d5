"""Where is it: ranked files and functions against the ones that bug-fix commits changed, or that a docstring was taken from."""
