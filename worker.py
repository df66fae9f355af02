"""Run background work: `python worker.py jobs|scheduler|relay|consumer|outside|all`."""

import gc

# Modules live until the end. Scanning them for garbage took a fifth of the start.
gc.disable()

from ticketing_app.processes import main  # noqa: E402  # after gc.disable().

gc.freeze()
gc.enable()
main()
