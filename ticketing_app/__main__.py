"""Run the operators' command line: `python -m ticketing_app --help`."""

import sys

from ticketing_app.cli.program import main

if __name__ == "__main__":
    main(sys.argv[1:])
