"""Run background work: `python worker.py jobs|clock|relay|consumer|outside|all`."""

from ticketing_app.processes import main

main()
