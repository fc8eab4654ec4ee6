"""`python -m chipflows`: the command line."""

from chipflows.cli import main

if __name__ == "__main__":
    main()
