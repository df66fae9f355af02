"""Run the operators' command line: `python -m ticketing_app --help`."""

import gc
import sys

# Modules live until the end. Scanning them for garbage took two fifths of the start.
gc.disable()

from ticketing_app.cli.program import main  # noqa: E402  # after gc.disable().

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main(sys.argv[1:])
