"""Run background work: `python worker.py jobs|clock|relay|consumer|all`."""

from ticketing_app.processes import main

main()
