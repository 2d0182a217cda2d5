"""`python -m app` is `clew`."""

import sys

from app.cli import main

if __name__ == "__main__":  # a worker process imports this module too
    sys.exit(main())
